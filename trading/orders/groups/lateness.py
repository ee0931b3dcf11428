"""An order of a group's may fill more than it should, and goes on doing so for too long."""

from collections.abc import Callable

from ..exits.closing import Sender


class Lateness:
    """`late` once that was so for so many seconds, until it is so no more; `passed` is called
    then."""

    def __init__(self, sender: Sender, seconds: float, passed: Callable[[], None]) -> None:
        self.late = False
        self._sender = sender
        self._seconds = seconds
        self._passed = passed
        self._timer: int | None = None

    def look(self, *, lagging: bool) -> None:
        """Whether it is so now."""
        if not lagging:
            self.stop()
            self.late = False
        elif self._timer is None and not self.late:
            self._timer = self._sender.later(self._seconds, self._ring)

    def stop(self) -> None:
        """Nothing is timed any more."""
        self._sender.never(self._timer)
        self._timer = None

    def _ring(self) -> None:
        self._timer, self.late = None, True
        self._passed()
