"""A market port in front of another that has a recorder hear what its listeners hear.

What is recorded is what was told, when it was told: one subscription of each instrument and channel
is, however many there are. Bars and crossings are not: a recording has what they are made of.
"""

from asyncio import Future
from collections.abc import Callable, Sequence
from functools import partial

from ...trading.events import Bar, Crossing, MarketEvent
from ...trading.instrument import Instrument
from ...trading.levels import Levels
from ...trading.market import Channel, Market, MarketOffers, Subscription
from .recorder import Recorder

_Stream = tuple[str, Channel]
_Sink = Callable[[MarketEvent], None]


class RecordedMarket:
    """The port of `inner`, heard by `recorder` as well, each event before its listener has it."""

    def __init__(self, inner: Market, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._taps: dict[_Stream, list[_Tap]] = {}  # the first of each stream is recorded

    @property
    def offers(self) -> MarketOffers:
        return self._inner.offers

    def subscribe(
        self,
        instrument: Instrument,
        channel: Channel,
        sink: Callable[[MarketEvent], None],
        *,
        span_ns: int = 0,
        levels: Levels | None = None,
    ) -> "Future[Subscription]":
        if channel in (Channel.BARS, Channel.CROSSINGS):
            return self._inner.subscribe(instrument, channel, sink, span_ns=span_ns, levels=levels)
        stream = (instrument.symbol, channel)
        taps = self._taps.setdefault(stream, [])
        tap = _Tap(sink, self._recorder)
        taps.append(tap)
        tap.recorded = taps[0] is tap
        answer = self._inner.subscribe(instrument, channel, tap, span_ns=span_ns)
        if answer.done():
            # Whoever awaits it goes on at once, and may unsubscribe before a callback would run.
            self._answered(stream, tap, answer)
        else:
            answer.add_done_callback(partial(self._answered, stream, tap))
        return answer

    def unsubscribe(self, subscription: Subscription) -> "Future[None]":
        stream = (subscription.instrument.symbol, subscription.channel)
        for tap in list(self._taps.get(stream, [])):
            if tap.subscription == subscription:
                self._end(stream, tap)
        return self._inner.unsubscribe(subscription)

    def history(self, instrument: Instrument, span_ns: int, count: int) -> "Future[Sequence[Bar]]":
        return self._inner.history(instrument, span_ns, count)

    def find(self, name: str) -> "Future[Instrument]":
        return self._inner.find(name)

    def _answered(self, stream: _Stream, tap: "_Tap", answer: "Future[Subscription]") -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._end(stream, tap)
        else:
            tap.subscription = answer.result()

    def _end(self, stream: _Stream, tap: "_Tap") -> None:
        taps = self._taps[stream]
        if tap in taps:
            taps.remove(tap)
            tap.recorded = False
        if taps:
            taps[0].recorded = True


class _Tap:
    """One subscription's sink, and whether the recorder hears it."""

    __slots__ = ("_recorder", "_sink", "recorded", "subscription")

    def __init__(self, sink: _Sink, recorder: Recorder) -> None:
        self._sink = sink
        self._recorder = recorder
        self.recorded = False
        self.subscription: Subscription | None = None

    def __call__(self, event: MarketEvent) -> None:
        if self.recorded and not isinstance(event, Bar | Crossing):
            self._recorder.market(event)
        self._sink(event)
