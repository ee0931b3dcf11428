"""`ProjectXMarket`: the market port onto the gateway's market hub and its history.

Quotes come without sizes and with what changed alone: they are merged, their sizes are unknown.
Bars are built of trades, the same as everywhere else (`bar_feed`), and levels are reached by
trades; states of the market and depth are not told. A subscription outlives reconnects; what a
quote was before one is forgotten.
"""

from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any

from ..trading.errors import Refused, UsageError
from ..trading.events import Bar, MarketEvent, Quote, Trade
from ..trading.instrument import Instrument
from ..trading.levels import Levels
from ..trading.market import Channel, MarketOffers, Subscription
from ..trading.words import Side
from .bars.bar_builder import BarBuilder
from .bars.bar_feed import BarFeed
from .bars.history import History, check_span
from .chaining import Running, failed
from .hubs import streams
from .hubs.hub_client import HubClient
from .hubs.market_inbox import MarketInbox
from .hubs.records import Bad
from .meaning.models import QuoteModel, TapeModel, Unreadable, read_model
from .meaning.shapes import contract_of, models
from .questions.last_price import LastPrices
from .questions.lookup import Lookup
from .rest.rest import Rest
from .settings import LiveSettings

_OFFERS = MarketOffers(
    frozenset({Channel.QUOTES, Channel.TRADES, Channel.BARS, Channel.CROSSINGS}), False
)
_AGGRESSORS = {0: Side.BUY, 1: Side.SELL}
_STREAMS = {
    Channel.QUOTES: streams.quotes,
    Channel.TRADES: streams.trades,
    Channel.BARS: streams.trades,
    Channel.CROSSINGS: streams.trades,
}

Sink = Callable[[MarketEvent], None]


class _Contract:
    """What is known and told of one contract."""

    __slots__ = ("ask", "bid", "feeds", "instrument", "quotes", "time_ns", "trades", "waits")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.bid: int | None = None
        self.ask: int | None = None
        self.time_ns = 0
        self.quotes: dict[int, Sink] = {}  # by the subscription's number
        self.trades: dict[int, Sink] = {}
        self.feeds: dict[int, BarFeed] = {}
        self.waits: dict[int, tuple[Levels, Sink]] = {}

    def forget(self) -> None:
        """What was told is stale."""
        self.bid = self.ask = None
        for feed in self.feeds.values():
            feed.broken()


class ProjectXMarket:
    """See the module. Made by the session, which gives it its hub.

    `quarantined` counts messages that said nothing; `inbox` what was conflated or dropped.
    `feed_is` hears whether the hub is up, at each change; a recorder's `feed` is such a one.
    """

    hub: HubClient

    def __init__(
        self, rest: Rest, lookup: Lookup, now_ns: Callable[[], int], settings: LiveSettings
    ) -> None:
        self.quarantined = 0
        self.logged_out: Callable[[str], None] = lambda why: None
        self.notice: Callable[[str], None] = lambda text: None
        self.feed_is: Callable[[bool], None] = lambda up: None
        self.inbox = MarketInbox(self._take, self._break_bars)
        self.past = History(rest, lookup, now_ns)
        self.last_prices = LastPrices(self.past.last_price)
        self._lookup = lookup
        self._now_ns = now_ns
        self._settings = settings
        self._running = Running()
        self._contracts: dict[str, _Contract] = {}
        self._numbers = 0

    # --- the port ---------------------------------------------------------------------------------

    @property
    def offers(self) -> MarketOffers:
        return _OFFERS

    def subscribe(
        self,
        instrument: Instrument,
        channel: Channel,
        sink: Sink,
        *,
        span_ns: int = 0,
        levels: Levels | None = None,
    ) -> "Future[Subscription]":
        try:
            if channel not in _OFFERS.channels:
                known = ", ".join(sorted(_OFFERS.channels))
                raise Refused(f"ProjectX tells no {channel.value}; it tells {known}")
            if channel is Channel.BARS:
                check_span(span_ns)
            if channel is Channel.CROSSINGS and levels is None:
                raise Refused("crossings need levels")
        except Refused as error:
            return failed(error)
        self._numbers += 1
        subscription = Subscription(instrument, channel, span_ns, self._numbers)
        return self._running.run(self._subscribe(subscription, sink, levels))

    def unsubscribe(self, subscription: Subscription) -> "Future[None]":
        return self._running.run(self._unsubscribe(subscription))

    def history(self, instrument: Instrument, span_ns: int, count: int) -> "Future[Sequence[Bar]]":
        return self._running.run(self.past.bars(instrument, span_ns, count))

    def find(self, name: str) -> "Future[Instrument]":
        return self._running.run(self._lookup.find(name))

    async def close(self) -> None:
        """Tell nothing more."""
        self.inbox.close()
        for contract in self._contracts.values():
            for feed in contract.feeds.values():
                feed.close()
        await self._running.close()

    # --- the hub (`HubListener`) ------------------------------------------------------------------

    def on_up(self, generation: int) -> None:
        """What was told while the hub was down is not told again."""
        self._forget()
        self.feed_is(True)

    def on_down(self, why: str) -> None:
        self._forget()
        self.feed_is(False)

    def on_told(self, target: str, arguments: list[Any]) -> None:
        name = target.lower()
        if name == "gatewaylogout":
            self.logged_out(str(arguments[0]) if arguments else "no reason given")
            return
        contract_id = contract_of(arguments)
        if contract_id is None or name not in ("gatewayquote", "gatewaytrade"):
            self.quarantined += 1
            return
        for low in models(arguments):
            self.inbox.put(name, contract_id, low)

    def on_bad(self, bad: Bad) -> None:
        """It may have been a trade: the bars that are being made may lack it."""
        self.quarantined += 1
        self._break_bars()

    def on_fault(self, error: Exception) -> None:
        self.quarantined += 1
        self._break_bars()

    # --- how --------------------------------------------------------------------------------------

    async def _subscribe(
        self, subscription: Subscription, sink: Sink, levels: Levels | None
    ) -> Subscription:
        instrument, channel = subscription.instrument, subscription.channel
        contract_id = await self._lookup.id_of(instrument)
        contract = self._contracts.setdefault(contract_id, _Contract(instrument))
        number = subscription.number
        if channel is Channel.QUOTES:
            contract.quotes[number] = sink
        elif channel is Channel.TRADES:
            contract.trades[number] = sink
        elif levels is not None:
            contract.waits[number] = (levels, sink)
        else:
            builder = BarBuilder(instrument, subscription.span_ns)
            contract.feeds[number] = BarFeed(
                builder, sink, self.past, self._now_ns, self.notice, self._settings.bar_late_s
            )
        confirmed = self.hub.subscribe(_STREAMS[channel](contract_id))
        self.hub.start()
        try:
            await confirmed
        except Refused:
            self._remove(contract_id, number)
            raise
        return subscription

    async def _unsubscribe(self, subscription: Subscription) -> None:
        contract_id = await self._lookup.id_of(subscription.instrument)
        contract = self._contracts.get(contract_id)
        if contract is None:
            return
        self._end(contract_id, contract, subscription.number)

    def _end(self, contract_id: str, contract: _Contract, number: int) -> None:
        self._remove(contract_id, number)
        if not contract.quotes:
            self.hub.unsubscribe(streams.quotes(contract_id))
        if not contract.trades and not contract.feeds and not contract.waits:
            self.hub.unsubscribe(streams.trades(contract_id))

    def _remove(self, contract_id: str, number: int) -> None:
        contract = self._contracts[contract_id]
        contract.quotes.pop(number, None)
        contract.trades.pop(number, None)
        contract.waits.pop(number, None)
        feed = contract.feeds.pop(number, None)
        if feed is not None:
            feed.close()
        if not (contract.quotes or contract.trades or contract.feeds or contract.waits):
            # Nothing of it is told any more, not even what waits in the inbox.
            del self._contracts[contract_id]
            self.last_prices.untold(contract.instrument)

    def _take(self, target: str, contract_id: str, low: dict[str, Any]) -> None:
        """Something of a contract has its turn."""
        contract = self._contracts.get(contract_id)
        if contract is None:
            return  # of one that nobody listens to any more
        try:
            if target == "gatewayquote":
                self._quote(contract, read_model(QuoteModel, low))
            else:
                self._trade(contract_id, contract, read_model(TapeModel, low))
        except (Unreadable, UsageError):
            self.quarantined += 1
            if target != "gatewayquote":
                self._break_bars()

    def _quote(self, contract: _Contract, model: QuoteModel) -> None:
        instrument = contract.instrument
        if model.last_price is not None:
            price = instrument.decimal(instrument.units(model.last_price))
            self.last_prices.tell(instrument, price)
        if model.best_bid is None and model.best_ask is None:
            return
        if model.best_bid is not None:
            contract.bid = instrument.units(model.best_bid)
        if model.best_ask is not None:
            contract.ask = instrument.units(model.best_ask)
        contract.time_ns = model.updated_ns or contract.time_ns or self._now_ns()
        quote = Quote(instrument, contract.time_ns, contract.bid, None, contract.ask, None)
        for sink in list(contract.quotes.values()):
            sink(quote)

    def _trade(self, contract_id: str, contract: _Contract, model: TapeModel) -> None:
        instrument = contract.instrument
        units = instrument.units(model.price)
        aggressor = None if model.type is None else _AGGRESSORS.get(model.type)
        trade = Trade(instrument, model.time_ns, units, model.volume, aggressor)
        self.last_prices.tell(instrument, instrument.decimal(units))
        for sink in list(contract.trades.values()):
            sink(trade)
        for feed in list(contract.feeds.values()):
            feed.trade(trade)
        for number, (levels, sink) in list(contract.waits.items()):
            crossing = levels.crossing(instrument, model.time_ns, units, units)
            if crossing is not None:
                self._end(contract_id, contract, number)
                sink(crossing)

    def _forget(self) -> None:
        self.last_prices.forget()
        for contract in self._contracts.values():
            contract.forget()

    def _break_bars(self) -> None:
        for contract in self._contracts.values():
            for feed in contract.feeds.values():
                feed.broken()
