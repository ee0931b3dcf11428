"""A subscribed series of bars, how much of its warm-up is still missing, and an inbox read."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from msgspec import Struct

from .bars import Bars
from .events import Bar
from .inbox import Inbox


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

    def told(self, bars: Iterable[Bar]) -> Iterator[Bar]:
        """Add bars as they come, and go on with those that are to be told."""
        append = self.bars.append
        for bar in bars:
            if append(bar):
                if self.missing:
                    self.missing -= 1
                else:
                    yield bar


class BarArrived(Struct, frozen=True):
    """A bar on its way to the series that it belongs to (inside the inbox only)."""

    series: Series
    bar: Bar


def as_read(event: Any) -> Any:
    """An event of an inbox as its reader sees it; None for a bar that only fills a warm-up."""
    if type(event) is BarArrived:
        return event.bar if event.series.grow(event.bar) else None
    return event


async def read(inbox: Inbox) -> AsyncIterator[Any]:
    """What comes into an inbox, as its reader sees it, until it is closed."""
    while True:
        stretch = inbox.stretch()
        if stretch is not None:
            for event in stretch[1]:
                yield event
        event = await inbox.get()
        if event is None:
            return
        ready = as_read(event)
        if ready is not None:
            yield ready
