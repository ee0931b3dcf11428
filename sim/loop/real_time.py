"""Timers of a loop that runs in real time, in the order in which the virtual one has them."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..armed.market_timers import MarketTimers


class LoopTimers(MarketTimers):
    """`now_ns` is a wall's clock that never goes back. Belongs to the running loop; one asyncio
    timer waits for whatever is due next, so that what is due at one moment keeps its order."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.TimerHandle | None = None
        super().__init__(now_ns, self._wait)

    def create_future(self) -> "asyncio.Future[Any]":
        """A future of the loop."""
        return self._loop.create_future()

    def call_later(
        self, delay_s: float, callback: Callable[..., object], *args: Any
    ) -> asyncio.TimerHandle:
        """As the loop has it."""
        return self._loop.call_later(delay_s, callback, *args)

    def close(self) -> None:
        """Call nothing back any more."""
        self._heap.clear()
        self._wait()

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self.next_ns is not None:
            wait_s = max(self.next_ns - self.now_ns, 0) / 1e9
            self._waiting = self._loop.call_later(wait_s, self._due)

    def _due(self) -> None:
        self._waiting = None
        self.run(self.now_ns)
        self._wait()
