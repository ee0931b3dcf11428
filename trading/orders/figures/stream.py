"""`async for event in manager.events()`: each reader at its own pace, and the manager at its own.

An event is put into each reader's queue and that is all the manager does for it. A queue is
bounded; a reader that falls behind loses the oldest and is told which (`Missed`).
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from ...errors import UsageError
from ..events import IncidentRaised, Missed, OrderEvent
from ..happened import Happened
from ..observing import Observers
from ..registry import Registry
from ..settings import OrderSettings
from .telling import Teller


class Reader:
    """One reader's events: what is replayed first, then what happens; it ends with the manager.

    One task reads it. Let it go and it is forgotten; `close` ends it at once.
    """

    def __init__(self, past: Iterator[OrderEvent], most: int, read: int = 0) -> None:
        self._past: Iterator[OrderEvent] | None = past
        self._most = most
        self._live: deque[OrderEvent] = deque()
        self._read = read  # the number of the last event that was read
        self._lost: tuple[int, int] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False

    def __aiter__(self) -> "Reader":
        return self

    async def __anext__(self) -> OrderEvent | Missed:
        while True:
            event = self._next()
            if event is not None:
                return event
            if self._ended:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError("these events have a reader; call events() for each reader")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def close(self) -> None:
        """End it; what was not read is dropped."""
        self._past = self._lost = None
        self._live.clear()
        self.end()

    def put(self, event: OrderEvent) -> None:
        """Something happened."""
        if self._ended:
            return
        if len(self._live) >= self._most:
            gone = self._live.popleft().n
            self._lost = (gone if self._lost is None else self._lost[0], gone)
        self._live.append(event)
        self._wake()

    def end(self) -> None:
        """Nothing comes any more; what waits is still read."""
        self._ended = True
        self._wake()

    def _next(self) -> OrderEvent | Missed | None:
        if self._past is not None:
            event = next(self._past, None)
            if event is not None and event.n > self._read + 1:  # kept no longer
                self._past = chain((event,), self._past)
                missed = Missed(first=self._read + 1, last=event.n - 1)
                self._read = missed.last
                return missed
            if event is not None:
                self._read = event.n
                return event
            self._past = None
        if self._lost is not None:
            (first, last), self._lost = self._lost, None
            if last > self._read:
                return Missed(first=max(first, self._read + 1), last=last)
        while self._live:
            event = self._live.popleft()
            if event.n > self._read:  # else it was replayed
                self._read = event.n
                return event
        return None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class EventStream:
    """The events of one manager. Nothing is made of them before somebody listens.

    `past(n)`: events after number `n` that were kept, in order; None where nothing is kept.
    """

    past: Callable[[int], Iterable[OrderEvent]] | None = None

    def __init__(
        self,
        now_ns: Callable[[], int],
        observers: Observers,
        orders: Registry,
        settings: OrderSettings,
    ) -> None:
        self.closed = False
        self._now_ns = now_ns
        self._observers = observers
        self._orders = orders
        self._settings = settings
        self._teller: Teller | None = None
        self._keep: Callable[[Happened | IncidentRaised], None] | None = None
        self._sinks: list[Callable[[OrderEvent], None]] = []
        self._readers: list[weakref.ref[Reader]] = []

    @property
    def last(self) -> int:
        """The number of the last event; 0 before the first."""
        return 0 if self._teller is None else self._teller.last

    @property
    def readers(self) -> int:
        """How many read."""
        return sum(reader() is not None for reader in self._readers)

    def kept_by(self, keep: Callable[[Happened | IncidentRaised], None], *, last: int) -> None:
        """Have all that happens from now on kept by `keep`, before anybody hears of it; `last` as
        for `sink`."""
        self._keep = keep
        self._begin(last)

    def sink(self, hear: Callable[[OrderEvent], None], *, last: int = 0) -> None:
        """Give every event from now on to `hear`, before any reader has it. `last`: the number of
        the last event that was kept before; the next one follows it."""
        self._sinks.append(hear)
        self._begin(last)

    def open(self, since: int | None = None) -> Reader:
        """A reader of what happens from now on, or of everything after the event number `since`.

        Raises `UsageError` where the past is asked for and none is kept.
        """
        past: Iterator[OrderEvent] = iter(())
        if since is not None:
            if self.past is None:
                raise UsageError(
                    f"events since {since} are not kept: give the manager a journal, or leave "
                    f"`since` out"
                )
            past = iter(self.past(since))
        reader = Reader(past, self._settings.unread_most, since or 0)
        self._readers.append(weakref.ref(reader))
        self._begin(0)
        if self.closed:
            reader.end()
        return reader

    def close(self) -> None:
        """Nothing comes any more: every reader ends with what it has."""
        self.closed = True
        for reader in self._alive():
            reader.end()

    def _begin(self, last: int) -> None:
        """Have events made, if none were, and given to whoever listens by now."""
        if self._teller is None:
            self._teller = Teller(self._now_ns, self._hear, self._orders.working(), last=last)
            self._observers.add(self._teller)
        # What keeps the events has them without a detour while nobody else listens.
        alone = not (self._sinks or self._readers)
        self._teller.heard_by(self._keep if alone and self._keep is not None else self._hear)

    def _hear(self, told: Happened | IncidentRaised) -> None:
        if self._keep is not None:
            self._keep(told)
        if self._sinks or self._readers:
            event = told.event() if isinstance(told, Happened) else told
            for hear in self._sinks:
                hear(event)
            for reader in self._alive():
                reader.put(event)

    def _alive(self) -> list[Reader]:
        found = [reader for ref in self._readers if (reader := ref()) is not None]
        if len(found) < len(self._readers):
            self._readers = [weakref.ref(reader) for reader in found]
            self._begin(0)
        return found
