"""Reading ahead: how a market in simulated time hands its events to the one who waits for them.

To wake a task for every quote costs far more than what most handlers do with it. So where whoever
reads has read everything, and the next thing to happen in the world is an event for him, he takes
it himself, and time goes on with it. What he sees, and when, is the same.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, runtime_checkable

from .events import MarketEvent
from .last_prices import LastPrices

Sink = Callable[[MarketEvent], None]
Stretch = tuple[type, Iterable[Any]]
"""Events of one class, each at its own moment: time moves as they are taken."""

Feeds = dict[Sink, Callable[[Iterable[Any]], Iterable[Any]] | None]
"""A reader's own sinks; what is to be done with events on the way from each, None: nothing."""


@runtime_checkable
class AheadMarket(Protocol):
    """A market that moves the time itself. `feeds` are the reader's."""

    def pull(self, feeds: Feeds) -> bool:
        """Go to the next moment and tell what is told there, if one of `feeds` is the first to hear
        and nothing else in the world comes first; False, and nothing changes, otherwise."""

    def stretch(
        self, feeds: Feeds, prices: LastPrices, waiting: Collection[object]
    ) -> Stretch | None:
        """Events for one of `feeds` that come one after the other with nothing in between; they are
        not told to it, and `prices` see them. It ends as soon as there is anything else to do:
        anything `waiting`, or of the loop's. None where there is none."""
