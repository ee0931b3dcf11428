"""How long a message is on its way: a model for each of the wire's four legs.

Integers throughout: a draw is nanoseconds, a distribution is a table of whole numbers, and chance
comes as bits, so the same seed gives the same times on every machine (DESIGN 6). What it does not
know: whether messages overtake each other; that is the wire's.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from ...trading.errors import UsageError
from ...trading.tables import Row, checked, read_toml
from ..streams import Bits

_TABLE = Path(__file__).with_name("latency.toml")
_MILLION = 1_000_000
_WORD = 32
_UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_DURATION = re.compile(r"\s*(?P<count>\d+(\.\d+)?)\s*(?P<unit>ns|us|ms|s)\s*")


@runtime_checkable
class LatencyModel(Protocol):
    """One leg. Every draw takes the same number of bits, so one message never shifts the next."""

    def draw(self, rng: Bits) -> int:
        """The time a message takes, in ns, never negative."""


class Constant(Struct, frozen=True):
    """Always the same time. Takes no bits."""

    ns: int

    def draw(self, rng: Bits) -> int:
        return self.ns


class Distributed(Struct, frozen=True):
    """A median time spread by a quantile table, now and then many times longer.

    `quantiles_ppm`: multiples of `base_ns` in millionths, at equal steps of probability, rising; a
    draw between two entries is interpolated. `spike_ppm` of a million draws are multiplied by a
    whole number from `spike_least` to `spike_most`.
    """

    base_ns: int
    quantiles_ppm: tuple[int, ...]
    spike_ppm: int = 0
    spike_least: int = 1
    spike_most: int = 1

    def draw(self, rng: Bits) -> int:
        place, coin, size = (rng.getrandbits(_WORD) for _ in range(3))
        entry, rest = divmod(place * (len(self.quantiles_ppm) - 1), 1 << _WORD)
        low, high = self.quantiles_ppm[entry : entry + 2]
        ns = self.base_ns * ((low << _WORD) + (high - low) * rest) // (_MILLION << _WORD)
        if coin * _MILLION >> _WORD < self.spike_ppm:
            return ns * (self.spike_least + (size * self._spike_sizes >> _WORD))
        return ns

    @property
    def _spike_sizes(self) -> int:
        return self.spike_most - self.spike_least + 1


class Recorded(Struct, frozen=True):
    """Times that were measured, in ns; each draw is one of them, all equally likely."""

    samples_ns: tuple[int, ...]

    def draw(self, rng: Bits) -> int:
        return self.samples_ns[rng.getrandbits(_WORD) * len(self.samples_ns) >> _WORD]


class LatencyProfile(Struct, frozen=True):
    """The four legs: a request to the broker, its response, its order events, its market data."""

    name: str
    request: LatencyModel
    response: LatencyModel
    events: LatencyModel
    feed: LatencyModel


class _Leg(Row, frozen=True):
    base: int | str
    spread: bool = False
    spike_ppm: int = 0
    spike_least: int = 1
    spike_most: int = 1


LegSpec = int | str | Sequence[int] | Mapping[str, Any] | LatencyModel
LEGS = LatencyProfile.__struct_fields__[1:]


def latency_profile(spec: LegSpec | Mapping[str, LegSpec] | LatencyProfile) -> LatencyProfile:
    """A profile from whatever names one.

    A name of latency.toml ("zero", "calm", "live", "slow"); one time for all legs (25_000_000 ns or
    "25ms"); measured samples in ns or a model for all legs; a mapping with one of these for each
    leg, which may take the legs it does not name from another profile: {"from": "live", "feed":
    "5ms"}. A leg may also be a table as in latency.toml. Raises `UsageError` for what is none of
    these, names and legs listed.
    """
    if isinstance(spec, LatencyProfile):
        return spec
    if isinstance(spec, str) and spec in _profiles():
        return _profiles()[spec]
    if isinstance(spec, Mapping):
        return _from_legs(spec)
    if isinstance(spec, str) and not _DURATION.fullmatch(spec):
        raise UsageError(
            f"no latency is named {spec!r}; known are {', '.join(_profiles())}, or write '25ms'"
        )
    model = _model(spec, "latency")
    return LatencyProfile(spec if isinstance(spec, str) else "given", *[model] * len(LEGS))


def duration_ns(text: str) -> int:
    """A time as people write it ("25ms", "1.5 s", "250us") in whole ns. Raises `UsageError`."""
    match = _DURATION.fullmatch(text)
    ns = Decimal(match["count"]) * _UNITS_NS[match["unit"]] if match else None
    if ns is None or ns != int(ns):
        raise UsageError(f"{text!r} is no time; write a number and ns, us, ms or s, like '25ms'")
    return int(ns)


def _from_legs(spec: Mapping[str, Any]) -> LatencyProfile:
    unknown = [key for key in spec if key not in (*LEGS, "from")]
    if unknown:
        raise UsageError(f"the wire has no leg {unknown[0]!r}; its legs are {', '.join(LEGS)}")
    start = latency_profile(spec["from"]) if "from" in spec else None
    missing = [leg for leg in LEGS if leg not in spec]
    if missing and start is None:
        raise UsageError(
            f"no latency for {', '.join(missing)}; give all of {', '.join(LEGS)}, or "
            f'name a profile for the rest: {{"from": "live", …}}'
        )
    models = [_model(spec[leg], leg) if leg in spec else getattr(start, leg) for leg in LEGS]
    return LatencyProfile("given", *models)


def _model(spec: object, leg: str) -> LatencyModel:
    if isinstance(spec, LatencyModel):
        return spec
    if isinstance(spec, str):
        return Constant(duration_ns(spec))
    if isinstance(spec, int) and not isinstance(spec, bool):
        return Constant(_not_negative(spec, leg))
    if isinstance(spec, Mapping):
        return _from_table(spec, "latency", leg)
    if isinstance(spec, Sequence) and len(spec):
        return Recorded(tuple(_not_negative(sample, leg) for sample in spec))
    raise UsageError(f"{spec!r} is no latency for {leg}; give ns, '25ms', samples or a model")


def _from_table(values: object, file: Path | str, key: str) -> LatencyModel:
    row = checked(_Leg, values, file=file, key=key)
    base = duration_ns(row.base) if isinstance(row.base, str) else _not_negative(row.base, key)
    if not 0 <= row.spike_ppm <= _MILLION or not 1 <= row.spike_least <= row.spike_most:
        raise UsageError(
            f"{file}: {key}: spikes need 0 <= spike_ppm <= {_MILLION} and 1 <= spike_least "
            f"<= spike_most, not {row.spike_ppm}, {row.spike_least} and {row.spike_most}"
        )
    if not row.spread and not row.spike_ppm:
        return Constant(base)
    quantiles = _lognormal_ppm() if row.spread else (_MILLION, _MILLION)
    return Distributed(base, quantiles, row.spike_ppm, row.spike_least, row.spike_most)


def _not_negative(ns: object, leg: str) -> int:
    if isinstance(ns, bool) or not isinstance(ns, int) or ns < 0:
        raise UsageError(
            f"{ns!r} is no latency for {leg}; it is whole ns from 0 on (of measured times take "
            f"off the offset of the two clocks first)"
        )
    return ns


@cache
def _lognormal_ppm() -> tuple[int, ...]:
    return tuple(_table()["lognormal_ppm"])


@cache
def _profiles() -> dict[str, LatencyProfile]:
    rows = _table()["profiles"].items()
    return {
        name: LatencyProfile(
            name, *[_from_table(legs[leg], _TABLE, f"{name}.{leg}") for leg in LEGS]
        )
        for name, legs in rows
    }


@cache
def _table() -> dict[str, Any]:
    return read_toml(_TABLE)
