"""A plan's head becomes a case: its market, its setup, and what trades in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, cast, get_args

from msgspec import structs
from pydantic import ValidationError

from ..matching.engines import NoSuchEngineError, chosen
from ..scenarios import read_market, synthetic
from ..scenarios.plan_run import WALK, RunHead
from ..scenarios.plan_time import time_text
from ..scenarios.weather import MarketKind
from ..sim.backtest import World
from ..sim.desk.bracket_rules import BracketRules
from ..sim.desk.fees import fee_schedule
from ..sim.explorer.case import Case, Program
from ..sim.explorer.drawing import LOW_MARKETS, MARKETS, RECONCILE_S
from ..sim.explorer.manager_work import ManagerWork
from ..sim.explorer.walk import walk
from ..sim.market_rules import market_rules
from ..sim.oracles import Watch
from ..sim.oracles.session import OneLogin, SubscribedAgain
from ..sim.oracles.watch import Maker
from ..sim.setup import Setup
from ..sim.streams import named_stream
from ..sim.wire.latency import Constant, latency_profile
from ..trading import instruments
from ..trading.calendar import calendar
from ..trading.desk import Desk
from ..trading.errors import ScenarioError, UsageError
from ..trading.instrument import Instrument
from ..trading.moment import moment_ns
from ..trading.orders.settings import OrderSettings
from ..trading.strategy import Trader
from ..trading.tape import Tape
from ..trading.trader import trader_of
from .session_seen import SessionSeen
from .wire_world import Rehearsal

_MINUTE_NS = 60 * 10**9
_OPEN_MINUTE = 8 * 60 + 30
_ROUND_NS = 15 * _MINUTE_NS
"""Generated markets are so long, or a multiple: a shorter run is the beginning of a longer one."""

_TAIL_NS = 5 * _MINUTE_NS
"""For how long the market goes on when a strategy's time is over: it may want to close."""

_LONGEST_NS = 4 * 3600 * 10**9
"""How much of recorded data the manager's workload may take: it leaves long before."""


def case_of(head: RunHead, strategy: Any = None) -> Case:
    """The case that a head describes. `strategy`: the class or script that `head.what` names; None
    for the manager's workload.

    Raises `UsageError` and `ScenarioError` for what cannot be run so.
    """
    tape, instrument, heard = _market_of(head)
    tape, start_ns = _part(tape, head)
    stop_ns = None if head.of_the_manager or head.length is None else start_ns + head.length
    profile = latency_profile(head.latency)
    setup = Setup(
        instrument=instrument,
        tape=tape,
        start_ns=start_ns,
        calendar=calendar(instrument.calendar if head.data else "always"),
        rules=market_rules(
            instrument, tape, unknown_size=head.unknown_size, stop_trigger=head.stop_trigger
        ),
        latency=structs.replace(profile, feed=Constant(0)) if heard else profile,
        fees=fee_schedule(None),
        cash=Decimal(50_000),
        seed=head.seed,
        settings=_settings(head),
        brackets=BracketRules(auto_oco=True) if head.brackets == "native" else None,
        engine=_engine(head.engine),
        stop_ns=stop_ns,
    )
    world_of = Rehearsal if head.world == "wire" else World
    judges = _judges_of_the_wire if head.world == "wire" else _no_judges
    if head.of_the_manager:
        return Case(head, setup, lambda watching: _work(watching, head), world_of, judges)
    params = dict(_pair(each) for each in head.params)
    trader = trader_of(strategy, params)
    return Case(head, setup, lambda _: TradingProgram(trader), world_of, judges)


def read_again() -> None:
    """Forget the data that was read: a file has another market in it now."""
    _read.cache_clear()


def head_of(values: Mapping[str, Any]) -> RunHead:
    """A head of values as a plan writes them. Raises `UsageError` that names the key."""
    try:
        return RunHead.model_validate(dict(values))
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        key = str(first["loc"][0] if first["loc"] else first.get("ctx", {}).get("key", "what"))
        raise UsageError(f"{key} is {values.get(key)!r}: {first['msg']}") from exc


def drawn_start(head: RunHead, seed: int) -> RunHead:
    """A head on recorded data that names no start: one is drawn, at the time of a row."""
    if not head.data or head.start is not None:
        return head
    tape, _, _ = _market_of(head)
    times = tape.trades.time_ns if len(tape.trades.seq) else tape.quotes.time_ns
    if not len(times):
        return head
    length = _MINUTE_NS if head.length is None else head.length
    from_ns, to_ns = int(times[0]) + head.warmup, int(times[-1]) - length
    fitting = times[(times >= from_ns) & (times <= to_ns)]
    if not len(fitting):
        raise ScenarioError(
            f"the data is too short for a warmup of {time_text(head.warmup)} and "
            f"{time_text(length)} of trading; give less"
        )
    drawn = int(fitting[named_stream(seed, "explorer.start").below(len(fitting))])
    at = datetime.fromtimestamp(drawn // 10**9, UTC)
    return head.model_copy(update={"start": at.isoformat()})


class TradingProgram(Program):
    """A user's strategy as what trades in a case; after a crash it is simply started again."""

    def __init__(self, trader: Trader) -> None:
        self.began = False
        self.on_step: Callable[[int], None] = lambda number: None
        self._trader = trader

    async def trade(self, desk: Desk) -> list[str]:
        self.began = True
        return await self._trader(desk)

    async def leave(self, desk: Desk) -> list[str]:
        return await self._trader(desk)


def _no_judges(world: Any) -> Sequence[Maker]:
    return ()


def _judges_of_the_wire(rehearsal: Rehearsal) -> Sequence[Maker]:
    assert rehearsal.faults is not None, "a case has a plan"
    seen = SessionSeen(rehearsal.faults, rehearsal.twin)
    return partial(SubscribedAgain, seen=seen), partial(OneLogin, seen=seen)


def _settings(head: RunHead) -> OrderSettings:
    """The usual ones, but that the comparisons that come to rest are near, and so is forgetting."""
    if head.forgets is None:
        return OrderSettings(reconcile_s=RECONCILE_S)
    return OrderSettings(reconcile_s=RECONCILE_S, finished_s=head.forgets / 1e9)


def _work(watching: Watch, head: RunHead) -> Program:
    return ManagerWork(watching, head.seed, head.quiet / 1e9, head.work, head.steps)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"parameter {text!r} is no name=value; write size=3")
    return name, value


def _engine(name: str) -> str:
    try:
        return chosen(name)
    except NoSuchEngineError as error:
        raise UsageError(str(error)) from error


# --- the market -----------------------------------------------------------------------------------


def _market_of(head: RunHead) -> tuple[Tape, Instrument, bool]:
    """The tape, whose it is, and whether its arrivals have the feed's latency in them."""
    found = instruments.find(head.instrument)
    if head.data:
        wanted = ("kind", "stamp", "span", "timezone", "contract")
        given = {key: getattr(head, key) for key in wanted}
        tape, symbol, heard = _read(head.data, found, tuple(given.items()))
        if symbol and symbol != found.symbol:
            found = replace(found, symbol=symbol, root=found.root)
        return tape, found, heard
    if head.market == WALK:
        low = head.work == "all" and head.market_seed % MARKETS in LOW_MARKETS
        return walk(head.market_seed, found.tick_units(0), low=low), found, False
    if head.length is None:
        raise UsageError(f"a generated market ({head.market}) needs a length")
    return _generated(found, head.market, head.market_seed, head.warmup + head.length), found, False


@lru_cache(maxsize=4)
def _read(
    data: tuple[str, ...], instrument: Instrument, how: tuple[tuple[str, Any], ...]
) -> tuple[Tape, str, bool]:
    given: Mapping[str, Any] = dict(how)
    market = read_market(list(data), instrument, **given)
    return market.tape, market.contract, market.heard


@lru_cache(maxsize=16)
def _generated(instrument: Instrument, kind: str, seed: int, span_ns: int) -> Tape:
    minutes = -(-(span_ns + _TAIL_NS) // _ROUND_NS) * (_ROUND_NS // _MINUTE_NS)
    if not 0 < minutes < 24 * 60 - 1:
        raise UsageError(f"warmup and length are {minutes} minutes; give less than a day")
    ends = (_OPEN_MINUTE + minutes) % (24 * 60)
    hours = f"08:30-{ends // 60:02d}:{ends % 60:02d}"
    assert kind in get_args(MarketKind), "the head was checked"
    return synthetic(instrument, seed=seed, hours=hours, kind=cast(MarketKind, kind))


def _part(tape: Tape, head: RunHead) -> tuple[Tape, int]:
    """The tape to its end, and the moment at which trading begins."""
    if not len(tape):
        raise ScenarioError("the data has no rows for this instrument")
    start_ns = tape.start_ns + head.warmup
    if head.start is not None:
        start_ns = moment_ns(head.start, "start")
    length = head.length
    if head.of_the_manager:
        length = _LONGEST_NS
    end_ns = tape.end_ns + 1 if length is None else start_ns + length + _TAIL_NS
    part = tape.between(tape.start_ns, end_ns)
    if not len(part) or part.end_ns <= start_ns:
        raise ScenarioError("the data has no rows after the start of the run")
    return part, max(start_ns, tape.start_ns)
