"""A bracket's entry that is not filled in time."""

from collections.abc import Callable

from ..exits.closing import Sender
from ..handle import Order


class EntryTime:
    """Calls `passed` once when an entry still works after so many seconds; None: never. `late`
    then."""

    def __init__(self, seconds: float | None, sender: Sender, passed: Callable[[], None]) -> None:
        self.late = False
        self._seconds = seconds
        self._sender = sender
        self._passed = passed
        self._timer: int | None = None

    def begin(self, entry: Order, gone_s: float = 0.0) -> None:
        """Time an entry, of whose time so much is gone already."""
        if self._seconds is not None and entry.working and not self.late:
            rest_s = max(self._seconds - gone_s, 0.0)
            self._timer = self._sender.later(rest_s, lambda: self._ring(entry))

    def stop(self) -> None:
        """The entry is over."""
        if self._timer is not None:
            self._sender.never(self._timer)
            self._timer = None

    def _ring(self, entry: Order) -> None:
        self._timer = None
        if entry.working:
            self.late = True
            self._passed()
