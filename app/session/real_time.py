"""Real time for what trades in it: the wall's clock, and interrupts that end a session in steps."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 3


def now_ns() -> int:
    """The wall's clock, in ns since the epoch, UTC."""
    return time.time_ns()


@contextmanager
def interrupts(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM call `act` on the running loop, instead of ending the program. After
    `_PATIENCE` of them the next one ends it, whatever keeps the loop busy."""
    loop = asyncio.get_running_loop()
    heard_so_far = 0

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal heard_so_far
        heard_so_far += 1
        if heard_so_far > _PATIENCE:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(act)

    before = {each: signal.signal(each, heard) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
