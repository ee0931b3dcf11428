"""Real time for what trades in it: the wall's clock, and interrupts that end a session in steps."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def now_ns() -> int:
    """The wall's clock, in ns since the epoch, UTC."""
    return time.time_ns()


@contextmanager
def interrupts(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM call `act` on the running loop, instead of ending the program."""
    loop = asyncio.get_running_loop()

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)

    before = {each: signal.signal(each, heard) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
