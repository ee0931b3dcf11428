"""The client's port, watched from before the client: an event is noted before it has effects."""

from collections.abc import Callable

from ...trading.broker import Broker, BrokerEvent
from ..oracles.port import PortEvent, WatchedPort


class ToldFirst(WatchedPort):
    """As `WatchedPort`; `tell` hears of each event before any of the port's listeners does."""

    def __init__(
        self,
        broker: Broker,
        now_ns: Callable[[], int],
        hear: Callable[[PortEvent], None],
        tell: Callable[[BrokerEvent], None],
    ) -> None:
        super().__init__(broker, now_ns, hear)
        self._tell = tell
        self._listened = False

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        if not self._listened:
            self._listened = True
            self._broker.listen(self._tell)
        self._broker.listen(sink)
