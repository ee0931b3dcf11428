"""Ctrl-C and SIGTERM, the end of a job: neither is a reason to lose what was found."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import Terminated


class Interrupts:
    """What interrupts the work. It is raised where the work just is; `held`, it waits until the
    work asks, so that it comes between two steps of it, and not within one, nor into a callback of
    Python's that drops it. Who is interrupted twice does not want to wait."""

    def __init__(self) -> None:
        self._came: KeyboardInterrupt | None = None
        self._held = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work that asks often (`check`)."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def check(self) -> None:
        """Raise what has come, `KeyboardInterrupt` or `Terminated`."""
        if self._came is not None:
            raise self._came

    def come(self, number: int, frame: object) -> None:
        """A signal came."""
        again = self._came is not None
        self._came = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if again or not self._held:
            raise self._came


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Have SIGTERM interrupt what is done, as Ctrl-C does; only the main thread is told of signals,
    and a Ctrl-C that somebody has made nothing of stays nothing."""
    came = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, came.come)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        before[signal.SIGINT] = signal.signal(signal.SIGINT, came.come)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
