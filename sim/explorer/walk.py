"""The market of the manager's workload: a random walk for two and a half minutes; then it stands,
so that what a plan delays comes to rest before the data ends."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ...trading.tape import Ints, QuoteRows, Tape, TradeRows, make_tape
from ..streams import named_stream

WALK_START_NS = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
_STEP_NS, _STEPS = 50_000_000, 3000
_TRADE_NS = 10_000_000
_LATEST_NS = 4 * 3600 * 10**9  # the last row: no run waits for so long
_MOVES = (-2, -1, 0, 0, 1, 2)
_START_TICKS, _LOW_TICKS = 80_000, 8


@lru_cache(maxsize=16)
def walk(seed: int, tick_units: int, *, low: bool = False) -> Tape:
    """Quotes one tick wide for one to four contracts, twenty a second, and a trade after each;
    `low`: about a price of zero."""
    dice, mid = named_stream(seed, "walk"), 0 if low else _START_TICKS
    quotes, trades = [], []
    for step in range(_STEPS):
        mid += _MOVES[dice.below(len(_MOVES))]
        if low:
            mid = max(-_LOW_TICKS, min(mid, _LOW_TICKS))
        at_ns = WALK_START_NS + step * _STEP_NS
        sizes = 1 + dice.below(4), 1 + dice.below(4)
        quotes.append((2 * step, at_ns, mid, sizes[0], mid + 1, sizes[1]))
        trades.append((2 * step + 1, at_ns + _TRADE_NS, mid + dice.below(2), 2, 0))
    stands = (mid, 100, mid + 1, 100)
    quotes.append((2 * _STEPS, WALK_START_NS + (_STEPS + 1) * _STEP_NS, *stands))
    quotes.append((2 * _STEPS + 1, WALK_START_NS + _LATEST_NS, *stands))
    seq, at, bid, bid_size, ask, ask_size = _columns(quotes)
    trade_seq, trade_at, price, size, aggressor = _columns(trades)
    return make_tape(
        QuoteRows(seq, at, bid * tick_units, bid_size, ask * tick_units, ask_size),
        TradeRows(trade_seq, trade_at, price * tick_units, size, aggressor),
    )


def _columns(rows: Sequence[tuple[int, ...]]) -> list[Ints]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]
