"""Reading ahead: how a market in simulated time hands its events to the one who waits for them.

To wake a task for every quote costs far more than what most handlers do with it. So where whoever
reads has read everything, and the next thing to happen in the world is an event for him, he takes
it himself, and time goes on with it. What he sees, and when, is the same.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol, runtime_checkable

from .events import MarketEvent, Quote, Trade
from .last_prices import LastPrices

Stretch = tuple[type, Iterator[Quote | Trade]]
"""Events of one class, each at its own moment: time moves as they are taken."""


@runtime_checkable
class AheadMarket(Protocol):
    """A market that moves the time itself. `sinks` are the reader's own."""

    def pull(self, sinks: Sequence[Callable[[MarketEvent], None]]) -> bool:
        """Go to the next moment and tell what is told there, if one of `sinks` is the first to hear
        and nothing else in the world comes first; False, and nothing changes, otherwise."""

    def stretch(
        self,
        sink: Callable[[MarketEvent], None],
        prices: LastPrices,
        waiting: Collection[object],
    ) -> Stretch | None:
        """Events for `sink` that come one after the other with nothing in between; they are not
        told to it, and `prices` see them. It ends as soon as there is anything else to do: anything
        `waiting`, or of the loop's. None where there is none."""
