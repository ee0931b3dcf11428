"""The market port onto a tape: a second cursor on the same columns, later by the feed's latency.

The client never sees a row before it could have had it. All subscriptions share one connection, so
their events are told in the order in which the feed had them, and one that is late holds up those
behind it.
"""

from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..trading.errors import Refused
from ..trading.events import Bar, MarketEvent, Quote, StatusChange, Trade
from ..trading.instrument import Instrument
from ..trading.market import Channel, MarketOffers, Subscription
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, Tape, pieces
from ..trading.words import Side, TradingStatus
from .loop import VirtualLoop
from .loop_moments import Tie
from .process import Process
from .tape_bars import BarColumns, bars_of
from .wire import Leg, Wire

_CHUNK = 65_536
_AGGRESSOR = {1: Side.BUY, 2: Side.SELL}

# Of events at one nanosecond: the session's state, what the bars of a tape ended with, bars, and
# then rows in file order, which is their `seq` (DESIGN 6). A bar ends before the rows at its end.
_STATUS, _CLOSE, _BAR = -3, -2, -1

_Told = tuple[int, int, MarketEvent]
"""When the feed has an event, its rank at that nanosecond, and the event."""


class _Stream:
    """One subscription: its events in order, and the next one with its time and its latency."""

    __slots__ = (
        "event",
        "events",
        "latency_ns",
        "order",
        "sent_ns",
        "sink",
        "subscription",
        "wire",
    )

    def __init__(
        self,
        subscription: Subscription,
        events: Iterator[_Told],
        sink: Callable[[MarketEvent], None],
        wire: Wire,
    ) -> None:
        self.subscription = subscription
        self.events = events
        self.sink = sink
        self.wire = wire
        self.sent_ns = 0
        self.order = (0, 0)
        self.latency_ns = 0
        self.event: MarketEvent | None = None

    def step(self) -> bool:
        """Move to the next event; False when there is none."""
        following = next(self.events, None)
        if following is None:
            return False
        self.sent_ns, rank, self.event = following
        self.order = (self.sent_ns, rank)
        self.latency_ns = self.wire.latency_ns(Leg.FEED)
        return True


class SimMarket:
    """Market data of one instrument from its tape and its calendar's changes of state.

    The tape may begin before the run; what lies before is history. `changes` are (ns, state). Of
    events at one nanosecond a state comes first, then bars that end there, then rows in file order;
    of equals the one subscribed first.
    """

    tie = Tie.FEED

    def __init__(
        self,
        loop: VirtualLoop,
        wire: Wire,
        process: Process,
        instrument: Instrument,
        tape: Tape,
        changes: Sequence[tuple[int, TradingStatus]],
    ) -> None:
        self._loop = loop
        self._wire = wire
        self._process = process
        self._instrument = instrument
        self._tape = tape
        self._changes = changes
        self._streams: list[_Stream] = []
        self._bars: dict[int, BarColumns] = {}
        self._numbers = 0
        self._told_any = False
        self._offers = _offers_of(tape)

    # --- the port --------------------------------------------------------------------------------

    @property
    def offers(self) -> MarketOffers:
        return self._offers

    def subscribe(
        self,
        instrument: Instrument,
        channel: Channel,
        sink: Callable[[MarketEvent], None],
        *,
        span_ns: int = 0,
    ) -> "Future[Subscription]":
        answer: Future[Subscription] = self._loop.create_future()
        self._numbers += 1
        subscription = Subscription(instrument, channel, span_ns, self._numbers)
        try:
            self._check(instrument, channel)
            events = self._events(channel, span_ns)
        except Refused as refusal:
            answer.set_exception(refusal)
            return answer
        stream = _Stream(subscription, events, sink, self._wire)
        if stream.step():
            self._streams.append(stream)
        answer.set_result(subscription)
        return answer

    def unsubscribe(self, subscription: Subscription) -> "Future[None]":
        self._streams = [s for s in self._streams if s.subscription != subscription]
        answer: Future[None] = self._loop.create_future()
        answer.set_result(None)
        return answer

    def history(self, instrument: Instrument, span_ns: int, count: int) -> "Future[Sequence[Bar]]":
        """As the port says: the bars finished now, which come later by the feed's latency."""
        answer: Future[Sequence[Bar]] = self._loop.create_future()
        try:
            self._check(instrument, Channel.BARS)
            columns = self._columns(span_ns)
        except Refused as refusal:
            answer.set_exception(refusal)
            return answer
        done = int(columns.told_ns.searchsorted(self._loop.now_ns, side="right"))
        bars = [self._bar(columns, span_ns, n) for n in range(max(done - count, 0), done)]
        self._wire.send(Leg.FEED, lambda: self._process.run(_resolve, answer, bars))
        return answer

    def find(self, name: str) -> "Future[Instrument]":
        answer: Future[Instrument] = self._loop.create_future()
        if name in (self._instrument.symbol, self._instrument.root):
            answer.set_result(self._instrument)
        else:
            answer.set_exception(Refused(f"this market has {self._instrument.symbol}, not {name}"))
        return answer

    # --- the source ------------------------------------------------------------------------------

    def next_moment(self, limit_ns: int) -> int | None:
        head = self._head()
        if head is None:
            return None
        # What had to wait behind a late one comes with it, that is now.
        at_ns = max(head.sent_ns + head.latency_ns, self._loop.now_ns)
        return at_ns if at_ns <= limit_ns else None

    def advance(self, to_ns: int) -> None:
        """Tell everything that arrives up to `to_ns`."""
        while (head := self._head()) is not None:
            if head.sent_ns + head.latency_ns > to_ns:
                return
            self._told_any = True
            event, sink = head.event, head.sink
            assert event is not None
            if not head.step():
                self._streams.remove(head)
            self._process.run(sink, event)

    def _head(self) -> _Stream | None:
        """The stream whose next event the feed had first; of equals, the one subscribed first."""
        streams = self._streams
        if len(streams) < 2:
            return streams[0] if streams else None
        return min(streams, key=_order)

    # --- how -------------------------------------------------------------------------------------

    def _check(self, instrument: Instrument, channel: Channel) -> None:
        if instrument.symbol != self._instrument.symbol:
            raise Refused(f"this market has {self._instrument.symbol}, not {instrument.symbol}")
        if channel not in self._offers.channels:
            known = ", ".join(sorted(self._offers.channels))
            raise Refused(f"the data has no {channel.value} of {instrument.symbol}; it has {known}")

    def _events(self, channel: Channel, span_ns: int) -> Iterator[_Told]:
        """What a channel tells from now on."""
        now_ns = self._loop.now_ns
        if channel is Channel.BARS:
            return self._bar_events(self._columns(span_ns), span_ns, now_ns)
        if channel is Channel.STATUS:
            return self._status_events(now_ns)
        # Before anything has moved, the rows of the first nanosecond are still to come.
        nothing_yet = now_ns == self._loop.origin_ns and not self._told_any
        after_ns = now_ns - nothing_yet
        if channel is Channel.TRADES:
            return self._trade_events(after_ns)
        return self._quote_events(after_ns) if len(self._tape.quotes.seq) else self._closes(now_ns)

    def _quote_events(self, after_ns: int) -> Iterator[_Told]:
        rows, grid = self._tape.quotes, self._instrument
        names = ("time_ns", "bid", "bid_size", "ask", "ask_size")
        for at_ns, seq, time_ns, bid, bid_size, ask, ask_size in _rows(rows, names, after_ns):
            quote = Quote(grid, time_ns, _px(bid), _size(bid_size), _px(ask), _size(ask_size))
            yield at_ns, seq, quote

    def _trade_events(self, after_ns: int) -> Iterator[_Told]:
        rows, grid = self._tape.trades, self._instrument
        names = ("time_ns", "price", "size", "aggressor")
        for at_ns, seq, time_ns, price, size, aggressor in _rows(rows, names, after_ns):
            yield at_ns, seq, Trade(grid, time_ns, price, size, _AGGRESSOR.get(aggressor))

    def _closes(self, after_ns: int) -> Iterator[_Told]:
        """Of bars, the quote at the close of each: all that is known at its end."""
        bars, grid = self._tape.bars, self._instrument
        quoted = (bars.bid_close != NO_PRICE) | (bars.ask_close != NO_PRICE)
        ends = bars.time_ns + bars.span_ns
        told = np.flatnonzero(quoted & (ends > after_ns))
        columns = (ends, bars.bid_close, bars.bid_size, bars.ask_close, bars.ask_size)
        for at_ns, bid, bid_size, ask, ask_size in zip(
            *(column[told].tolist() for column in columns), strict=True
        ):
            quote = Quote(grid, at_ns, _px(bid), _size(bid_size), _px(ask), _size(ask_size))
            yield at_ns, _CLOSE, quote

    def _bar_events(self, columns: BarColumns, span_ns: int, after_ns: int) -> Iterator[_Told]:
        first = int(columns.told_ns.searchsorted(after_ns, side="right"))
        for n in range(first, len(columns)):
            yield int(columns.told_ns[n]), _BAR, self._bar(columns, span_ns, n)

    def _status_events(self, after_ns: int) -> Iterator[_Told]:
        for at_ns, status in self._changes:
            if at_ns > after_ns:
                yield at_ns, _STATUS, StatusChange(self._instrument, at_ns, status)

    def _columns(self, span_ns: int) -> BarColumns:
        if span_ns not in self._bars:
            self._bars[span_ns] = bars_of(self._tape, span_ns, self._instrument.symbol)
        return self._bars[span_ns]

    def _bar(self, columns: BarColumns, span_ns: int, n: int) -> Bar:
        ohlc = (
            int(columns.open[n]),
            int(columns.high[n]),
            int(columns.low[n]),
            int(columns.close[n]),
        )
        start, volume = int(columns.starts[n]), int(columns.volume[n])
        return Bar(self._instrument, start, span_ns, ohlc, volume)


def _offers_of(tape: Tape) -> MarketOffers:
    """What a tape can tell. Bars are always offered; `bars_of` says where they cannot be made."""
    quotes, bars = tape.quotes, tape.bars
    channels = {Channel.BARS, Channel.STATUS}
    of_bars = bool(((bars.bid_close != NO_PRICE) | (bars.ask_close != NO_PRICE)).any())
    if len(quotes.seq) or of_bars:
        channels.add(Channel.QUOTES)
    if len(tape.trades.seq):
        channels.add(Channel.TRADES)
    told = quotes if len(quotes.seq) else bars
    unsized = any(
        (part.bid_size == UNKNOWN_SIZE).any() or (part.ask_size == UNKNOWN_SIZE).any()
        for part in pieces(told)
    )
    return MarketOffers(frozenset(channels), not unsized)


def _rows(table: Any, names: tuple[str, ...], after_ns: int) -> Iterator[tuple[Any, ...]]:
    """Rows that the feed has after a moment, as tuples of ints: when it has them, their `seq`, and
    the columns named; chunk by chunk."""
    sent = table.time_ns
    if table.arrival_ns is not None:
        # One connection brought them to the feed, too: what came late held up what was behind it.
        sent = np.maximum.accumulate(table.arrival_ns)
    first = int(sent.searchsorted(after_ns, side="right"))
    columns = [sent, table.seq, *(getattr(table, name) for name in names)]
    for start in range(first, len(table.seq), _CHUNK):
        yield from zip(*(c[start : start + _CHUNK].tolist() for c in columns), strict=True)


def _order(stream: _Stream) -> tuple[int, int]:
    return stream.order


def _resolve(answer: "Future[Any]", result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _px(units: int) -> int | None:
    return None if units == NO_PRICE else units


def _size(size: int) -> int | None:
    return None if size == UNKNOWN_SIZE else size
