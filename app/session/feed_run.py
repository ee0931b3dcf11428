"""`dryfill paper --market live`: a strategy on a firm's own feed, its orders on `SimBroker`.

Quotes, trades, bars and history are the real ones; nothing is sent to the firm but questions. While
the feed is down the paper market is halted.
"""

import asyncio
from decimal import Decimal
from functools import partial
from random import Random

from ...live.settings import LiveSettings
from ...sim.desk.bracket_rules import BracketRules
from ...sim.desk.fees import fee_schedule
from ...sim.gateway.venue.listing import market_rules
from ...sim.live_paper import LivePaper
from ...sim.wire.latency import latency_profile
from ...trading.calendar import calendar
from ...trading.instrument import Instrument
from ...trading.orders.journal.memory import MemoryJournal
from ...trading.orders.risk.limits import RiskLimits
from ...trading.orders.settings import OrderSettings
from ...trading.trader import trader_of
from ..backtest import engine_named
from .live_run import Clock, Say, Wanted, connected
from .live_terms import limits_text
from .paper_run import on_paper
from .real_time import now_ns
from .recorded_session import recorded, traded
from .trading_session import Ended, Terms, TradingSession
from .twin_market import TwinMarket

LIVE = "live"
_CASH, _FEES, _LATENCY = Decimal(50_000), "topstepx", "live"


def trade_on_feed(
    wanted: Wanted,
    live: LiveSettings,
    market: TwinMarket,
    limits: RiskLimits,
    orders: OrderSettings,
    say: Say,
    now_ns: Clock = now_ns,
) -> Ended:
    """Trade until an interrupt or the strategy's end. Of `market` counts what an order may take
    where quotes have no sizes, and what sets stops off. `now_ns`: the strategy's clock."""
    return asyncio.run(_trade(wanted, live, market, limits, orders, say, now_ns))


async def _trade(
    wanted: Wanted,
    live: LiveSettings,
    market: TwinMarket,
    limits: RiskLimits,
    orders: OrderSettings,
    say: Say,
    now_ns: Clock,
) -> Ended:
    trader, engine = trader_of(wanted.strategy, wanted.params), engine_named(market.engine)
    async with await connected(live, now_ns=now_ns) as session:
        instrument = await session.market.find(wanted.instrument)
        paper = LivePaper(
            session.market,
            instrument,
            now_ns=now_ns,
            rules=market_rules(instrument, market.unknown_size, market.stop_trigger),
            hours=calendar(instrument.calendar),
            latency=latency_profile(_LATENCY),
            fees=fee_schedule(_FEES),
            cash=_CASH,
            brackets=BracketRules(),
            seed=wanted.seed,
            engine=engine,
        )
        session.market.feed_is = partial(_feed_is, paper, say)
        await paper.open()
        for line in _behind_the_word(live, instrument, limits, engine):
            say(line)
        kept = recorded(
            wanted.record,
            session,
            paper.broker,
            instrument,
            traded=traded(wanted.named, wanted.params, wanted.seed, orders),
            now_ns=now_ns,
            say=say,
        )
        try:
            async with kept as (heard, broker):
                trading = TradingSession(
                    heard,
                    broker,
                    instrument,
                    trader,
                    Terms(limits=limits, settings=orders, journal=MemoryJournal()),
                    now_ns=now_ns,
                    random=Random(wanted.seed),
                    say=say,
                )
                return await on_paper(trading, say)
        finally:
            session.market.feed_is = lambda up: None  # it ends now, and that is no news
            await paper.close()


def _feed_is(paper: LivePaper, say: Say, up: bool) -> None:
    """Halt the paper market while nobody tells the real one."""
    if not up:
        paper.feed_down()
        say("the feed is down: the paper market is halted")
    elif paper.halted:
        paper.feed_up()
        say("the feed is back")


def _behind_the_word(
    live: LiveSettings, instrument: Instrument, limits: RiskLimits, engine: str
) -> list[str]:
    """Which market and which broker stand behind "paper"."""
    return [
        f"paper     SimBroker in this program (engine {engine}), on the feed of "
        f"{live.rest_origin}; nothing is sent there but questions",
        f"market    {instrument.symbol} as it is told, when it is told; quotes have no sizes there",
        f"venue     projectx-sim, latency {_LATENCY!r}, fees {_FEES!r}; fills are what the last "
        "quote shows, and nobody else sees your orders",
        f"limits    {limits.name}: {limits_text(limits)}",
        "brackets  stop and target are kept by the paper broker (Auto OCO)",
    ]
