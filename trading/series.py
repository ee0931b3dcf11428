"""A subscribed series of bars, and how much of its warm-up is still missing."""

from msgspec import Struct

from .bars import Bars
from .events import Bar


class Series:
    """A subscribed series: its bars, and how many are still missing to the warm-up."""

    __slots__ = ("bars", "missing")

    def __init__(self, bars: Bars, missing: int) -> None:
        self.bars = bars
        self.missing = missing

    def grow(self, bar: Bar) -> bool:
        """Add a bar; True when it is to be told: it is newer than those before it, and the warm-up
        is full."""
        if not self.bars.append(bar):
            return False
        if self.missing:
            self.missing -= 1
            return False
        return True


class BarArrived(Struct, frozen=True):
    """A bar on its way to the series that it belongs to (inside the inbox only)."""

    series: Series
    bar: Bar
