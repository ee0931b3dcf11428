"""The market's prices on their way to the stops: subscribed while somebody needs them."""

import asyncio
from asyncio import CancelledError, Future
from functools import partial

from .errors import UsageError
from .events import MarketEvent, Quote, Trade
from .instrument import Instrument
from .market import Channel, Market, Subscription
from .orders.manager import OrderManager


class StopPrices:
    """Lets an instrument's prices reach the manager while a stop works there, or a bracket is there
    whose stop follows the market: the trades', or the quotes' where the market tells no trades."""

    def __init__(self, market: Market, manager: OrderManager) -> None:
        self._market = market
        self._manager = manager
        self._feeds: dict[str, Future[Subscription]] = {}  # by symbol
        manager.stops.wants = self._want

    async def follow(self, instrument: Instrument) -> None:
        """Let stops follow the market from now on. Raises `UsageError` where it tells neither
        trades nor quotes."""
        channel = self._channel()
        if channel is None:
            offered = self._market.offers.channels
            raise UsageError(
                f"a stop of {instrument.symbol} cannot follow the market: it tells neither trades "
                f"nor quotes, only {', '.join(sorted(offered)) or 'nothing'}; use a fixed stop"
            )
        await asyncio.shield(self._feed(instrument, channel))
        self._manager.prices.follow(instrument)

    async def follow_all(self) -> None:
        """Let prices reach the brackets of another life, where their stops follow them."""
        for bracket in self._manager.view.brackets:
            if bracket.plan.rules.follows:
                await self.follow(bracket.instrument)

    def _channel(self) -> Channel | None:
        offered = self._market.offers.channels
        return next((c for c in (Channel.TRADES, Channel.QUOTES) if c in offered), None)

    def _want(self, instrument: Instrument, wanted: bool) -> None:
        """A stop works, or none does any more. Where the market tells no prices nobody can see that
        one was traded through."""
        channel = self._channel()
        if channel is None or wanted is (instrument.symbol in self._feeds):
            return
        if wanted:
            feed = self._feed(instrument, channel)
            feed.add_done_callback(partial(self._subscribed, instrument))
        elif not self._manager.prices.follows(instrument):
            self._feeds.pop(instrument.symbol).add_done_callback(self._unsubscribe)

    def _feed(self, instrument: Instrument, channel: Channel) -> "Future[Subscription]":
        feed = self._feeds.get(instrument.symbol)
        if feed is None or _failed(feed):
            feed = self._market.subscribe(instrument, channel, self._on_price)
            self._feeds[instrument.symbol] = feed
        return feed

    def _subscribed(self, instrument: Instrument, feed: "Future[Subscription]") -> None:
        if _failed(feed):
            if self._feeds.get(instrument.symbol) is feed:
                del self._feeds[instrument.symbol]
            error = CancelledError() if feed.cancelled() else feed.exception()
            text = f"the prices of {instrument.symbol} are not told: {error!r}; a stop that the"
            self._manager.incident("stops_unwatched", f"{text} market trades through goes unseen")

    def _unsubscribe(self, feed: "Future[Subscription]") -> None:
        if not _failed(feed):
            self._market.unsubscribe(feed.result())

    def _on_price(self, event: MarketEvent) -> None:
        if isinstance(event, Trade):
            self._manager.on_price(event.instrument, event.price_ticks, event.price_ticks)
        elif isinstance(event, Quote):
            self._manager.on_price(event.instrument, event.bid_ticks, event.ask_ticks)


def _failed(feed: "Future[Subscription]") -> bool:
    return feed.done() and (feed.cancelled() or feed.exception() is not None)
