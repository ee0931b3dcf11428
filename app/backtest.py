"""`Backtest`: a strategy, some data, a few words about the world; `.run()` gives a `Report`."""

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec import structs

from .. import scenarios
from ..matching.engines import AUTO, NoSuchEngineError, chosen
from ..sim.backtest import World
from ..sim.desk.bracket_rules import BracketRules
from ..sim.desk.fees import FeeSpec, fee_schedule
from ..sim.determinism.source_check import check_source, check_text
from ..sim.market_rules import market_rules
from ..sim.record.record import Record, utc
from ..sim.setup import Setup
from ..sim.wire.latency import Constant, LatencyProfile, LegSpec, latency_profile
from ..trading import instruments
from ..trading.calendar import calendar
from ..trading.desk import Desk
from ..trading.errors import ScenarioError, UsageError
from ..trading.instrument import Instrument
from ..trading.moment import When, moment_ns
from ..trading.orders.risk.limits import RiskLimits, rule_set
from ..trading.orders.settings import OrderSettings
from ..trading.strategy import Strategy
from ..trading.tape import Tape
from ..trading.trader import trader_of
from .report.report import Report

_KEEPERS = ("auto", "native", "client")
_HEARD = "market data arrives when the recorder had it; its latency is the recording's own"

Script = Callable[[Desk], Coroutine[Any, Any, None]]


class Backtest:
    """One strategy on one instrument's recorded or generated market.

    `strategy`: a `Strategy` class, or a script, `async def main(desk)`. `data`: a path or frame, a
    list of them, or a `Tape`; see docs/data.md. `instrument`: `"ES"`, `"ESH4"` or an `Instrument`.
    `latency`: a profile's name (`zero`, `calm`, `live`, `slow`), a time such as `"25ms"`, or a
    mapping of legs. `fees`: a schedule's name (`topstepx`, `ib`, `zero`) or a mapping. `params`:
    values for the strategy's class attributes. `start`, `end`: part of the data (UTC unless a zone
    is given); what is before serves as history. `cash`: the account at the start. `margin`: money
    for each contract.

    How the market is taken: `venue` (`cme`, `projectx-sim`), `queue` (`front`, `back`,
    `probabilistic`), `unknown_size` (`all`, `one`, `none`), `bar_path` (`adverse`, `nearest`,
    `high-first`, `low-first`), `spread` (ticks, where the data has trades alone) and `stop_trigger`
    (`trade`, `quote`; the venue's own when None). `kind`, `stamp`, `span`, `timezone`, `clean` and
    `contract` are the reader's, see docs/data.md. `settings`: the order manager's. `risk`: limits
    before every order, `RiskLimits` or the name of a rule set (`topstep-50k`), see
    docs/risk-gate.md. `brackets`: who keeps a bracket's stop and target, the simulated broker
    (`native`) or the order manager (`client`); `auto`: the broker where the venue's accounts do
    (`projectx-sim`). See docs/brackets.md. `engine`: what matches, `native` (Rust), `reference`
    (Python), or `auto`, the native one where it was built; the result is the same.

    Bad values raise `UsageError`, bad data `ScenarioError`, both before anything runs.
    """

    def __init__(
        self,
        strategy: type[Strategy] | Script,
        data: Any,
        *,
        instrument: str | Instrument,
        latency: LegSpec | Mapping[str, LegSpec] | LatencyProfile = "live",
        fees: FeeSpec = "zero",
        params: Mapping[str, Any] | None = None,
        seed: int = 0,
        start: When = None,
        end: When = None,
        cash: Decimal | str | int = 50_000,
        margin: Mapping[str, Decimal | str | int] | None = None,
        venue: str = "cme",
        queue: str = "back",
        unknown_size: str | None = None,
        bar_path: str = "adverse",
        spread: int = 1,
        stop_trigger: str | None = None,
        kind: Any = None,
        stamp: Any = None,
        span: str | int | None = None,
        timezone: str | None = None,
        clean: str | Iterable[str] = (),
        contract: str | None = None,
        settings: OrderSettings | None = None,
        risk: RiskLimits | str | None = None,
        brackets: str = "auto",
        engine: str = AUTO,
    ) -> None:
        self._strategy = strategy
        _check_strategy(strategy)
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise UsageError(f"seed is {seed!r}; give a whole number")
        self._trader = trader_of(strategy, params or {})
        found = instruments.find(instrument) if isinstance(instrument, str) else instrument
        tape, symbol, heard = _read(data, found, kind, stamp, span, timezone, clean, contract)
        if symbol and symbol != found.symbol:
            found = replace(found, symbol=symbol, root=found.root)
        tape, start_ns = _part(tape, start, end)
        suspects = scenarios.suspect_bars(tape)
        notes = (*tape.notes, *_suspect_notes(suspects), *([_HEARD] if heard else []))
        tape = replace(tape, notes=notes)
        self.setup = Setup(
            instrument=found,
            tape=tape,
            start_ns=start_ns,
            calendar=calendar(found.calendar),
            rules=market_rules(
                found, tape, venue, queue, unknown_size, bar_path, spread, stop_trigger
            ),
            latency=_latency(latency, heard),
            fees=_known_fees(fees, found),
            cash=_amount(cash, "cash"),
            seed=seed,
            margin=None
            if margin is None
            else {name: _amount(each, f"margin of {name}") for name, each in margin.items()},
            settings=settings or OrderSettings(),
            suspects=frozenset(suspects),
            risk=rule_set(risk) if isinstance(risk, str) else risk,
            brackets=_brackets(brackets, venue),
            engine=engine_named(engine),
        )

    def run(
        self,
        progress: Callable[[float], None] | None = None,
        *,
        timeline: str | Path | None = None,
    ) -> Report:
        """Run to the end of the data and report. `progress` hears the share done, from 0 to 1.
        `timeline`: where a page of every message of the run goes, one that fails included; see
        docs/timeline.md.

        Works in a script, in a notebook and inside a running event loop (on a thread of its own
        then, which the caller waits for). Each call is a new run and gives the same result. What a
        handler raises is raised here.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return Report(self._run(progress, timeline), _name(self._strategy))
        record = _in_a_thread(lambda: self._run(progress, timeline))
        return Report(record, _name(self._strategy))

    def _run(self, progress: Callable[[float], None] | None, timeline: str | Path | None) -> Record:
        world = World(self.setup)
        if timeline is None:
            return world.run(self._trader, progress)
        written = import_module(".timeline.written", __package__)
        with written.timeline_of(world, timeline, _name(self._strategy)):
            return world.run(self._trader, progress)


def _check_strategy(strategy: object) -> None:
    """Refuse what is no strategy, and read the source of what is one before it runs."""
    is_class = isinstance(strategy, type) and issubclass(strategy, Strategy)
    if not is_class and not inspect.iscoroutinefunction(strategy):
        raise UsageError(
            f"{strategy!r} is no strategy; give a subclass of dryfill.Strategy or "
            f"`async def main(desk)`"
        )
    module = sys.modules.get(getattr(strategy, "__module__", ""))
    if module is not None and module.__name__ != "__main__" and getattr(module, "__file__", None):
        check_source(module)
        return
    # A script or a notebook also does what is not the strategy's; only the latter is read.
    try:
        lines, first = inspect.getsourcelines(strategy)  # type: ignore[arg-type]  # class or function
    except (OSError, TypeError):
        return  # typed at a prompt: the guards of the run still watch
    text = "".join(lines)
    if not text[:1].isspace():
        check_text("\n" * max(first - 1, 0) + text, getattr(module, "__file__", None) or "strategy")


def _brackets(brackets: str, venue: str) -> BracketRules | None:
    """The account's rules for brackets of its own; None where it has none."""
    if brackets not in _KEEPERS:
        names = ", ".join(_KEEPERS)
        raise UsageError(f"brackets is {brackets!r}; give one of {names}")
    kept = brackets == "native" or (brackets == "auto" and venue == "projectx-sim")
    return BracketRules() if kept else None


def engine_named(engine: str) -> str:
    """The engine that runs, `native` or `reference`. Raises `UsageError` for one that is not there,
    here and not in the middle of a run."""
    try:
        return chosen(engine)
    except NoSuchEngineError as error:
        raise UsageError(str(error)) from error


def _name(strategy: type[Strategy] | Script) -> str:
    """A class's name; a script goes by the name of its file, since all of them are called main."""
    if isinstance(strategy, type):
        return strategy.__name__
    return strategy.__module__.removeprefix("dryfill_strategy_").strip("_")


def _read(
    data: Any,
    instrument: Instrument,
    kind: Any,
    stamp: Any,
    span: str | int | None,
    timezone: str | None,
    clean: str | Iterable[str],
    contract: str | None,
) -> tuple[Tape, str, bool]:
    """The tape, its contract, and whether its arrivals have the feed's latency in them."""
    if isinstance(data, Tape):
        return data, "", False
    market = scenarios.read_market(
        data,
        instrument,
        kind=kind,
        stamp=stamp,
        span=span,
        timezone=timezone,
        clean=clean,
        contract=contract,
    )
    return market.tape, market.contract, market.heard


def _latency(latency: Any, heard: bool) -> LatencyProfile:
    """The wire's four legs; what a recorder heard has been on the feed's already."""
    profile = latency_profile(latency)
    return structs.replace(profile, feed=Constant(0)) if heard else profile


def _part(tape: Tape, start: When, end: When) -> tuple[Tape, int]:
    """The tape up to `end`, and the moment at which the run starts."""
    if not len(tape):
        raise ScenarioError("the data has no rows for this instrument")
    start_ns = tape.start_ns if start is None else moment_ns(start, "start")
    if end is not None:
        end_ns = moment_ns(end, "end")
        if end_ns <= start_ns:
            raise UsageError(f"end {end!s} is not after start {start or utc(start_ns)!s}")
        tape = tape.between(tape.start_ns, end_ns)
    if not len(tape) or tape.end_ns < start_ns:
        raise ScenarioError(
            f"the data has no rows between start {start or 'of the data'} and end "
            f"{end or 'of the data'}"
        )
    return tape, max(start_ns, tape.start_ns)


def _amount(value: Decimal | str | int, name: str) -> Decimal:
    """An exact amount of money from zero on. Raises `UsageError` for a float and for what is
    none."""
    try:
        amount = Decimal("NaN") if isinstance(value, float | bool) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"{name} is {value!r}; give an amount as text, int or Decimal: '50000'")
    return amount


def _known_fees(fees: FeeSpec, instrument: Instrument) -> Any:
    """The schedule, made sure to know the instrument: better now than at the first fill."""
    schedule = fee_schedule(fees)
    schedule.fee(instrument, 1)
    return schedule


def _suspect_notes(suspects: Iterable[int]) -> list[str]:
    return [
        f"the bar of {utc(ns)} comes after a pause and carries the range of the day; its high and "
        f"low were not believed, and nothing was filled at them"
        for ns in suspects
    ]


def _in_a_thread(run: Callable[[], Record]) -> Record:
    """Run beside the caller's event loop, and raise here what is raised there."""
    outcome: list[Record] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(run())
        except BaseException as error:  # noqa: BLE001  raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=work, name="dryfill-backtest")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return outcome[0]
