"""What is missing in a series of bars: stretches in which the market was open and no bar is there.

A span without a trade has no bar, so a gap need not be a loss; it is named, and who knows the
market decides.
"""

from msgspec import Struct

from ...trading.calendar import Calendar
from ...trading.tape import Ints
from ...trading.words import TradingStatus


class Gap(Struct, frozen=True):
    """No bar starts from `from_ns` until before `to_ns`; `bars` would fit into the open hours."""

    from_ns: int
    to_ns: int
    bars: int


def gaps(starts: Ints, span_ns: int, from_ns: int, to_ns: int, calendar: Calendar) -> list[Gap]:
    """The gaps in bars that start at `starts`, oldest first, between two moments and at both ends.

    Only whole bars count, and only while the calendar says open.
    """
    found = []
    ends = [from_ns, *(starts + span_ns).tolist()]
    for end_ns, start_ns in zip(ends, [*starts.tolist(), to_ns], strict=True):
        if start_ns - end_ns >= span_ns:
            bars = _open_ns(calendar, end_ns, start_ns) // span_ns
            if bars:
                found.append(Gap(end_ns, start_ns, bars))
    return found


def _open_ns(calendar: Calendar, from_ns: int, to_ns: int) -> int:
    """For how long the market is open between two moments."""
    changes = [*calendar.changes(from_ns, to_ns), (to_ns, TradingStatus.CLOSE)]
    at_ns, status, total_ns = from_ns, calendar.status_at(from_ns), 0
    for change_ns, following in changes:
        if status is TradingStatus.OPEN:
            total_ns += change_ns - at_ns
        at_ns, status = change_ns, following
    return total_ns
