"""What the feed tells of the market's state: the calendar's changes, and what the venue does
besides."""

from collections.abc import Callable, Iterator, Sequence

from ...trading.events import StatusChange
from ...trading.instrument import Instrument
from ...trading.words import TradingStatus
from .streams import Told

# Of events at one nanosecond the market's state comes first, before bars and rows (DESIGN 6).
RANK = -3


class MarketStates:
    """The states of one instrument's market, as all who connect in a run are told of them.

    `changes` are the calendar's, (ns, state), rising. What the venue does besides is told to
    whoever is subscribed, and the state that it made to whoever subscribes while it stands: a feed
    begins with the state as it is.
    """

    def __init__(
        self,
        instrument: Instrument,
        changes: Sequence[tuple[int, TradingStatus]],
        now_ns: Callable[[], int],
    ) -> None:
        self._instrument = instrument
        self._changes = changes
        self._now_ns = now_ns
        self._venue: tuple[int, TradingStatus] | None = None  # its own change, the newest
        self.told: Callable[[StatusChange], None] = lambda change: None

    def change(self, status: TradingStatus) -> None:
        """The venue moves the market to another state now."""
        now_ns = self._now_ns()
        self._venue = (now_ns, status)
        self.told(StatusChange(self._instrument, now_ns, status))

    def events(self, after_ns: int) -> Iterator[Told]:
        """What a subscription is told from now on, as far as it is known."""
        if self._venue is not None and not self._changed_between(self._venue[0], after_ns):
            yield after_ns, RANK, StatusChange(self._instrument, after_ns, self._venue[1])
        for at_ns, status in self._changes:
            if at_ns > after_ns:
                yield at_ns, RANK, StatusChange(self._instrument, at_ns, status)

    def _changed_between(self, since_ns: int, to_ns: int) -> bool:
        return any(since_ns < at_ns <= to_ns for at_ns, _ in self._changes)
