"""The queue between what happens and one strategy: in order, nothing lost but quotes overtaken.

While the strategy is busy with a handler, an older quote of the same instrument that still waits is
dropped for the newer one; everything else queues, and what is handed out is in the order in which
it happened. An idle strategy gets every quote.
"""

import asyncio
from collections import deque
from typing import Any

from .events import Quote


class Inbox:
    """A strategy's events. `put` never waits; one reader calls `get`."""

    def __init__(self) -> None:
        self._events: deque[list[Any]] = deque()
        self._quotes: dict[str, list[Any]] = {}
        self._reader: asyncio.Future[None] | None = None
        self._closed = False
        self.conflated = 0  # quotes that were overtaken by a newer one before they were read

    def put(self, event: Any) -> None:
        """Add an event; ignored once closed."""
        if self._closed:
            return
        if type(event) is Quote:
            waiting = self._quotes.get(event.instrument.symbol)
            if waiting is not None and self._reader is None:
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

    async def get(self) -> Any:
        """The next event; None once the inbox is closed and what came before is read."""
        while True:
            while not self._events:
                if self._closed:
                    return None
                self._reader = asyncio.get_running_loop().create_future()
                try:
                    await self._reader
                finally:
                    self._reader = None
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
        self._quotes.clear()
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
