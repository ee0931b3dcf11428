"""The market port onto a tape: a second cursor on the same columns, later by the feed's latency.

The client never sees a row before it could have had it. All subscriptions share one connection, so
their events are told in the order in which the feed had them, and one that is late holds up those
behind it.
"""

from asyncio import Future
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ...trading.ahead import Feeds, Sink, Stretch
from ...trading.errors import Refused
from ...trading.events import Bar, Quote, StatusChange
from ...trading.instrument import Instrument
from ...trading.last_prices import LastPrices
from ...trading.levels import Levels
from ...trading.market import Channel, MarketOffers, Subscription
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE, Tape, pieces
from ..loop.loop import VirtualLoop
from ..loop.moments import HORIZON_NS, Tie
from ..loop.process import Process
from ..wire.wire import Leg, Wire
from .crossing_stream import CrossingStream
from .market_states import RANK, MarketStates
from .streams import EventStream, RowStream, Told, bar_events
from .tape_bars import BarColumns, bars_of

# Of events at one nanosecond: the session's state, what the bars of a tape ended with, bars, and
# then rows in file order, which is their `seq` (DESIGN 6; of bars it is -1). A bar ends before the
# rows at its end.
_CLOSE = -2

Stream = EventStream | RowStream | CrossingStream


class SimMarket:
    """Market data of one instrument from its tape, and its changes of state.

    The tape may begin before the run; what lies before is history. Of events at one nanosecond a
    state comes first, then bars that end there, then rows in file order; of equals the one
    subscribed first.
    """

    tie = Tie.FEED

    def __init__(
        self,
        loop: VirtualLoop,
        wire: Wire,
        process: Process,
        instrument: Instrument,
        tape: Tape,
        states: MarketStates,
    ) -> None:
        self._loop = loop
        self._wire = wire
        self._process = process
        self._instrument = instrument
        self._tape = tape
        self._states = states
        self._streams: list[Stream] = []
        self._told_states: list[tuple[Subscription, Sink]] = []
        self._first: Stream | None = None  # of the streams, where it is known: see `_head`
        self._bars: dict[int, BarColumns] = {}
        self._numbers = 0
        self._told_any = False
        self._offers = _offers_of(tape)
        states.told = self._changed

    # --- the port --------------------------------------------------------------------------------

    @property
    def offers(self) -> MarketOffers:
        return self._offers

    def subscribe(
        self,
        instrument: Instrument,
        channel: Channel,
        sink: Sink,
        *,
        span_ns: int = 0,
        levels: Levels | None = None,
    ) -> "Future[Subscription]":
        answer: Future[Subscription] = self._loop.create_future()
        self._numbers += 1
        subscription = Subscription(instrument, channel, span_ns, self._numbers)
        try:
            self._check(instrument, channel)
            stream = self._stream(subscription, sink, levels)
        except Refused as refusal:
            answer.set_exception(refusal)
            return answer
        self._loop.clear_ns = -1  # whoever goes ahead did not know of this
        if stream.step():
            self._streams.append(stream)
            self._first = None
        answer.set_result(subscription)
        return answer

    def unsubscribe(self, subscription: Subscription) -> "Future[None]":
        self._loop.clear_ns = -1
        self._streams = [s for s in self._streams if s.told_as != subscription]
        self._told_states = [each for each in self._told_states if each[0] != subscription]
        self._first = None
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
        bars = list(bar_events(instrument, span_ns, columns, slice(max(done - count, 0), done)))
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
        while type(head := self._head()) is CrossingStream and head.looking:
            if not self._look(head, limit_ns):
                return None
        if head is None:
            return None
        # What had to wait behind a late one comes with it, that is now.
        at_ns = max(head.sent_ns + head.latency_ns, self._loop.now_ns)
        return at_ns if at_ns <= limit_ns else None

    def advance(self, to_ns: int) -> None:
        """Tell everything that arrives up to `to_ns`, and what comes after it as long as nothing
        else does: most of a market is told to nobody who waits for it."""
        self._tell(to_ns, goes_on=True)

    def _tell(self, to_ns: int, *, goes_on: bool) -> None:
        loop, ready, run = self._loop, self._loop.ready, self._process.run
        while (head := self._first or self._head()) is not None:
            if type(head) is CrossingStream and head.looking:
                if not self._look(head, max(to_ns, loop.clear_ns) if goes_on else to_ns):
                    return
                continue
            at_ns = head.sent_ns + head.latency_ns
            if at_ns > to_ns:
                if not goes_on or ready or at_ns > loop.clear_ns:
                    return
                loop.now_ns = to_ns = at_ns
            self._told_any = True
            event, sink = head.take(), head.sink
            self._first = None
            if not head.step():
                self._streams.remove(head)
            run(sink, event)

    # --- ahead of the loop -----------------------------------------------------------------------

    def pull(self, feeds: Feeds) -> bool:
        head = self._head()
        if head is None or isinstance(head, CrossingStream) or head.sink not in feeds:
            return False
        at_ns = max(head.sent_ns + head.latency_ns, self._loop.now_ns)
        # The first to hear of that moment is the reader, so he would be awakened first, too.
        if not self._loop.go_ahead(self, at_ns):
            return False
        self._tell(at_ns, goes_on=False)
        return True

    def stretch(
        self, feeds: Feeds, prices: LastPrices, waiting: Collection[object]
    ) -> Stretch | None:
        head = self._head()
        if not isinstance(head, RowStream) or head.sink not in feeds:
            return None
        loop = self._loop
        at_ns = max(head.sent_ns + head.latency_ns, loop.now_ns)
        if not loop.go_ahead(self, at_ns):
            return None
        before_ns = HORIZON_NS
        for stream in self._streams:
            if stream is not head:
                before_ns = min(before_ns, stream.sent_ns)
                loop.clear_ns = min(loop.clear_ns, stream.sent_ns + stream.latency_ns - 1)
        self._told_any = True
        self._first = None
        events = head.stretch(loop, prices.newest(head.kind), waiting, before_ns)
        on_the_way = feeds[head.sink]
        return head.kind, events if on_the_way is None else on_the_way(events)

    def _look(self, head: CrossingStream, limit_ns: int) -> bool:
        """Look for a crossing a piece further, as far as rows up to a moment go; False where what
        was looked through goes that far already."""
        if head.sent_ns > limit_ns:
            return False
        self._first = None
        if not head.look():
            self._streams.remove(head)
        return True

    def _head(self) -> Stream | None:
        """The stream whose next event the feed had first; of equals, the one subscribed first."""
        if self._first is None:
            for stream in self._streams:
                if self._first is None or stream.order < self._first.order:
                    self._first = stream
        return self._first

    # --- how -------------------------------------------------------------------------------------

    def _check(self, instrument: Instrument, channel: Channel) -> None:
        if instrument.symbol != self._instrument.symbol:
            raise Refused(f"this market has {self._instrument.symbol}, not {instrument.symbol}")
        if channel not in self._offers.channels:
            known = ", ".join(sorted(self._offers.channels))
            raise Refused(f"the data has no {channel.value} of {instrument.symbol}; it has {known}")

    def _stream(self, told_as: Subscription, sink: Sink, levels: Levels | None) -> Stream:
        """What a subscription is told from now on."""
        now_ns, channel = self._loop.now_ns, told_as.channel
        # Before anything has moved, the rows of the first nanosecond are still to come.
        nothing_yet = now_ns == self._loop.origin_ns and not self._told_any
        tape, after_ns = self._tape, now_ns - nothing_yet
        if channel is Channel.CROSSINGS:
            if levels is None:
                raise Refused("crossings need levels")
            rows = tape.trades if len(tape.trades.seq) else tape.quotes
            return CrossingStream(told_as, sink, self._wire, rows, after_ns, levels)
        if channel is Channel.TRADES:
            return RowStream(told_as, sink, self._wire, tape.trades, after_ns)
        if channel is Channel.QUOTES and len(tape.quotes.seq):
            return RowStream(told_as, sink, self._wire, tape.quotes, after_ns)
        if channel is Channel.QUOTES:
            events = self._closes(now_ns)
        elif channel is Channel.STATUS:
            events = self._states.events(now_ns)
            self._told_states.append((told_as, sink))
        else:
            columns = self._columns(told_as.span_ns)
            return RowStream(told_as, sink, self._wire, columns, now_ns)
        return EventStream(told_as, sink, self._wire, events)

    def _closes(self, after_ns: int) -> Iterator[Told]:
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

    def _changed(self, change: StatusChange) -> None:
        """The venue moved the market to another state: the feed has it now."""
        self._loop.clear_ns = -1
        for told_as, sink in self._told_states:
            events = iter([(change.time_ns, RANK, change)])
            stream = EventStream(told_as, sink, self._wire, events)
            if stream.step():
                self._streams.append(stream)
        self._first = None

    def _columns(self, span_ns: int) -> BarColumns:
        if span_ns not in self._bars:
            self._bars[span_ns] = bars_of(self._tape, span_ns, self._instrument.symbol)
        return self._bars[span_ns]


def _offers_of(tape: Tape) -> MarketOffers:
    """What a tape can tell. Bars are always offered; `bars_of` says where they cannot be made."""
    quotes, bars = tape.quotes, tape.bars
    channels = {Channel.BARS, Channel.STATUS}
    of_bars = bool(((bars.bid_close != NO_PRICE) | (bars.ask_close != NO_PRICE)).any())
    if len(quotes.seq) or of_bars:
        channels.add(Channel.QUOTES)
    if len(tape.trades.seq):
        channels.add(Channel.TRADES)
    if len(quotes.seq) or len(tape.trades.seq):
        channels.add(Channel.CROSSINGS)
    told = quotes if len(quotes.seq) else bars
    unsized = any(
        (part.bid_size == UNKNOWN_SIZE).any() or (part.ask_size == UNKNOWN_SIZE).any()
        for part in pieces(told)
    )
    return MarketOffers(frozenset(channels), not unsized)


def _resolve(answer: "Future[Any]", result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _px(units: int) -> int | None:
    return None if units == NO_PRICE else units


def _size(size: int) -> int | None:
    return None if size == UNKNOWN_SIZE else size
