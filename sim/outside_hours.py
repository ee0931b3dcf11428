"""Data outside the market's open hours: nothing is filled there, and the report says so."""

import numpy as np

from ..trading.calendar import Calendar
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, Ints, Tape
from ..trading.words import TradingStatus

_SHARE = 100
"""A note is made for more than one part in so many."""


def outside_hours(tape: Tape, calendar: Calendar) -> list[str]:
    """Notes on trades and traded bars that lie where the calendar says the market is not open.

    One for each kind of row of which more than 1% lie there, by count or by volume; a bar lies
    where it starts. Quotes do not count: before an opening there are always some.
    """
    bars = tape.bars
    traded = bars.open != NO_PRICE
    kinds = (
        ("trades", tape.trades.time_ns, tape.trades.size),
        ("bars with trades", bars.time_ns[traded], bars.volume[traded]),
    )
    notes = (_note(name, times, sizes, calendar) for name, times, sizes in kinds if len(times))
    return [note for note in notes if note]


def _note(name: str, times: Ints, sizes: Ints, calendar: Calendar) -> str:
    first_ns, last_ns = int(times[0]), int(times[-1])
    states = [
        (first_ns, calendar.status_at(first_ns)),
        *calendar.changes(first_ns + 1, last_ns + 1),
    ]
    changed = np.array([at_ns for at_ns, _ in states], dtype=np.int64)
    is_open = np.array([status is TradingStatus.OPEN for _, status in states])
    outside = ~is_open[changed.searchsorted(times, side="right") - 1]
    volumes = np.where(sizes == UNKNOWN_SIZE, 0, sizes)
    count, volume = int(outside.sum()), int(volumes[outside].sum())
    if count * _SHARE <= len(times) and volume * _SHARE <= int(volumes.sum()):
        return ""
    return (
        f"{count:,} of {len(times):,} {name} ({volume:,} of {int(volumes.sum()):,} contracts) lie "
        f"outside the open hours of calendar {calendar.name!r}: nothing was filled there. If the "
        f"hours are wrong, give Instrument(calendar=...)"
    )
