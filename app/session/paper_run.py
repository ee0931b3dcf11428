"""`dryfill paper`: a strategy on the gateway's twin, through the real adapter over real sockets.

The strategy's clock is the market's: at ten times the speed, a round trip takes ten times as long
for it. Two seconds before the market's data ends the strategy stops, and what is left is said.
"""

import asyncio
import secrets
from random import Random

from pydantic import SecretStr

from ...live.session import ProjectXSession
from ...live.settings import LiveSettings
from ...scenarios.plan import Plan
from ...sim.armed.plan_at_work import check_carriable
from ...sim.gateway.gateway import GatewaySetup
from ...sim.gateway.real_time.pump import AS_FAST_AS_CAN
from ...sim.gateway.venue.accounts import one_user
from ...trading.errors import DryfillError, UsageError
from ...trading.orders.journal.memory import MemoryJournal
from ...trading.orders.risk.limits import RiskLimits
from ...trading.orders.settings import OrderSettings
from ...trading.trader import trader_of
from .live_run import Say, Wanted, attended
from .live_terms import limits_text
from .recorded_session import recorded, traded
from .trading_session import Ended, Terms, TradingSession
from .twin_market import TwinMarket
from .twin_thread import TwinThread, twin_in_a_thread

_LOOK_S = 0.2
_LAST_S = 2.0
_USER = "paper"
NO_FAULTS = Plan()


def trade_on_paper(
    wanted: Wanted,
    market: TwinMarket,
    speed: int,
    limits: RiskLimits,
    orders: OrderSettings,
    say: Say,
    faults: Plan = NO_FAULTS,
) -> Ended:
    """Trade until an interrupt, the strategy's end, or the end of the market's data; `faults` go
    wrong from the start on. Raises `UsageError` for one that a twin cannot do to its clients."""
    if speed == AS_FAST_AS_CAN or speed < 1:
        raise UsageError("on paper the market goes at a whole number of times real time: 1x, 10x")
    check_carriable(faults)
    key = secrets.token_urlsafe(18)
    setup = GatewaySetup(listings=market.listings(), people=one_user(_USER, key))
    with twin_in_a_thread(setup, speed=speed, restamp=False) as twin:
        twin.do(lambda running: running.arming.arm(faults))
        for line in _behind_the_word(twin, market, speed, limits):
            say(line)
        live = LiveSettings.load(
            rest=twin.url, hubs=twin.url, user_name=_USER, api_key=SecretStr(key), auto_oco=True
        )
        return asyncio.run(_trade(wanted, live, twin, limits, orders, say))


async def _trade(
    wanted: Wanted,
    live: LiveSettings,
    twin: TwinThread,
    limits: RiskLimits,
    orders: OrderSettings,
    say: Say,
) -> Ended:
    given = {"now_ns": twin.now_ns, "random": Random(wanted.seed)}
    async with await ProjectXSession.open(live, **given) as session:
        broker = await session.broker(wanted.account)
        instrument = await session.market.find(wanted.instrument)
        kept = recorded(
            wanted.record,
            session,
            broker,
            instrument,
            traded=traded(wanted.named, wanted.params, wanted.seed, orders),
            now_ns=twin.now_ns,
            say=say,
        )
        async with kept as (heard, port):
            trading = TradingSession(
                heard,
                port,
                instrument,
                trader_of(wanted.strategy, wanted.params),
                Terms(limits=limits, settings=orders, journal=MemoryJournal()),
                now_ns=twin.now_ns,
                random=Random(wanted.seed),
                say=say,
            )
            watching = asyncio.create_task(_end_with(twin, trading))
            try:
                return await on_paper(trading, say)
            finally:
                watching.cancel()


async def on_paper(trading: TradingSession, say: Say) -> Ended:
    """Run a session, and say what it did to the balance."""
    broker = trading.desk.broker
    before = await broker.account()
    ended = await attended(trading, say)
    try:
        after = await broker.account()
    except DryfillError as error:
        say(f"balance not told: {error}")
    else:
        say(f"balance {after.cash:,.2f}, {after.cash - before.cash:+,.2f} in this session")
    return ended


async def _end_with(twin: TwinThread, trading: TradingSession) -> None:
    """Stop the session a moment before the market's data ends: what the strategy does when it
    stops can still be traded."""
    while twin.left_s > _LAST_S:
        await asyncio.sleep(_LOOK_S)
    trading.end_of_data()


def _behind_the_word(
    twin: TwinThread, market: TwinMarket, speed: int, limits: RiskLimits
) -> list[str]:
    """Which broker and which venue stand behind "paper", and how they differ from a firm's."""
    source = f"generated, seed {market.seed}" if market.generated else ", ".join(market.market)
    symbols = [each.instrument.symbol for each in twin.running.gateway.venue.tickers.values()]
    return [
        f"paper     Dryfill's own gateway at {twin.url}, through the live adapter and real sockets",
        f"market    {', '.join(symbols)}, {source}, at {speed}x; the strategy's clock is its clock",
        "venue     projectx-sim: what is known of the simulator behind practice accounts; that one "
        "is not documented, and fills otherwise: docs/gateway.md says what is assumed",
        f"limits    {limits.name}: {limits_text(limits)}",
        "brackets  stop and target are kept by the gateway (Auto OCO)",
    ]
