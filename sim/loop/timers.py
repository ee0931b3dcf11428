"""A clock that calls back: what faults need of whoever keeps the time.

The virtual loop is one; a running twin, whose market moves in real time, has another
(`armed.market_timers`).
"""

from asyncio import Future, TimerHandle
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol, TypeVarTuple

from .moments import Tie

Ts = TypeVarTuple("Ts")


class Timers(Protocol):
    """Times in ns since the epoch. `origin_ns`: when the run began."""

    @property
    def now_ns(self) -> int: ...

    @property
    def origin_ns(self) -> int: ...

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        tie: Tie = ...,
        context: Context | None = ...,
    ) -> object:
        """Call back at a moment; of one moment by `tie`, then in the order of asking."""


class BrokerTimers(Timers, Protocol):
    """What a simulated broker needs beyond: answers, and an end of the waiting for them."""

    def create_future(self) -> "Future[Any]":
        """An answer that is still to come."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> TimerHandle:
        """Call back after so many seconds, unless it is cancelled."""
