"""Data outside the market's open hours: nothing is filled there, and the report says so."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...trading.calendar import Calendar
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE, Ints, Tape, pieces
from ...trading.words import TradingStatus

_SHARE = 100
"""A note is made for more than one part in so many."""

_NOT_TRADED = -(2**63)


def outside_hours(tape: Tape, calendar: Calendar) -> list[str]:
    """Notes on trades and traded bars that lie where the calendar says the market is not open.

    One for each kind of row of which more than 1% lie there, by count or by volume; a bar lies
    where it starts. Quotes do not count: before an opening there are always some.
    """
    notes = (
        _note("trades", tape.trades, lambda rows: rows.size, calendar),
        _note("bars with trades", tape.bars, _traded_volume, calendar),
    )
    return [note for note in notes if note]


def _traded_volume(bars: Any) -> Ints:
    return np.where(bars.open != NO_PRICE, bars.volume, _NOT_TRADED)


def _note(name: str, table: Any, sizes_of: Callable[[Any], Ints], calendar: Calendar) -> str:
    if not len(table.seq):
        return ""
    first_ns, last_ns = int(table.time_ns[0]), int(table.time_ns[-1])
    states = [
        (first_ns, calendar.status_at(first_ns)),
        *calendar.changes(first_ns + 1, last_ns + 1),
    ]
    changed = np.array([at_ns for at_ns, _ in states], dtype=np.int64)
    is_open = np.array([status is TradingStatus.OPEN for _, status in states])
    rows = count = all_volume = volume = 0
    for piece in pieces(table):
        sizes = sizes_of(piece)
        traded = sizes != _NOT_TRADED
        outside = ~is_open[changed.searchsorted(piece.time_ns, side="right") - 1] & traded
        volumes = np.where((sizes == UNKNOWN_SIZE) | ~traded, 0, sizes)
        rows, count = rows + int(traded.sum()), count + int(outside.sum())
        all_volume += int(volumes.sum())
        volume += int(volumes[outside].sum())
    if count * _SHARE <= rows and volume * _SHARE <= all_volume:
        return ""
    return (
        f"{count:,} of {rows:,} {name} ({volume:,} of {all_volume:,} contracts) lie "
        f"outside the open hours of calendar {calendar.name!r}: nothing was filled there. If the "
        f"hours are wrong, give Instrument(calendar=...)"
    )
