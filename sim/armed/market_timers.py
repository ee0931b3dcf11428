"""Timers in the market's own time: they come due as the market moves, and stand still with it.

A running twin's market goes at real time, faster, step by step, or not at all; what a plan says of
times is meant in it. Whoever moves the market moves these along.
"""

from collections.abc import Callable
from contextvars import Context
from functools import partial
from heapq import heapify, heappop, heappush
from typing import TypeVarTuple

from ..gateway.venue.venue import Venue
from ..loop.moments import Tie

Ts = TypeVarTuple("Ts")


class MarketTimers:
    """`now_ns` says how far the market is; `changed` is called where there is a new moment to
    wait for."""

    def __init__(self, now_ns: Callable[[], int], changed: Callable[[], None]) -> None:
        self._now_ns = now_ns
        self._changed = changed
        self._heap: list[tuple[int, Tie, int, Callable[[], object]]] = []
        self._asked = 0
        self.origin_ns = now_ns()

    @property
    def now_ns(self) -> int:
        return self._now_ns()

    @property
    def asked(self) -> int:
        """How often somebody asked for a moment so far."""
        return self._asked

    @property
    def next_ns(self) -> int | None:
        """When the next is due."""
        return self._heap[0][0] if self._heap else None

    @property
    def last_ns(self) -> int:
        """When the last is due; the beginning where there is none."""
        return max((due[0] for due in self._heap), default=self.origin_ns)

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        tie: Tie = Tie.TIMER,
        context: Context | None = None,
    ) -> None:
        """As `Timers` has it."""
        self._asked += 1
        run: Callable[[], object] = partial((context or Context()).run, callback, *args)
        heappush(self._heap, (when_ns, tie, self._asked, run))
        self._changed()

    def forget(self, first: int, last: int) -> None:
        """Drop those that were asked for from `first` on and up to `last`, as `asked` counts."""
        self._heap = [due for due in self._heap if not first < due[2] <= last]
        heapify(self._heap)

    def run(self, to_ns: int) -> bool:
        """Call back what is due up to a moment, which is now; whether anything was."""
        ran = False
        while self._heap and self._heap[0][0] <= to_ns:
            heappop(self._heap)[3]()
            ran = True
        return ran


class TimedMarket:
    """A venue and its timers, moved as one (`pump.Market`); at one moment the venue comes first."""

    def __init__(self, venue: Venue, timers: MarketTimers) -> None:
        self._venue = venue
        self._timers = timers

    @property
    def end_ns(self) -> int:
        return max(self._venue.end_ns, self._timers.last_ns)

    def next_moment(self, limit_ns: int) -> int | None:
        return self._earlier(self._venue.next_moment(limit_ns), limit_ns)

    def next_order_moment(self, limit_ns: int) -> int | None:
        return self._earlier(self._venue.next_order_moment(limit_ns), limit_ns)

    def advance(self, to_ns: int) -> None:
        self._venue.advance(to_ns)
        if self._timers.run(to_ns):
            for account in self._venue.accounts.values():
                account.told_all()

    def _earlier(self, found: int | None, limit_ns: int) -> int | None:
        due_ns = self._timers.next_ns
        if due_ns is None or due_ns > limit_ns:
            return found
        return due_ns if found is None else min(found, due_ns)
