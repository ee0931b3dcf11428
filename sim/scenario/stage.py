"""A scenario becomes a setup: its instrument, its market, its rules and its broker."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from msgspec import structs

from ...matching.rules import Rules
from ...scenarios import read_market, synthetic
from ...scenarios.market_rows import market_rows, tape_of
from ...scenarios.scenario import LEGS, Run, Scenario
from ...scenarios.weather import MarketKind
from ...trading import instruments
from ...trading.calendar import calendar
from ...trading.errors import ScenarioError, UsageError
from ...trading.instrument import Instrument, TickBand
from ...trading.moment import moment_ns
from ...trading.orders.settings import OrderSettings
from ...trading.tape import Tape
from ..desk.bracket_rules import BracketRules
from ..desk.fees import fee_schedule
from ..journal import SimDisk
from ..market_rules import market_rules
from ..setup import Setup
from ..wire.latency import Constant, latency_profile
from .family import Member, Page

_MINUTE_NS = 60 * 10**9
_OPEN_MINUTE = 8 * 60 + 30
_PROTECTION = 24  # units
_DEFAULT_NS = 25 * 10**6


def page_of(scenario: Scenario) -> Page:
    """What seeds vary of a scenario."""
    run, family = scenario.run, scenario.family
    latency = run.latency
    if isinstance(latency, str):
        profile = latency_profile(latency.replace(" ", ""))
        constant = profile.request if isinstance(profile.request, Constant) else None
        by_leg = None if constant is None else dict.fromkeys(LEGS, constant.ns)
    else:
        by_leg = {leg: latency.get(leg, _DEFAULT_NS) for leg in LEGS}
    return Page(
        name=scenario.name,
        rows=market_rows(run.rows) if run.rows is not None else (),
        plan=scenario.plan,
        moments=tuple(step.at for step in scenario.do if step.at is not None),
        sizes=family.sizes,
        sides=family.sides,
        mirror=family.mirror,
        latency=by_leg,
    )


def setup_of(scenario: Scenario, run: Member, engine: str) -> tuple[Setup, int]:
    """The setup of one member of a scenario's family, and where its page begins, in ns.

    Raises `ScenarioError` and `UsageError` for what cannot be traded so.
    """
    written = scenario.run
    instrument = _instrument(scenario)
    if written.rows is not None:
        page_ns = moment_ns(written.start, "start")
        start_ns = page_ns - run.lead_ns
        tape, heard = tape_of(run.rows, instrument, start_ns), False
    else:
        tape, instrument, heard = _market(written, instrument, run.how.seed)
        start_ns = tape.start_ns
        page_ns = start_ns + run.lead_ns
    latency = latency_profile(
        cast(str, written.latency).replace(" ", "") if run.latency is None else run.latency
    )
    disk = SimDisk(instruments.knowing(instrument)) if run.plan.needs_journal else None
    setup = Setup(
        instrument=instrument,
        tape=tape,
        start_ns=start_ns,
        calendar=calendar(instrument.calendar if written.data else "always"),
        rules=_rules(written, instrument, tape),
        latency=structs.replace(latency, feed=Constant(0)) if heard else latency,
        fees=fee_schedule(None),
        cash=Decimal(50_000),
        seed=run.how.seed,
        settings=OrderSettings(**scenario.settings),
        brackets=BracketRules(auto_oco=True) if written.brackets == "native" else None,
        modify_in_place=written.in_place,
        plan=run.plan if run.plan.faults else None,
        journal=None if disk is None else disk.open,
        engine=engine,
    )
    return setup, page_ns


def _instrument(scenario: Scenario) -> Instrument:
    own = scenario.instrument
    if own is None:
        return instruments.find(scenario.run.instrument)
    bands = tuple(TickBand(band.tick, band.since, band.at_or_above) for band in own.bands)
    return Instrument(own.symbol, own.tick, own.point_value, bands=bands)


def _rules(run: Run, instrument: Instrument, tape: Tape) -> Rules:
    """Of rows the same for every instrument; of other markets what a backtest has for them."""
    if run.rows is not None:
        return Rules(protection=_PROTECTION)
    return market_rules(
        instrument, tape, unknown_size=run.unknown_size, stop_trigger=run.stop_trigger
    )


# --- markets that are not written -----------------------------------------------------------------


def _market(run: Run, instrument: Instrument, seed: int) -> tuple[Tape, Instrument, bool]:
    """The tape, whose it is, and whether its arrivals have the feed's latency in them."""
    if run.data:
        wanted = ("kind", "stamp", "span", "timezone", "contract")
        given = tuple((key, getattr(run, key)) for key in wanted)
        tape, symbol, heard = _read(run.data, instrument, given)
        if symbol and symbol != instrument.symbol:
            instrument = replace(instrument, symbol=symbol, root=instrument.root)
        if not len(tape):
            raise ScenarioError(f"{', '.join(run.data)}: no rows for {instrument.symbol}")
        return tape, instrument, heard
    assert run.market is not None, "the scenario was checked"
    assert run.length is not None, "the scenario was checked"
    return _generated(instrument, run.market, run.market_seed + seed, run.length), instrument, False


@lru_cache(maxsize=4)
def _read(
    data: tuple[str, ...], instrument: Instrument, how: tuple[tuple[str, Any], ...]
) -> tuple[Tape, str, bool]:
    market = read_market(list(data), instrument, **dict(how))
    return market.tape, market.contract, market.heard


@lru_cache(maxsize=16)
def _generated(instrument: Instrument, kind: str, seed: int, span_ns: int) -> Tape:
    minutes = -(-span_ns // _MINUTE_NS)
    if not 0 < minutes < 24 * 60 - 1:
        raise UsageError(f"a market of {minutes} minutes is not generated; give less than a day")
    ends = (_OPEN_MINUTE + minutes) % (24 * 60)
    hours = f"08:30-{ends // 60:02d}:{ends % 60:02d}"
    return synthetic(instrument, seed=seed, hours=hours, kind=cast(MarketKind, kind))
