"""The market port onto a tape: a second cursor on the same columns, later by the feed's latency.

The client never sees a row before it could have had it. All subscriptions share one connection, so
their events are told in the order in which the feed had them (then by subscription), and one that is
late holds up those behind it.
"""

from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..trading.errors import Refused
from ..trading.events import Bar, MarketEvent, Quote, StatusChange, Trade
from ..trading.instrument import Instrument
from ..trading.market import Channel, MarketOffers, Subscription
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, Tape
from ..trading.words import Side, TradingStatus
from .loop import VirtualLoop
from .loop_moments import Tie
from .process import Process
from .tape_bars import BarColumns, bars_of
from .wire import Leg, Wire

_CHUNK = 65_536
_AGGRESSOR = {1: Side.BUY, 2: Side.SELL}


class _Stream:
    """One subscription: its events in order; the next one, when the feed has it, and its latency."""

    __slots__ = ("event", "events", "latency_ns", "sent_ns", "sink", "subscription", "wire")

    def __init__(
        self,
        subscription: Subscription,
        events: Iterator[tuple[int, MarketEvent]],
        sink: Callable[[MarketEvent], None],
        wire: Wire,
    ) -> None:
        self.subscription = subscription
        self.events = events
        self.sink = sink
        self.wire = wire
        self.sent_ns = 0
        self.latency_ns = 0
        self.event: MarketEvent | None = None

    def step(self) -> bool:
        """Move to the next event; False when there is none."""
        following = next(self.events, None)
        if following is None:
            return False
        self.sent_ns, self.event = following
        self.latency_ns = self.wire.latency_ns(Leg.FEED)
        return True


class SimMarket:
    """Market data of one instrument from its tape and its calendar's changes of state.

    The tape may begin before the run; what lies before is history. `changes` are (ns, state).
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
        self._last_ns = 0  # the last arrival: nothing overtakes it
        channels = {Channel.BARS, Channel.STATUS}
        if len(tape.quotes.seq) or (tape.bars.bid_close != NO_PRICE).any():
            channels.add(Channel.QUOTES)
        if len(tape.trades.seq):
            channels.add(Channel.TRADES)
        sizes = not (tape.quotes.bid_size == UNKNOWN_SIZE).any()
        self._offers = MarketOffers(frozenset(channels), bool(sizes))

    # --- the port ---------------------------------------------------------------------------------

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
            events = self._events(channel, span_ns, self._loop.now_ns)
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

    def history(
        self, instrument: Instrument, span_ns: int, count: int
    ) -> "Future[Sequence[Bar]]":
        answer: Future[Sequence[Bar]] = self._loop.create_future()
        try:
            self._check(instrument, Channel.BARS)
            columns = self._columns(span_ns)
        except Refused as refusal:
            answer.set_exception(refusal)
            return answer
        done = int((columns.starts + span_ns).searchsorted(self._loop.now_ns, side="right"))
        first = max(done - count, 0)
        answer.set_result([self._bar(columns, span_ns, n) for n in range(first, done)])
        return answer

    def find(self, name: str) -> "Future[Instrument]":
        answer: Future[Instrument] = self._loop.create_future()
        if name in (self._instrument.symbol, self._instrument.root):
            answer.set_result(self._instrument)
        else:
            answer.set_exception(Refused(f"this market has {self._instrument.symbol}, not {name}"))
        return answer

    # --- the source -------------------------------------------------------------------------------

    def next_moment(self, limit_ns: int) -> int | None:
        head = self._head()
        if head is None:
            return None
        at_ns = max(head.sent_ns + head.latency_ns, self._last_ns, self._loop.now_ns)
        return at_ns if at_ns <= limit_ns else None

    def advance(self, to_ns: int) -> None:
        """Tell everything that arrives up to `to_ns`."""
        while (head := self._head()) is not None:
            at_ns = max(head.sent_ns + head.latency_ns, self._last_ns)
            if at_ns > to_ns:
                return
            self._last_ns = at_ns
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
        return min(streams, key=_sent_ns)

    # --- how ----------------------------------------------------------------------------------------

    def _check(self, instrument: Instrument, channel: Channel) -> None:
        if instrument.symbol != self._instrument.symbol:
            raise Refused(f"this market has {self._instrument.symbol}, not {instrument.symbol}")
        if channel not in self._offers.channels:
            known = ", ".join(sorted(self._offers.channels))
            raise Refused(f"the data has no {channel.value} of {instrument.symbol}; it has {known}")

    def _events(
        self, channel: Channel, span_ns: int, after_ns: int
    ) -> Iterator[tuple[int, MarketEvent]]:
        """What a channel tells from now on: (when the feed has it, the event)."""
        if channel is Channel.BARS:
            return self._bar_events(self._columns(span_ns), span_ns, after_ns)
        if channel is Channel.TRADES:
            return self._trade_events(after_ns)
        if channel is Channel.STATUS:
            return self._status_events(after_ns)
        return self._quote_events(after_ns) if len(self._tape.quotes.seq) else self._closes(after_ns)

    def _quote_events(self, after_ns: int) -> Iterator[tuple[int, MarketEvent]]:
        rows, grid = self._tape.quotes, self._instrument
        names = ("time_ns", "bid", "bid_size", "ask", "ask_size")
        for at_ns, time_ns, bid, bid_size, ask, ask_size in _rows(rows, names, after_ns):
            yield at_ns, Quote(grid, time_ns, _px(bid), _size(bid_size), _px(ask), _size(ask_size))

    def _trade_events(self, after_ns: int) -> Iterator[tuple[int, MarketEvent]]:
        rows, grid = self._tape.trades, self._instrument
        names = ("time_ns", "price", "size", "aggressor")
        for at_ns, time_ns, price, size, aggressor in _rows(rows, names, after_ns):
            yield at_ns, Trade(grid, time_ns, price, size, _AGGRESSOR.get(aggressor))

    def _closes(self, after_ns: int) -> Iterator[tuple[int, MarketEvent]]:
        """Of bars, the quote at the close of each: all that is known at its end."""
        bars = self._tape.bars
        names = ("time_ns", "span_ns", "bid_close", "bid_size", "ask_close", "ask_size")
        for at_ns, start, span, bid, bid_size, ask, ask_size in _rows(bars, names, 0):
            if at_ns + span > after_ns and (bid != NO_PRICE or ask != NO_PRICE):
                quote = Quote(
                    self._instrument,
                    start + span,
                    _px(bid),
                    _size(bid_size),
                    _px(ask),
                    _size(ask_size),
                )
                yield start + span, quote

    def _bar_events(
        self, columns: BarColumns, span_ns: int, after_ns: int
    ) -> Iterator[tuple[int, MarketEvent]]:
        first = int((columns.starts + span_ns).searchsorted(after_ns, side="right"))
        for n in range(first, len(columns)):
            bar = self._bar(columns, span_ns, n)
            yield bar.end_ns, bar

    def _status_events(self, after_ns: int) -> Iterator[tuple[int, MarketEvent]]:
        for at_ns, status in self._changes:
            if at_ns > after_ns:
                yield at_ns, StatusChange(self._instrument, at_ns, status)

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


def _rows(table: Any, names: tuple[str, ...], after_ns: int) -> Iterator[tuple[Any, ...]]:
    """Rows after a moment as tuples of ints, the arrival at the feed first; chunk by chunk."""
    first = int(table.time_ns.searchsorted(after_ns, side="right"))
    arrival = getattr(table, "arrival_ns", None)
    columns = [table.time_ns if arrival is None else arrival, *(getattr(table, n) for n in names)]
    for start in range(first, len(table.seq), _CHUNK):
        yield from zip(*(c[start : start + _CHUNK].tolist() for c in columns), strict=True)


def _sent_ns(stream: _Stream) -> int:
    return stream.sent_ns


def _px(units: int) -> int | None:
    return None if units == NO_PRICE else units


def _size(size: int) -> int | None:
    return None if size == UNKNOWN_SIZE else size
