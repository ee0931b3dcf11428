"""Things of a broker's books in the order in which they came, asked for those since a moment."""

from bisect import bisect_left
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class ByTime(Generic[Thing]):
    """`all`: every one so far, oldest first. What came since is found without a walk through a day,
    unless a clock was set back between two lives of the broker."""

    def __init__(self) -> None:
        self.all: list[Thing] = []
        self._times: list[int] = []
        self._in_order = True

    def add(self, time_ns: int, thing: Thing) -> None:
        """One more, of this time."""
        if self._times and time_ns < self._times[-1]:
            self._in_order = False
        self._times.append(time_ns)
        self.all.append(thing)

    def since(self, time_ns: int) -> list[Thing]:
        """Those of that time or later, in the order in which they came."""
        if self._in_order:
            return self.all[bisect_left(self._times, time_ns) :]
        pairs = zip(self._times, self.all, strict=True)
        return [thing for at_ns, thing in pairs if at_ns >= time_ns]
