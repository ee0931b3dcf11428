"""Timers of a strategy: an event every so often."""

import asyncio
from collections.abc import Callable

from msgspec import Struct


class Timer(Struct, frozen=True):
    """A timer of the strategy's went off, at `time_ns`."""

    name: str
    time_ns: int


class Repeating:
    """Calls again and again, every so many seconds of the loop's clock, until cancelled."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self._seconds = seconds
        self._call = call
        self._next = asyncio.get_running_loop().call_later(seconds, self._ring)

    def cancel(self) -> None:
        self._next.cancel()

    def _ring(self) -> None:
        self._next = asyncio.get_running_loop().call_later(self._seconds, self._ring)
        self._call()
