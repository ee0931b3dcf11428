"""The trader's desk: everything a strategy or a script can see and do, in one object.

The same in all worlds. It joins the two ports and the order manager and puts every event, in order,
into one inbox; a `Strategy` reads it through handlers, a script through `async for event in
desk.events()`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

from .ahead import Feeds
from .bars import Bars, duration_ns, span_ns
from .broker import Broker
from .crossings import Crossings
from .errors import UsageError
from .events import Bar, MarketEvent, Quote, StatusChange, Trade
from .inbox import Inbox
from .instrument import Instrument
from .instruments import knowing
from .last_prices import LastPrices
from .linking import Linking
from .market import Channel, Market
from .order import Execution, ExecutionReport, OrderSpec, Trail
from .orders.brackets.bracket import Bracket
from .orders.brackets.plan import Level, Rules, Targets
from .orders.exits.cancel_all import CancelAllResult
from .orders.exits.flatten_all import FlattenAll
from .orders.exits.flatten_core import FlattenResult
from .orders.guards.close import Close
from .orders.guards.guard import Guard
from .orders.handle import CancelResult, Order
from .orders.journal.port import Journal
from .orders.manager import Incident, OrderManager
from .orders.positions import Position
from .orders.settings import OrderSettings
from .price import PriceLike, Ticks
from .repeating import Repeating, Timer
from .series import BarArrived, Series, read
from .stop_prices import StopPrices
from .words import Side


class Desk:
    """A trader's view of one account and market. `instrument` is the one meant when none is named;
    `prices` are the newest ones told. `oco`, `oto` and `link` make groups: see `Linking`;
    `subscribe_crossing` waits for a price: see `Crossings.subscribe`.

    `now_ns` is the wall clock (virtual in a simulation), `random` a seeded stream of the run's own.
    """

    def __init__(
        self,
        market: Market,
        broker: Broker,
        instrument: Instrument,
        *,
        now_ns: Callable[[], int],
        random: Random,
        settings: OrderSettings | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.market = market
        self.broker = broker
        self.instrument = instrument
        self.random = random
        self.inbox = Inbox()
        self.subscribed: set[Channel] = set()
        self._now_ns = now_ns
        self.prices = LastPrices()
        self._feeds: Feeds = {self._on_market: None}
        self.inbox.read_ahead(market, self._feeds, self.prices)
        self._timers: list[Repeating] = []
        known = knowing(instrument)
        self.manager = OrderManager(
            broker, self, now_ns=now_ns, settings=settings, journal=journal, find=known
        )
        self.kept = self.manager.state
        self._stop_prices = StopPrices(market, self.manager)
        linking = Linking(self.manager, self.prices, instrument, self._caller)
        self.oco, self.oto, self.link = linking.oco, linking.oto, linking.link
        crossings = Crossings(market, instrument, self.subscribed, self.inbox.put)
        self.subscribe_crossing = crossings.subscribe

    # --- what is ----------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """Now, in ns since the epoch, UTC."""
        return self._now_ns()

    @property
    def now(self) -> datetime:
        """Now, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self._now_ns() // 1000 / 1_000_000, UTC)

    @property
    def position(self) -> Position:
        """What is held in the desk's instrument; false when flat."""
        return self.manager.view.position(self.instrument)

    @property
    def working_orders(self) -> list[Order]:
        """Orders in the desk's instrument that are not known to be over, oldest first."""
        return self.manager.view.orders_of(self.instrument)

    @property
    def quote(self) -> Quote | None:
        """The newest quote of the desk's instrument; None before the first, or if not
        subscribed."""
        return self.prices.quote(self.instrument)

    @property
    def last_trade(self) -> Trade | None:
        """The newest trade of the desk's instrument; None before the first, or if not
        subscribed."""
        return self.prices.trade(self.instrument)

    @property
    def state(self) -> dict[str, Any]:
        """What is remembered over a restart, where there is a journal: see `state.KeptState`."""
        return self.kept.values

    def position_in(self, instrument: Instrument) -> Position:
        """What is held in any instrument."""
        return self.manager.view.position(instrument)

    async def open(self) -> None:
        """Let the order manager follow the market, and go on with what its journal has."""
        if Channel.STATUS in self.market.offers.channels:
            await self.market.subscribe(self.instrument, Channel.STATUS, self._on_status)
        if self.manager.keeps:
            await self.manager.recover()
            await self._stop_prices.follow_all()

    def close(self) -> None:
        """End the timers and take no more events in; `on_stop` and its orders still work, but
        nothing waits for a market to open any more."""
        self.inbox.close()
        self.manager.last_call()
        for timer in self._timers:
            timer.cancel()

    # --- market data ------------------------------------------------------------------------------

    async def subscribe_quotes(self, instrument: Instrument | None = None) -> None:
        """Get every quote from now on."""
        await self._subscribe(Channel.QUOTES, instrument)

    async def subscribe_trades(self, instrument: Instrument | None = None) -> None:
        """Get every trade from now on."""
        await self._subscribe(Channel.TRADES, instrument)

    async def subscribe_status(self, instrument: Instrument | None = None) -> None:
        """Get every change of the market's state from now on."""
        await self._subscribe(Channel.STATUS, instrument)

    async def subscribe_bars(
        self, span: str, *, warmup: int = 0, instrument: Instrument | None = None
    ) -> Bars:
        """Get bars of a span (`"30s"`, `"5m"`, `"1h"`) from now on, and the series they make.

        The series starts with `warmup` earlier bars. Where there are not so many, the first new
        ones fill the series up and are not told, so that whoever hears of a bar has `warmup` before
        it.
        """
        instrument = instrument or self.instrument
        if warmup < 0:
            raise UsageError(f"warmup is {warmup}; give a number of bars from 0")
        bars = Bars(instrument, span_ns(span))
        series = Series(bars, warmup)
        self.subscribed.add(Channel.BARS)
        sink = partial(self._on_bar, series)
        self._feeds[sink] = series.told
        await self.market.subscribe(instrument, Channel.BARS, sink, span_ns=bars.span_ns)
        if warmup:
            for bar in await self.market.history(instrument, bars.span_ns, warmup):
                series.grow(bar)
        return bars

    async def _subscribe(self, channel: Channel, instrument: Instrument | None) -> None:
        self.subscribed.add(channel)
        await self.market.subscribe(instrument or self.instrument, channel, self._on_market)

    # --- orders -----------------------------------------------------------------------------------

    async def place(self, spec: OrderSpec, *, instrument: Instrument | None = None) -> Order:
        """Send an order and wait until the broker has it.

        Raises `UsageError` (nothing was sent), `Refused`, or `OutcomeUnknown`: see
        `Order.accepted`.
        """
        instrument = instrument or self.instrument
        order = self.manager.place(
            instrument, spec, market=self.prices.trigger(instrument, spec.side)
        )
        with self._caller(order):
            return await order.accepted()

    async def modify(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
    ) -> None:
        """Change a working order and wait until it is so, or until the order is over.

        Raises `Refused` when the broker did not take the change; the order is as it was then.
        """
        market = self.prices.trigger(order.instrument, order.side)
        await self.manager.modify_and_wait(
            order, qty=qty, limit=limit, stop=stop, trail=trail, market=market
        )

    async def cancel(self, order: Order) -> CancelResult:
        """Take an order away; the result says what had been filled and whether it is gone."""
        return await self.manager.cancel(order)

    async def cancel_all(
        self, instrument: Instrument | None = None, *, keep_protection: bool = False
    ) -> CancelAllResult:
        """Take away every order of an instrument that was sent so far; the result says of each how
        it ended.

        A stop that protects a position is an order like any other, unless `keep_protection`;
        `flatten` also closes.
        """
        instrument = instrument or self.instrument
        return await self.manager.cancel_all(instrument, keep_protection=keep_protection).finished()

    async def bracket(
        self,
        entry: OrderSpec,
        *,
        stop: Level,
        target: Targets = None,
        break_even: Ticks | None = None,
        break_even_plus: Ticks | None = None,
        trail: Ticks | None = None,
        entry_timeout: float | None = None,
        instrument: Instrument | None = None,
    ) -> Bracket:
        """Send an entry whose fills are protected by a stop, and a target, as they happen; wait
        until the broker has answered the entry. A refused entry does not raise: see
        `Bracket.protected`.

        `stop` and `target` are `Ticks` away from the mean entry price, or prices. `target` may be a
        list, the nearest first: levels that share the entry equally, or `(contracts, level)`.

        `break_even`: once the market was so far in favour, the stop goes to the mean entry price,
        or `break_even_plus` beyond. `trail`: the stop follows the best price at this distance. It
        never moves back; prices are the trades', or the quotes' where the market tells no trades.
        `entry_timeout`: seconds after which an entry still working is cancelled; what it filled
        stays protected.

        Raises `UsageError` for levels on the wrong side, and for rules on the stop where the market
        tells neither trades nor quotes; nothing was sent then.
        """
        instrument = instrument or self.instrument
        rules = Rules(
            break_even=break_even,
            break_even_plus=break_even_plus,
            trail=trail,
            entry_timeout=entry_timeout,
        )
        if rules.follows:
            await self._stop_prices.follow(instrument)
        market = self.prices.entry(instrument, entry.side)
        bracket = self.manager.bracket(
            instrument, entry, stop=stop, target=target, market=market, rules=rules
        )
        with self._caller(bracket.entry):
            await bracket.entry.answered()
        return bracket

    async def protect(
        self,
        *,
        stop: Level | None = None,
        target: Level | None = None,
        qty: int | None = None,
        instrument: Instrument | None = None,
    ) -> Guard:
        """Guard what is held beyond what brackets hold, or change its guard in place; wait until
        the broker has answered. Both orders follow the position's size; when it is flat they go.

        `stop` and `target` are `Ticks` from the mean price, or prices; one left out stays as it is.
        Raises `UsageError` for levels on the wrong side of the market or of each other, and
        `RefusedByUs` where there is nothing to guard; nothing was sent then.
        """
        instrument = instrument or self.instrument
        closing = Side.SELL if self.position_in(instrument).qty > 0 else Side.BUY
        market = self.prices.entry(instrument, closing)
        guard = self.manager.protect(instrument, stop=stop, target=target, qty=qty, market=market)
        for order in (guard.stop, guard.target):
            if order is not None:
                with self._caller(order):
                    await order.answered()
        return guard

    def unprotect(self, instrument: Instrument | None = None) -> Guard | None:
        """Take the guard of what is held away; `ended()` of what is returned waits for it."""
        return self.manager.unprotect(instrument or self.instrument)

    def close_position(
        self,
        qty: int | None = None,
        *,
        limit: PriceLike | None = None,
        instrument: Instrument | None = None,
    ) -> Close:
        """Close what is held, or `qty` contracts of it, at market or at a limit; `await
        desk.close_position(2).done()` waits for the result. However many close at once, together
        they send no more than is held. Raises `RefusedByUs` where nothing is held."""
        return self.manager.close_position(instrument or self.instrument, qty, limit=limit)

    async def flatten(
        self, *, reason: object = "", instrument: Instrument | None = None
    ) -> FlattenResult:
        """Cancel all orders of an instrument and close what is held; returns when both are true."""
        return await self.manager.flatten(instrument or self.instrument, str(reason))

    async def flatten_all(
        self, *, reason: object = "", include_foreign: bool = False
    ) -> dict[str, FlattenResult]:
        """As `flatten`, for every instrument; the results by symbol. Orders of others on the
        account are left alone unless `include_foreign` says so."""
        return await self.manager.flatten_all(
            str(reason), include_foreign=include_foreign
        ).finished()

    def kill(self, reason: str) -> FlattenAll:
        """Flatten everything, and refuse all that opens until `release`."""
        return self.manager.kill(reason)

    def release(self) -> None:
        """End `kill`."""
        self.manager.release()

    # --- time and events --------------------------------------------------------------------------

    def every(self, span: str, name: str = "") -> Callable[[], None]:
        """A timer event every `span` from now on; call what is returned to end it."""
        timer = Repeating(
            duration_ns(span) / 1e9, lambda: self.inbox.put(Timer(name or span, self.now_ns))
        )
        self._timers.append(timer)
        return timer.cancel

    def events(self) -> AsyncIterator[Any]:
        """Everything that was subscribed to, order reports, fills, positions, timers and incidents,
        in order, until the run ends."""
        return read(self.inbox)

    # --- how --------------------------------------------------------------------------------------

    @contextmanager
    def _caller(self, order: Order) -> Iterator[None]:
        """Say so when the caller goes away: the order works on, and only the desk knows of it."""
        try:
            yield
        except asyncio.CancelledError:
            story = f"who sent {order.describe()} did not wait for the answer; it works on"
            self.manager.incident("caller_gone", story)
            raise

    def on_report(self, order: Order, report: ExecutionReport) -> None:
        self.inbox.put(report)

    def on_fill(self, order: Order, fill: Execution) -> None:
        self.inbox.put(fill)

    def on_position(self, position: Position) -> None:
        self.inbox.put(position)

    def on_incident(self, incident: Incident) -> None:
        self.inbox.put(incident)

    def _on_market(self, event: MarketEvent) -> None:
        self.prices.see(event)
        self.inbox.put(event)

    def _on_status(self, event: MarketEvent) -> None:
        assert isinstance(event, StatusChange)
        self.manager.on_status(event.instrument, event.status)

    def _on_bar(self, series: Series, event: MarketEvent) -> None:
        assert isinstance(event, Bar)
        self.prices.see(event)
        self.inbox.put(BarArrived(series, event))
