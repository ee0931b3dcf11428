"""Telling that the stream may have lost something: at once, but no more often than so.

Each gap makes the order manager ask for everything. A hub that sends one bad message after another
must not let it begin anew before it was answered (INV-19), so gaps that come close on each other
are told as one, at the end of the pause.
"""

import asyncio
from collections.abc import Callable


class Gaps:
    """`tell(why)` is called at once for the first gap, then once for all within `every_s`."""

    def __init__(self, tell: Callable[[str], None], every_s: float) -> None:
        self.count = 0
        self._tell = tell
        self._every_s = every_s
        self._why: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def mark(self, why: str) -> None:
        """Something may be missing."""
        if self._closed:
            return
        self.count += 1
        if self._timer is not None:
            self._why = why
            return
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._again)
        self._tell(why)

    def close(self) -> None:
        """Tell nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer, why, self._why = None, self._why, None
        if why is not None:
            self.mark(why)
            self.count -= 1  # it was counted when it came
