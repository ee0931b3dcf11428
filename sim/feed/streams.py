"""What one subscription is told, in order: a cursor on a tape's columns, or a few events.

A cursor stands at the event that comes next: when the feed has it (`sent_ns`), its place among what
the feed has (`order`) and how long it is on its way to the client (`latency_ns`).
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from ...trading.ahead import Sink
from ...trading.events import Bar, MarketEvent, Quote, Trade
from ...trading.instrument import Instrument
from ...trading.market import Subscription
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE, Ints, QuoteRows, TradeRows
from ...trading.words import Side
from ..loop.loop import VirtualLoop
from ..wire.wire import Leg, Wire
from .tape_bars import BarColumns

_CHUNK = 65_536
_AGGRESSOR = {1: Side.BUY, 2: Side.SELL}

Told = tuple[int, int, MarketEvent]
"""When the feed has an event, its rank at that nanosecond, and the event."""


class EventStream:
    """Events that are made one by one."""

    __slots__ = ("_event", "_events", "_wire", "latency_ns", "order", "sent_ns", "sink", "told_as")

    def __init__(
        self, told_as: Subscription, sink: Sink, wire: Wire, events: Iterator[Told]
    ) -> None:
        self.told_as = told_as
        self.sink = sink
        self.sent_ns = 0
        self.order = (0, 0)
        self.latency_ns = 0
        self._wire = wire
        self._events = events
        self._event: MarketEvent | None = None

    def step(self) -> bool:
        """Move to the next event; False when there is none."""
        following = next(self._events, None)
        if following is None:
            return False
        self.sent_ns, rank, self._event = following
        self.order = (self.sent_ns, rank)
        self.latency_ns = self._wire.latency_ns(Leg.FEED)
        return True

    def take(self) -> MarketEvent:
        """The event at which the cursor stands. Taken once, before the next step."""
        assert self._event is not None, "step says whether there is one"
        return self._event


class RowStream:
    """The quotes, trades or bars of a tape after a moment, chunk by chunk.

    `kind` is their class. Until an event is taken it is not made, and neither is an object for its
    place: this is what every quote passes.
    """

    def __init__(
        self,
        told_as: Subscription,
        sink: Sink,
        wire: Wire,
        rows: QuoteRows | TradeRows | BarColumns,
        after_ns: int,
    ) -> None:
        self.told_as = told_as
        self.sink = sink
        self.latency_ns = 0
        self.kind, self._make = _MADE[type(rows)]
        self._wire = wire
        self._constant_ns = wire.constant_ns(Leg.FEED)
        self._following_ns = -1  # the latency of the row after this one, where it is drawn already
        self._rows: Any = rows
        self._sent = sent_at(rows)
        self._read = int(self._sent.searchsorted(after_ns, side="right"))  # rows up to here
        self._place = 0  # in the chunk
        self._sents: list[int] = []
        self._seqs: list[int] = []
        self._shared: list[int] = []  # places whose row the feed has together with the next one
        self._events: Iterator[MarketEvent] = iter(())

    @property
    def sent_ns(self) -> int:
        return self._sents[self._place]

    @property
    def order(self) -> tuple[int, int]:
        return self._sents[self._place], self._seqs[self._place]

    def step(self) -> bool:
        """Move to the next row; False when there is none."""
        self._place += 1
        if self._place >= len(self._sents) and not self._read_on():
            return False
        if self._constant_ns is not None:
            self.latency_ns = self._constant_ns
        elif self._following_ns >= 0:
            self.latency_ns, self._following_ns = self._following_ns, -1
        else:
            self.latency_ns = self._wire.latency_ns(Leg.FEED)
        return True

    def take(self) -> MarketEvent:
        """The event of the row at which the cursor stands. Taken once, before the next step."""
        return next(self._events)

    def stretch(
        self,
        loop: VirtualLoop,
        newest: dict[str, Any],
        waiting: Collection[object],
        before_ns: int,
    ) -> Iterator[Any]:
        """The events of rows from here on that arrive one at a time, while nothing else comes.

        Time is moved to each, up to the loop's `clear_ns`; it ends once anything is ready or
        `waiting`, and before a row that the feed does not have before `before_ns`. In `newest` the
        event is the newest of its symbol. The cursor stands behind what was given, always.
        """
        if self._constant_ns is not None:
            return self._stretch_constant(loop, newest, waiting, before_ns)
        return self._stretch_drawn(loop, newest, waiting, before_ns)

    def _stretch_constant(
        self,
        loop: VirtualLoop,
        newest: dict[str, Any],
        waiting: Collection[object],
        before_ns: int,
    ) -> Iterator[Any]:
        ready, events, symbol = loop.ready, self._events, self.told_as.instrument.symbol
        latency_ns, sents, start = self._constant_ns or 0, self._sents, self._place
        # Neither the last of a chunk, which has no next one yet, nor rows that arrive together.
        shared = bisect_left(self._shared, start)
        stop = self._shared[shared] if shared < len(self._shared) else len(sents) - 1
        stop = min(stop, bisect_left(sents, before_ns, start, max(stop, start)))
        for place in range(start, stop):
            at_ns = sents[place] + latency_ns
            if at_ns > loop.clear_ns or ready or waiting:
                return
            loop.now_ns = at_ns
            self._place = place + 1
            event = newest[symbol] = next(events)
            yield event

    def _stretch_drawn(
        self,
        loop: VirtualLoop,
        newest: dict[str, Any],
        waiting: Collection[object],
        before_ns: int,
    ) -> Iterator[Any]:
        ready, events, symbol = loop.ready, self._events, self.told_as.instrument.symbol
        sents, wire = self._sents, self._wire
        for place in range(self._place, len(sents) - 1):
            # What had to wait behind a late one comes with it.
            at_ns = max(sents[place] + self.latency_ns, loop.now_ns)
            if at_ns > loop.clear_ns or sents[place] >= before_ns or ready or waiting:
                return
            # The next one's latency is drawn when this one is told, as ever; but if the two arrive
            # together, they are told together, and not here.
            self._following_ns = following_ns = wire.latency_ns(Leg.FEED)
            if sents[place + 1] + following_ns <= at_ns:
                return
            self.latency_ns, self._following_ns = following_ns, -1
            loop.now_ns = at_ns
            self._place = place + 1
            event = newest[symbol] = next(events)
            yield event

    def _read_on(self) -> bool:
        """The next chunk; False when all is read."""
        start = self._read
        chunk = slice(start, min(start + _CHUNK, len(self._sent)))
        if start >= len(self._sent):
            return False
        self._place, self._read = 0, chunk.stop
        sent = self._sent[chunk]
        self._sents, self._seqs = sent.tolist(), self._rows.seq[chunk].tolist()
        self._shared = np.flatnonzero(sent[1:] == sent[:-1]).tolist()
        self._events = self._make(self.told_as, self._rows, chunk)
        return True


Stream = EventStream | RowStream


def _quotes(told_as: Subscription, rows: QuoteRows, chunk: slice) -> Iterator[Quote]:
    columns = (
        _given(rows.bid[chunk], NO_PRICE),
        _given(rows.bid_size[chunk], UNKNOWN_SIZE),
        _given(rows.ask[chunk], NO_PRICE),
        _given(rows.ask_size[chunk], UNKNOWN_SIZE),
    )
    return map(Quote, repeat(told_as.instrument), rows.time_ns[chunk].tolist(), *columns)


def _trades(told_as: Subscription, rows: TradeRows, chunk: slice) -> Iterator[Trade]:
    aggressors = map(_AGGRESSOR.get, rows.aggressor[chunk].tolist())
    columns = (rows.time_ns[chunk].tolist(), rows.price[chunk].tolist(), rows.size[chunk].tolist())
    return map(Trade, repeat(told_as.instrument), *columns, aggressors)


def bar_events(
    instrument: Instrument, span_ns: int, bars: BarColumns, chunk: slice
) -> Iterator[Bar]:
    """Bars of a tape as events."""
    ohlc = zip(
        *(c[chunk].tolist() for c in (bars.open, bars.high, bars.low, bars.close)), strict=True
    )
    starts, volumes = bars.starts[chunk].tolist(), bars.volume[chunk].tolist()
    return map(Bar, repeat(instrument), starts, repeat(span_ns), ohlc, volumes)


def _bars(told_as: Subscription, bars: BarColumns, chunk: slice) -> Iterator[Bar]:
    return bar_events(told_as.instrument, told_as.span_ns, bars, chunk)


_MADE: dict[type, tuple[type, Callable[[Subscription, Any, slice], Iterator[Any]]]] = {
    QuoteRows: (Quote, _quotes),
    TradeRows: (Trade, _trades),
    BarColumns: (Bar, _bars),
}


def _given(column: Ints, absent: int) -> list[Any]:
    """A column's numbers; None where they say that there is none."""
    numbers: list[Any] = column.tolist()
    if (column == absent).any():
        return [None if number == absent else number for number in numbers]
    return numbers


def sent_at(rows: Any) -> Ints:
    """When the feed has each row of a table."""
    if isinstance(rows, BarColumns):
        return rows.told_ns
    if rows.arrival_ns is None:
        return np.asarray(rows.time_ns)
    # One connection brought them to the feed, too: what came late held up what was behind it.
    return np.maximum.accumulate(rows.arrival_ns)
