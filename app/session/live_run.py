"""`dryfill live` and what stands beside it: a real account, from its terms to the last line.

The terms are read first, in a session of their own, and agreed to before anything trades.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from ...live.hubs.carrier import Dial
from ...live.session import ProjectXSession
from ...live.settings import LiveSettings
from ...trading.broker import Broker
from ...trading.errors import UsageError
from ...trading.orders.figures.order_logger import order_logger
from ...trading.orders.journal.memory import MemoryJournal
from ...trading.orders.journal.port import Journal
from ...trading.orders.risk.limits import RiskLimits, rule_set
from ...trading.orders.settings import OrderSettings
from ...trading.strategy import Trader
from ...trading.trader import trader_of
from .dry_broker import DryBroker
from .journal_file import journal_path, open_journal
from .live_terms import read_terms, terms_text
from .real_time import interrupts, now_ns
from .recorded_session import recorded, traded
from .trading_session import Ended, Terms, TradingSession

T = TypeVar("T")
Say = Callable[[str], None]
Agree = Callable[[], bool]
Clock = Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A live session as it is asked for. `risk`: the name of a rule set. `limits_file`: a TOML file
    that has it, beside those that come along. `journal`: a file, the account's own if None.
    `dry`: everything but sending. `record`: a folder that keeps what the market and the broker
    say. `named`: the strategy as it was named, for the recording."""

    strategy: Any
    named: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    account: str | None
    instrument: str
    risk: str
    limits_file: str | None = None
    journal: str | None = None
    seed: int = 0
    dry: bool = False
    record: str | None = None


def trade(
    wanted: Wanted,
    live: LiveSettings,
    orders: OrderSettings,
    say: Say,
    agree: Agree,
    now_ns: Clock = now_ns,
) -> Ended | None:
    """Say the terms, ask, and trade until the session ends; None where they were not agreed to.

    `now_ns`: the strategy's clock, which a gateway that replays a market has its own of.
    """
    limits = rule_set(wanted.risk, path=wanted.limits_file)
    trader = trader_of(wanted.strategy, wanted.params)
    if not agreed_to(wanted, live, limits, say, agree):
        return None
    return asyncio.run(_trade(wanted, trader, live, orders, limits, say, now_ns))


def agreed_to(
    wanted: Wanted, live: LiveSettings, limits: RiskLimits, say: Say, agree: Agree
) -> bool:
    """Read the terms, say them, and ask."""

    async def terms() -> list[str]:
        async with await connected(live) as session:
            model, instrument = await read_terms(session, wanted.account, wanted.instrument)
            path = None if wanted.dry else journal_path(wanted.journal, model.name)
            return terms_text(live, model, instrument, limits, path, session.notices)

    for line in asyncio.run(terms()):
        say(line)
    return agree()


async def connected(
    live: LiveSettings, dial: Dial | None = None, now_ns: Clock = now_ns
) -> ProjectXSession:
    """A session at the gateway, logged in; `dial`: what connects its hubs. Raises `UsageError`
    where no user is named."""
    if not live.user_name:
        raise UsageError(
            "there is no user name; set DRYFILL_LIVE_USER_NAME, or user_name in the file's [live]"
        )
    return await ProjectXSession.open(live, now_ns=now_ns, random=Random(now_ns()), dial=dial)


async def beside(
    live: LiveSettings,
    account: str | None,
    act: Callable[[Broker, ProjectXSession], Awaitable[T]],
) -> T:
    """What an act on an account gives, in a session of its own."""
    async with await connected(live) as session:
        return await act(await session.broker(account), session)


async def _trade(
    wanted: Wanted,
    trader: Trader,
    live: LiveSettings,
    orders: OrderSettings,
    limits: RiskLimits,
    say: Say,
    now_ns: Clock,
) -> Ended:
    async with await connected(live, now_ns=now_ns) as session:
        real = await session.broker(wanted.account)
        instrument = await session.market.find(wanted.instrument)
        journal: Journal = MemoryJournal()
        broker: Broker = DryBroker(real, say)
        if not wanted.dry:
            path = journal_path(wanted.journal, real.account_name)
            journal = open_journal(path, real.account_name, instrument, now_ns())
            broker = real
        kept = recorded(
            wanted.record,
            session,
            broker,
            instrument,
            traded=traded(wanted.named, wanted.params, wanted.seed, orders),
            now_ns=now_ns,
            say=say,
        )
        async with kept as (market, broker):
            trading = TradingSession(
                market,
                broker,
                instrument,
                trader,
                Terms(limits=limits, settings=orders, journal=journal),
                now_ns=now_ns,
                random=Random(wanted.seed),
                say=say,
            )
            return await attended(trading, say)


async def attended(trading: TradingSession, say: Say) -> Ended:
    """Run a session with its log on stderr and the user's interrupts, and say what it did."""
    trading.desk.manager.figures.log(order_logger(sys.stderr))
    with interrupts(trading.interrupt):
        say("trading; Ctrl-C stops the strategy and keeps what is held guarded")
        ended = await trading.run()
    for line in summary(trading):
        say(line)
    return ended


def summary(trading: TradingSession) -> list[str]:
    """What a session did, in a few lines."""
    told = trading.desk.manager.figures.statistics()
    incidents = ", ".join(f"{count} {kind}" for kind, count in told.incidents.items()) or "none"
    return [
        f"orders {told.orders}, of which {told.filled} were filled; incidents: {incidents}",
        f"without a working stop: {told.unprotected_contract_s:.3f} contract-seconds, "
        f"{told.unprotected_longest_s:.3f} s at the longest",
    ]


def order_settings(path: str | None) -> OrderSettings:
    """The order manager's settings from the file and the environment."""
    return OrderSettings.load(path, os.environ)


def live_settings(path: str | None, **given: Any) -> LiveSettings:
    """The adapter's settings from the command line, the environment and the file's `[live]`."""
    found = {name: value for name, value in given.items() if value is not None}
    return LiveSettings.load(None if path is None else Path(path), **found)
