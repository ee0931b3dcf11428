"""The queue between what happens and one strategy: in order, nothing lost but quotes overtaken.

While the strategy is busy with a handler, an older quote of the same instrument that still waits is
dropped for the newer one; everything else queues, and what is handed out is in the order in which
it happened. An idle strategy gets every quote. What it has no handler for wakes nobody.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from .ahead import AheadMarket, Feeds, Stretch
from .events import Quote
from .last_prices import LastPrices


class Inbox:
    """A strategy's events. `put` never waits; one reader calls `get`.

    Where the market can go ahead, `read_ahead` lets the reader take its events from there.
    """

    def __init__(self) -> None:
        self._events: deque[list[Any]] = deque()
        self._quotes: dict[str, list[Any]] = {}
        self._reader: asyncio.Future[None] | None = None
        self._idle = False  # the reader has read everything, and waits
        self._closed = False
        self._market: AheadMarket | None = None
        self._unread: frozenset[type] = frozenset()
        self.conflated = 0  # quotes that were overtaken by a newer one before they were read

    def read_ahead(self, market: object, feeds: Feeds, prices: LastPrices) -> None:
        """Let the reader take what `feeds`, sinks of this inbox, hear straight from the market, if
        that can go ahead; their events are told to `prices` then."""
        if isinstance(market, AheadMarket):
            self._market, self._feeds, self._prices = market, feeds, prices

    def leave_out(self, kinds: Iterable[type]) -> None:
        """Events of these classes are nobody's to read from now on."""
        self._unread = frozenset(kinds)

    def put(self, event: Any) -> None:
        """Add an event; ignored once closed, and where nobody reads such."""
        if self._closed or type(event) in self._unread:
            return
        if type(event) is Quote:
            waiting = self._quotes.get(event.instrument.symbol)
            if waiting is not None and not self._idle:
                self.conflated += 1
                if self._events[-1] is waiting:
                    waiting[0] = event
                    return
                # Not in its place: the newer quote would be heard before what happened in between.
                waiting[0] = None
            cell = [event]
            self._quotes[event.instrument.symbol] = cell
            self._events.append(cell)
        else:
            self._events.append([event])
        self._wake()

    def stretch(self) -> Stretch | None:
        """What the reader, who has read everything, may take at once instead of waiting for it: see
        `ahead`. None where he is to `get`."""
        if self._market is None or self._events:
            return None
        return self._market.stretch(self._feeds, self._prices, self._events)

    async def get(self) -> Any:
        """The next event; None once the inbox is closed."""
        while True:
            while not self._events:
                await self._more()
            if self._closed:
                return None
            cell = self._events.popleft()
            event = cell[0]
            if type(event) is Quote and self._quotes.get(event.instrument.symbol) is cell:
                del self._quotes[event.instrument.symbol]
            if event is not None:  # else it was overtaken
                return event

    def close(self) -> None:
        """Take nothing more in and drop what waits; the reader ends."""
        self._closed = True
        self._events.clear()
        self._events.append([None])  # so that a stretch ends, too
        self._quotes.clear()
        self._wake()

    async def _more(self) -> None:
        """Come back when there may be more: at once, where the market tells what comes next."""
        self._idle = True
        try:
            if self._market is None or not self._market.pull(self._feeds):
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader
        finally:
            self._idle, self._reader = False, None

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
