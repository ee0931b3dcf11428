"""Timers of a strategy: an event every so often."""

import asyncio
from collections.abc import Callable

from msgspec import Struct


class Timer(Struct, frozen=True):
    """A timer of the strategy's went off, at `time_ns`."""

    name: str
    time_ns: int


class Repeating:
    """Calls again and again, whenever so many seconds more have passed on the loop's clock since it
    began, until cancelled. One that rings late puts off none after it; a busy loop may leave out
    those whose time is over by then."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self._seconds = seconds
        self._call = call
        self._began_s = asyncio.get_running_loop().time()
        self._times = 0
        self._set()

    def cancel(self) -> None:
        self._next.cancel()

    def _set(self) -> None:
        loop = asyncio.get_running_loop()
        gone = int((loop.time() - self._began_s) / self._seconds)
        self._times = max(self._times, gone) + 1
        self._next = loop.call_at(self._began_s + self._times * self._seconds, self._ring)

    def _ring(self) -> None:
        self._set()
        self._call()
