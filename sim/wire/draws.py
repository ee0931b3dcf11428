"""Many latencies at once: the same numbers from the same bits as `LatencyModel.draw`, in columns.

A feed draws one for every quote. Whoever uses it must be the only one who takes bits from the
stream, because it takes those of many draws before the first is used.
"""

from collections.abc import Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from ..streams import Bits
from .latency import Constant, Distributed, LatencyModel, Recorded

_FIRST, _MOST = 16, 4096  # draws at a time: few where few are used
_WORD, _MILLION = 32, 1_000_000
_LOW = np.int64((1 << _WORD) - 1)

# Up to these no step below goes beyond 63 bits; longer latencies are drawn one by one.
_BASE_NS_MAX, _QUANTILE_PPM_MAX = 1 << 31, 1 << 30


def draws(model: LatencyModel, bits: Bits) -> Iterator[int]:
    """What `model.draw(bits)` would give, again and again."""
    if isinstance(model, Constant):
        return repeat(model.ns)
    if isinstance(model, Recorded) and len(model.samples_ns) <= 1 << 31:
        return _recorded(model, bits)
    if isinstance(model, Distributed) and _fits(model):
        return _distributed(model, bits)
    return iter(lambda: model.draw(bits), None)


def _fits(model: Distributed) -> bool:
    return (
        model.base_ns < _BASE_NS_MAX
        and model.quantiles_ppm[-1] < _QUANTILE_PPM_MAX
        and model.quantiles_ppm[0] >= 0
        and model.base_ns * model.quantiles_ppm[-1] // _MILLION * model.spike_most < 1 << 62
    )


def _recorded(model: Recorded, bits: Bits) -> Iterator[int]:
    samples = np.array(model.samples_ns, np.int64)
    for words in _words(bits, 1):
        yield from samples[words[0] * len(samples) >> _WORD].tolist()


def _distributed(model: Distributed, bits: Bits) -> Iterator[int]:
    quantiles = np.array(model.quantiles_ppm, np.int64)
    steps = np.diff(quantiles)
    sizes = model.spike_most - model.spike_least + 1
    for place, coin, size in _words(bits, 3):
        scaled = place * len(steps)
        entry, rest = scaled >> _WORD, scaled & _LOW
        between = steps[entry] * rest
        # base * (low * 2**32 + between) // (a million * 2**32), in two steps that both fit.
        ppm, part = quantiles[entry] + (between >> _WORD), between & _LOW
        ns = (model.base_ns * ppm + (model.base_ns * part >> _WORD)) // _MILLION
        times = np.where(
            coin * _MILLION >> _WORD < model.spike_ppm,
            model.spike_least + (size * sizes >> _WORD),
            1,
        )
        yield from (ns * times).tolist()


def _words(bits: Bits, each: int) -> Iterator[NDArray[np.int64]]:
    """Words of 32 bits, `each` of them for a draw: a row of first ones, a row of second ones, …"""
    count = _FIRST
    while True:
        # The generator fills a long number with words from its low end on.
        drawn = bits.getrandbits(_WORD * each * count).to_bytes(4 * each * count, "little")
        yield np.frombuffer(drawn, "<u4").astype(np.int64).reshape(count, each).T
        count = min(2 * count, _MOST)
