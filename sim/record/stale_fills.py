"""Fills at a price that nobody had confirmed for a long time: the data has no rows there.

A calendar says when a market is open, a file says what was recorded. Where the two differ (a file
of the day session alone, a feed that was down) the last quote stands until the next one, and an
order may be filled at it hours later. That is an assumption, and the report says how often it was
made.
"""

from collections.abc import Sequence

import numpy as np

from ...trading.order import Execution
from ...trading.tape import Tape
from .lookup import places_at, values_at

STALE_NS = 60 * 10**9
"""A minute without a row: longer than any pause within a session of a traded contract."""

_NEVER = 2**63 - 1


def stale_fills(tape: Tape, fills: Sequence[Execution]) -> list[str]:
    """A note when fills were made more than a minute after the last row of the tape; else none."""
    ends = [tape.quotes.time_ns, tape.trades.time_ns, tape.bars.time_ns + tape.bars.span_ns]
    times = np.array([fill.time_ns for fill in fills], dtype=np.int64)
    # A bar that is under way has rows until its end: what is before that is not old.
    within = np.zeros(len(times), dtype=bool)
    if len(tape.bars.seq):
        place = tape.bars.time_ns.searchsorted(times, side="right") - 1
        known = place >= 0
        within[known] = (tape.bars.time_ns + tape.bars.span_ns)[place[known]] >= times[known]
    # Before the first row nothing has an age.
    age = np.full(len(times), _NEVER)
    for rows in ends:
        last = places_at(rows, times)
        age = np.minimum(age, np.where(last >= 0, times - values_at(rows, last), _NEVER))
    age[age == _NEVER] = 0
    stale = (age > STALE_NS) & ~within
    if not stale.any():
        return []
    oldest = int(age[stale].max()) // 10**9
    hours, minutes = divmod(oldest // 60, 60)
    return [
        f"{int(stale.sum())} of {len(times)} fills were made more than a minute after the last row "
        f"of the data (the oldest price was {hours}:{minutes:02d} h old): the calendar says open "
        f"where the data has nothing. Trade only where there is data, or take it as an assumption"
    ]
