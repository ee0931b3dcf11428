"""The timers of one manager, so that closing it leaves none behind."""

import asyncio
from collections.abc import Callable

from ..observing import Failed


class Timers:
    """Pauses by number, on the running loop's own clock. What repeats by itself (`standing`) is not
    counted among them: it says nothing of work that is still to be done."""

    def __init__(self, failed: Failed) -> None:
        self._failed = failed
        self._running: dict[int, asyncio.TimerHandle] = {}
        self._standing: dict[int, None] = {}
        self._count = 0
        self._stopped = False
        self.now_s = _clock()  # the loop's own

    def __len__(self) -> int:
        return len(self._running) - len(self._standing)

    def later(
        self, delay_s: float, call: Callable[[], None], about: str = "", *, standing: bool = False
    ) -> int:
        """Call after `delay_s`; the number to cancel it by. Once stopped, nothing is called.
        `about`: the order's tag or the owner's intent that it is for."""
        self._count += 1
        if not self._stopped:
            loop = asyncio.get_running_loop()
            self._running[self._count] = loop.call_later(
                delay_s, self._ring, self._count, call, about
            )
            if standing:
                self._standing[self._count] = None
        return self._count

    def runs(self, number: int) -> bool:
        """Whether a timer is still to ring."""
        return number in self._running

    def hasten(self, number: int, at_s: float, call: Callable[[], None], about: str = "") -> bool:
        """Have a timer ring at `at_s`, or now where that is past, unless it is due before; False
        for one that rang already or was cancelled. The rest is as it was given to `later`."""
        timer = self._running.get(number)
        if timer is None:
            return False
        if at_s < timer.when():
            timer.cancel()
            loop = asyncio.get_running_loop()
            delay_s = max(at_s - loop.time(), 0.0)
            self._running[number] = loop.call_later(delay_s, self._ring, number, call, about)
        return True

    def cancel(self, number: int | None) -> None:
        """Forget a timer; one that rang already, or None, is no error."""
        timer = self._running.pop(number, None) if number is not None else None
        if timer is not None:
            timer.cancel()
            self._standing.pop(number or 0, None)

    def stop(self) -> None:
        """Forget all, for good."""
        self._stopped = True
        for timer in self._running.values():
            timer.cancel()
        self._running.clear()
        self._standing.clear()

    def _ring(self, number: int, call: Callable[[], None], about: str) -> None:
        del self._running[number]
        self._standing.pop(number, None)
        try:
            call()
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self._failed(error, "a timer", about)


def _clock() -> Callable[[], float]:
    """Of the loop that runs; before there is one, of that which runs when the time is asked."""
    try:
        return asyncio.get_running_loop().time
    except RuntimeError:
        return lambda: asyncio.get_running_loop().time()
