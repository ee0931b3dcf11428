"""The market in another state for a while, by the venue's own doing."""

from collections.abc import Callable
from contextvars import Context

from ...matching.commands import SetStatus
from ...scenarios.plan import Fault
from ...trading.words import TradingStatus
from ..exchange import Exchange
from ..loop.moments import Tie
from ..loop.timers import Timers

STATES = {
    "halt": TradingStatus.HALT,
    "pre-open": TradingStatus.PRE_OPEN,
    "no-cancel": TradingStatus.NO_CANCEL,
    "close": TradingStatus.CLOSE,
}
"""States of a market that is not open, as plans call them."""


class Halts:
    """The halts of one market. Of several at once the newest holds, and what it was before them
    comes back with the end of the last; a change of the calendar's meanwhile holds over them all.

    `on_state` hears of every change, as the venue tells it.
    """

    def __init__(self, loop: Timers, exchange: Callable[[], Exchange], symbol: str) -> None:
        self.on_state: Callable[[TradingStatus], None] = lambda status: None
        self._loop = loop
        self._exchange = exchange
        self._symbol = symbol
        self._before = TradingStatus.OPEN
        self._standing: list[tuple[int, TradingStatus]] = []  # by number, oldest first
        self._count = 0

    def begin(self, fault: Fault) -> str:
        """The market goes to the state of a fault, for as long as that says."""
        now, status = self._status, STATES[fault.state]
        if not self._holds(now):
            self._before, self._standing = now, []
        self._count += 1
        self._standing.append((self._count, status))
        self._set(status)
        at_ns = self._loop.now_ns + (fault.duration or 0)
        self._loop.call_at_ns(at_ns, self._end, self._count, tie=Tie.SESSION, context=Context())
        return f"{self._symbol} goes from {now.name} to {status.name}"

    def _end(self, number: int) -> None:
        # What the calendar says meanwhile holds: a close is not undone.
        if not self._holds(self._status):
            self._standing = []
            return
        self._standing = [each for each in self._standing if each[0] != number]
        self._set(self._standing[-1][1] if self._standing else self._before)

    def _holds(self, status: TradingStatus) -> bool:
        """Whether the market is as the newest halt left it."""
        return bool(self._standing) and self._standing[-1][1] is status

    def _set(self, status: TradingStatus) -> None:
        if status is not self._status:
            self._exchange().enter(self._symbol, SetStatus(status))
            self.on_state(status)

    @property
    def _status(self) -> TradingStatus:
        return self._exchange().book(self._symbol).status
