"""Paper trading on a market that happens now: `SimBroker`, whose exchange hears any market port.

An order meets the market as it was told last, when it was told: it takes what the last quote shows,
or, where the feed tells no sizes, what the rules for unknown sizes say. Nobody else sees it.
While the feed is down nobody knows the price, and the exchange is halted.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import ParamSpec, TypeVar

import numpy as np

from ..matching.commands import SetStatus
from ..matching.engines import AUTO, make_engine
from ..matching.rules import Rules
from ..trading.calendar import Calendar
from ..trading.events import MarketEvent, Quote, Trade
from ..trading.instrument import Instrument
from ..trading.market import Channel, Market, Subscription
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, QuoteRows, Tape, TradeRows, make_tape
from ..trading.words import TradingStatus
from .desk.account import Account
from .desk.bracket_rules import BracketRules
from .desk.broker_desk import BrokerDesk
from .desk.fees import FeeSchedule
from .digest import DomainDigest
from .exchange import Exchange
from .loop.moments import Tie
from .loop.real_time import LoopTimers
from .sim_broker import SimBroker
from .wire.latency import LatencyProfile
from .wire.wire import Wire

P = ParamSpec("P")
T = TypeVar("T")
_AHEAD_NS = 8 * 86_400 * 10**9  # a week and a day of session states, set anew when they are over


class LivePaper:
    """One paper account in one instrument. `broker` is there at once; `open` it before trading.

    `now_ns`: the wall's clock, ns since the epoch; set back, it goes on here from where it was, and
    ahead by as much: what is on its way would else stand still for as long. `hours`: when the
    market is open, beside what the feed does. `brackets`: how the account keeps stop and target
    itself. `seed`: of the drawn latencies. `engine`: what matches, as `Backtest` has it.
    """

    def __init__(
        self,
        market: Market,
        instrument: Instrument,
        *,
        now_ns: Callable[[], int],
        rules: Rules,
        hours: Calendar,
        latency: LatencyProfile,
        fees: FeeSchedule,
        cash: Decimal,
        brackets: BracketRules | None,
        seed: int,
        engine: str = AUTO,
    ) -> None:
        fees.fee(instrument, 1)  # better refused now than at the first fill
        self.instrument = instrument
        self._market = market
        self._wall_ns = now_ns
        self._last_ns = now_ns()
        self._ahead_ns = 0  # of the wall's clock, by how far that was set back
        self._hours = hours
        self._seq = 0
        self.halted = False  # because the feed is down
        self._subscriptions: list[Subscription] = []
        self.timers = LoopTimers(self._now_ns)
        self._engine = make_engine(engine, rules)
        self.account = Account("PAPER", cash, fees, instrument.currency)
        self.desk = BrokerDesk(self.account, self._now_ns, None, brackets)
        self._exchange = Exchange(
            self._now_ns,
            {instrument.symbol: self._engine},
            DomainDigest(self._last_ns),
            self.desk.on_report,
        )
        self.desk.connect(self._exchange)
        self.broker = SimBroker(
            self.timers, Wire(self.timers, latency, seed), self.desk, _Program()
        )

    async def open(self) -> None:
        """Begin to hear the market. Raises what subscribing raises."""
        self._states_ahead()
        for channel in (Channel.QUOTES, Channel.TRADES):
            told = self._market.subscribe(self.instrument, channel, self._hear)
            self._subscriptions.append(await told)

    async def close(self) -> None:
        """Hear nothing more; what was on its way is dropped."""
        self.timers.close()
        for subscription in self._subscriptions:
            await self._market.unsubscribe(subscription)

    def feed_down(self) -> None:
        """Nobody tells the market any more: it is halted."""
        if not self.halted:
            self.halted = True
            self._set(TradingStatus.HALT)

    def feed_up(self) -> None:
        """The feed is back: the market is as its hours say."""
        if self.halted:
            self.halted = False
            self._set(self._hours.status_at(self._now_ns()))

    # --- the market -------------------------------------------------------------------------------

    def _now_ns(self) -> int:
        now_ns = self._wall_ns() + self._ahead_ns
        set_back_ns = max(self._last_ns - now_ns, 0)
        self._ahead_ns += set_back_ns
        self._last_ns = now_ns + set_back_ns
        return self._last_ns

    def _hear(self, event: MarketEvent) -> None:
        if isinstance(event, Quote):
            rows = make_tape(quotes=self._quote(event))
        elif isinstance(event, Trade):
            rows = make_tape(trades=self._trade(event))
        else:
            return
        self._happened(rows)

    def _happened(self, rows: Tape) -> None:
        self._engine.extend(rows)
        self._exchange.advance(self._now_ns())

    def _quote(self, quote: Quote) -> QuoteRows:
        bid, bid_size = _level(quote.bid_ticks, quote.bid_size)
        ask, ask_size = _level(quote.ask_ticks, quote.ask_size)
        return QuoteRows(*self._columns(bid, bid_size, ask, ask_size))

    def _trade(self, trade: Trade) -> TradeRows:
        aggressor = 0 if trade.aggressor is None else int(trade.aggressor)
        return TradeRows(*self._columns(trade.price_ticks, trade.size, aggressor))

    def _columns(self, *values: int) -> "list[np.ndarray[tuple[int], np.dtype[np.int64]]]":
        self._seq += 1
        return [np.array([each], np.int64) for each in (self._seq, self._now_ns(), *values)]

    def _set(self, status: TradingStatus) -> None:
        self._exchange.enter(self.instrument.symbol, SetStatus(status))

    def _states_ahead(self) -> None:
        now_ns = self._now_ns()
        self._change(self._hours.status_at(now_ns))
        for at_ns, status in self._hours.changes(now_ns + 1, now_ns + _AHEAD_NS):
            self.timers.call_at_ns(at_ns, self._change, status, tie=Tie.SESSION)
        self.timers.call_at_ns(now_ns + _AHEAD_NS, self._states_ahead, tie=Tie.SESSION)

    def _change(self, status: TradingStatus) -> None:
        if not self.halted:
            self._set(status)


class _Program:
    """The strategy's program is the one that runs: nobody kills it and lives on."""

    alive = True

    def run(self, callback: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        return callback(*args, **kwargs)

    def fence(self, port_call: Callable[P, T]) -> Callable[P, T]:
        return port_call


def _level(price: int | None, size: int | None) -> tuple[int, int]:
    if price is None:
        return NO_PRICE, 0
    return price, UNKNOWN_SIZE if size is None else size
