"""Bars that carry a summary of the day instead of their own minute.

Recorded minute bars have been seen where the first one after a halt has the *day's* high and low
(ES, 2013-12-18 21:30 UTC: 184 ticks on 1,400 contracts). Whoever trusts it fills stops that never
traded. Such a bar is told from a hard move by four marks together, all in whole numbers.
"""

import numpy as np

from ..trading.tape import NO_PRICE, Ints, Tape

GAP_SPANS = 5
"""A bar is looked at when nothing is recorded for this many bar lengths before it."""

_SESSION_GAP_NS = 30 * 60 * 10**9
_SIDE_BARS = 15
_RANGE_FACTOR = 8
_VOLUME_FACTOR = 4


def suspect_bars(tape: Tape) -> tuple[int, ...]:
    """The starts (ns, UTC, ascending) of trade bars whose high and low cannot be trusted.

    A bar is suspect if it follows a gap of at least 5 spans and

    - its range is more than 8 times the median of the 15 bars before and the 15 after it,
    - it traded less than a quarter of their volume for each unit of its range,
    - it covers at least three quarters of the range that the session had before it, and
    - its high or low is the session's high or low before it, or within one unit of it.

    A session here is what has no gap of 30 minutes; no calendar is needed. A true jump after a halt
    leaves the range it came from, and a fast market trades more for each tick, not less.
    """
    bars = tape.bars
    traded = np.flatnonzero(bars.open != NO_PRICE)
    if len(traded) < 2:
        return ()
    starts, spans = bars.time_ns[traded], bars.span_ns[traded]
    high, low, volume = (column[traded] for column in (bars.high, bars.low, bars.volume))
    # A bar that is not there, with `GAP_SPANS` of them missing between two that are.
    gaps = starts[1:] - starts[:-1] - spans[:-1]
    after_gap = np.flatnonzero(gaps >= GAP_SPANS * spans[:-1]) + 1
    breaks = np.flatnonzero(gaps >= _SESSION_GAP_NS) + 1
    return tuple(
        int(starts[i])
        for i in after_gap.tolist()
        if _stands_out(i, high - low, volume) and _sums_up(i, high, low, breaks)
    )


def _stands_out(i: int, ranges: Ints, volume: Ints) -> bool:
    near = np.r_[max(0, i - _SIDE_BARS) : i, i + 1 : i + 1 + _SIDE_BARS]
    near = near[near < len(ranges)]
    usual_range, usual_volume = max(1, _median(ranges[near])), _median(volume[near])
    own_range, own_volume = int(ranges[i]), int(volume[i])
    thin = own_volume * usual_range * _VOLUME_FACTOR < usual_volume * own_range
    return own_range > _RANGE_FACTOR * usual_range and thin


def _sums_up(i: int, high: Ints, low: Ints, breaks: Ints) -> bool:
    before = breaks[breaks < i]
    session = slice(int(before[-1]) if len(before) else 0, i)
    top, bottom = int(high[session].max()), int(low[session].min())
    covered = min(int(high[i]), top) - max(int(low[i]), bottom)
    at_an_extreme = int(high[i]) >= top - 1 or int(low[i]) <= bottom + 1
    return at_an_extreme and covered * 4 >= (top - bottom) * 3


def _median(values: Ints) -> int:
    return int(np.sort(values)[len(values) // 2])
