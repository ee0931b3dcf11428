"""Races as tests: a market, a fault plan and what a trader does, judged by every oracle.

    @race(
        market='''
            0     quote 20000x9 20000.25x9
            60000 trade 19999x1
        ''',
        plan='''
            [[fault]]
            kind = "late"
            event = "fill"
            delay = "380 ms"
        ''',
        premises=("INV-01",),
    )
    async def test_a_late_fill_is_protected(t): ...

It is run as written, and as a family: a seed stretches every time between half and one and a half
of itself, trades one to five times the size, on either side, with fills in one piece or contract by
contract, told one by one or as one sum, and with a wall clock that
is behind. What a script says in numbers holds for the page alone
(`t.exact`) where the race decides them. All oracles judge every run; `premises` are those that must
have had something to judge, on the page and at least once in the family.

The page is played in a rehearsal as well, through the live adapter and every byte of it; it begins
LOGIN_MS after the run, when the session stands. What is told is told otherwise there, so that
premises are not asked for. `wire=True`: it is played there alone.

A failure prints the plan, the market and the command that replays it.
"""

import functools
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from race_market import Line, market_rows, tape_of
from race_trader import RaceTrader
from untagged import Untagged

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_text import make_plan, plan_from_toml, plan_to_json, plan_to_toml
from dryfill.scenarios.plan_time import read_time, time_text
from dryfill.sim.backtest import World
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.latency import latency_profile
from dryfill.sim.oracles import Bounds, watch
from dryfill.sim.setup import Setup
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.instrument import Instrument
from dryfill.trading.orders.settings import OrderSettings

T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
FAMILY, NIGHT, NIGHT_ON_WIRE = 5, 200, 20
LOGIN_MS = 10_000
_DURATIONS = [
    "after",
    "duration",
    "request",
    "response",
    "retry_after",
    "gap",
    "window",
    "delay",
    "lag",
    "thaw",
    "behind",
    "ahead",
]

Script = Callable[[RaceTrader], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Race:
    """A race as it stands on the page. Latency in ms for all legs, or by leg."""

    script: Script
    market: str
    plan: str = ""
    premises: tuple[str, ...] = ()
    latency: Mapping[str, float] | float = 25
    settings: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, Any] = field(default_factory=dict)
    instrument: str | Instrument = "MNQ"
    start_ns: int = T0
    mirror: str = "40000"  # the sum of a price and its mirror image
    hours: str = "always"
    quiet: bool = True  # the run must come to rest
    family: int = FAMILY  # seeds of `make test`; a long race has fewer, at night as well
    sizes: int = 5
    sides: bool = True
    native: bool = False  # the broker keeps brackets' legs
    tagged: bool = True  # events carry the client's tag
    in_place: bool = True  # the broker changes orders as they are
    wire: bool = False  # through the live adapter
    beside: bool = False  # and at SimBroker, as another play

    @property
    def lead_ms(self) -> int:
        """How long before its first moment the run begins."""
        return LOGIN_MS if self.wire else 0


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How one member of the family differs from the page; seed 0 is the page."""

    seed: int = 0
    size: int = 1
    mirrored: bool = False
    pieces: bool = False
    summed: bool = False
    clock_s: int = 0  # by how much the wall clock is behind: it may decide nothing (INV-29)

    @classmethod
    def of(cls, race: Race, seed: int) -> "Variation":
        if not seed:
            return cls()
        dice = Random(f"{race.script.__name__} {seed}")
        return cls(
            seed=seed,
            size=dice.randint(1, race.sizes),
            mirrored=race.sides and dice.random() < 0.5,
            pieces=dice.random() < 0.5,
            summed=dice.random() < 0.5,
            clock_s=dice.choice((0, 90, 3600)),
        )


def race(market: str, **given: Any) -> Callable[[Script], Callable[[str], None]]:
    """The test of a race: `page` plays it as written, `family` with the seeds."""

    def wrap(script: Script) -> Callable[[str], None]:
        made = Race(script=script, market=market, **given)

        wired = replace(made, wire=True, beside=True)
        on_wire = made.tagged and made.in_place and not made.wire
        plays = ["page", "family"] + ["wire"] * on_wire

        @pytest.mark.parametrize("play", plays)
        @functools.wraps(script)
        def test(play: str) -> None:
            one = os.environ.get("RACE_SEED")
            by_night = os.environ.get("DRYFILL_NIGHTLY") == "1"
            if play == "page":
                _judge(made, [run(made, 0)])
            elif one is not None:
                run(wired if play == "wire" else made, int(one))
            elif play == "wire":
                for seed in range(NIGHT_ON_WIRE if by_night else 1):
                    run(wired, seed)
            else:
                many = NIGHT * made.family // FAMILY if by_night else made.family
                _judge(made, [run(made, seed) for seed in range(1, many + 1)])

        del test.__wrapped__  # pytest would read the script's arguments
        return test

    return wrap


def run_digest(script: Script, market: str, **given: Any) -> str:
    """Play a race as written; the digest of what happened at the exchange."""
    made = Race(script=script, market=market, **given)
    lines, plan, moment = _varied(made, Variation())
    return _played(made, Variation(), lines, plan, moment)[1]


def run(race: Race, seed: int) -> Mapping[str, int]:
    """Play one member; how often each oracle had something to judge."""
    how = Variation.of(race, seed)
    lines, plan, moment = _varied(race, how)
    market = "\n".join(str(line) for line in lines)
    try:
        return _played(race, how, lines, plan, moment)[0]
    except BaseException as error:
        name = race.script.__name__
        file = os.path.relpath(race.script.__code__.co_filename)
        play = "wire" if race.beside else "family" if seed else "page"
        error.add_note(
            f"{how}\nmarket:\n{market}\nplan:\n{plan_to_toml(plan)}\nreplay with:\n"
            f'RACE_SEED={seed} python -m pytest "{file}::{name}[{play}]"'
        )
        raise


def _played(
    race: Race, how: Variation, lines: list[Line], plan: Plan, moment: Callable[[float], int]
) -> tuple[Mapping[str, int], str]:
    named = race.instrument
    instrument = instruments.find(named) if isinstance(named, str) else named
    start_ns = race.start_ns - race.lead_ms * 1_000_000
    tape = tape_of(lines, instrument, start_ns)
    world_of = Rehearsal if race.wire else World
    world = world_of(
        Setup(
            instrument=instrument,
            tape=tape,
            start_ns=start_ns,
            calendar=calendar(race.hours),
            rules=Rules(protection=24),
            latency=latency_profile(_latency(race, how)),
            fees=fee_schedule(None),
            cash=Decimal(50_000),
            seed=how.seed,
            settings=OrderSettings(**race.settings),
            brackets=BracketRules(auto_oco=True) if race.native else None,
            modify_in_place=race.in_place,
            plan=plan if plan.faults else None,
        )
    )
    if not race.tagged:
        world.broker = Untagged(world.broker)
    watching = watch(world, Bounds(**race.bounds))
    trader = RaceTrader(world, watching, how, moment, Decimal(race.mirror), race.start_ns)

    async def trade(desk: Any) -> list[str]:
        if race.wire:
            await trader.at(0)
        trader.begin(desk)
        await race.script(trader)
        return []

    try:
        record = world.run(trade)
    except AssertionError as error:
        error.add_note("\n".join(("what happened:", *watching.trace)))
        raise
    watching.check()
    found = watching.report()
    assert found.quiet or not race.quiet, "the run never came to rest; let the script wait longer"
    return found.premises, record.digest


def _judge(race: Race, premises: list[Mapping[str, int]]) -> None:
    """An oracle whose premise was never true has proved nothing."""
    for name in race.premises:
        assert sum(found[name] for found in premises), f"{name} had nothing to judge"


# --- variation ----------------------------------------------------------------------------------


def _varied(race: Race, how: Variation) -> tuple[list[Line], Plan, Callable[[float], int]]:
    """The market's rows, the plan and where each moment of the page lies, in ns from the start."""
    lines = market_rows(race.market)
    plan = plan_from_toml(race.plan, race.script.__name__)
    values = [{key: getattr(f, key) for key in f.model_fields_set} for f in plan.faults]
    begins = (v["at"] / 1e6 for v in values if "at" in v)
    marks = sorted({0.0, *(line.ms for line in lines), *begins})
    dice = Random(f"{race.script.__name__} {how.seed} times")
    moment = _warp(marks, dice) if how.seed else lambda ms: round(ms * 1e6)
    lines = [line.varied(how, moment, Decimal(race.mirror)) for line in lines]
    if how.pieces:
        lines = [piece for line in lines for piece in line.pieces()]
    last = lines[-1]
    lines.append(Line(last.ms + 3_000_000, *_last_quote(lines)))
    lines = _led(lines, race.lead_ms)
    if not how.seed and not race.wire:
        return lines, plan, moment
    if not how.seed:
        faults = [_led_fault(v, race.lead_ms) for v in _written(plan)]
        return lines, make_plan(*faults, name=plan.name, strict=plan.strict), moment
    faults = [_led_fault(_varied_fault(v, how, moment, dice), race.lead_ms) for v in values]
    if how.summed:
        window = dice.choice(("0 ms", "2 ms", "60 ms"))
        sums = {"kind": "summed", "event": "fill", "intent": "1", "window": window}
        faults.append({**sums, "times": "all"})
    if how.clock_s:
        faults.append({"kind": "clock", "at": "0 s", "behind": f"{how.clock_s} s"})
    return lines, make_plan(*faults, name=plan.name, strict=False), moment


def _led(lines: list[Line], lead_ms: int) -> list[Line]:
    """The page's market after a while in which it stands as it does at the start."""
    if not lead_ms:
        return lines
    before = [line for line in lines if line.ms <= 1]
    return before + [replace(line, ms=line.ms + lead_ms) for line in lines]


def _led_fault(values: dict[str, Any], lead_ms: int) -> dict[str, Any]:
    if "at" not in values:
        return values
    return {**values, "at": time_text(read_time(values["at"]) + lead_ms * 1_000_000)}


def _written(plan: Plan) -> list[dict[str, Any]]:
    """A plan's faults as they stand in a file."""
    faults: list[dict[str, Any]] = json.loads(plan_to_json(plan))["fault"]
    return faults


def _last_quote(lines: list[Line]) -> tuple[str, tuple[tuple[Decimal, int], ...]]:
    quote = next(line for line in reversed(lines) if line.kind == "quote")
    return quote.kind, quote.levels


def _warp(marks: list[float], dice: Random) -> Callable[[float], int]:
    """Each time between two marks is stretched by its own factor."""
    reached, knots = 0.0, [(0.0, 0.0, 1.0)]
    for before, after in pairwise(marks):
        factor = 0.5 + dice.random()
        knots[-1] = (before, reached, factor)
        reached += (after - before) * factor
        knots.append((after, reached, 1.0))

    def moment(ms: float) -> int:
        before, at, factor = next(knot for knot in reversed(knots) if knot[0] <= ms)
        return round((at + (ms - before) * factor) * 1e6)

    return moment


def _varied_fault(
    values: dict[str, Any], how: Variation, moment: Callable[[float], int], dice: Random
) -> dict[str, Any]:
    varied = dict(values)
    for key in _DURATIONS:
        if key in varied:
            varied[key] = time_text(round(varied[key] * (0.5 + dice.random())))
    if "at" in varied:
        varied["at"] = time_text(moment(varied["at"] / 1e6))
    if varied.get("act") in ("buy", "sell"):
        varied["qty"] = varied.get("qty", 1) * how.size
        if how.mirrored:
            varied["act"] = "sell" if varied["act"] == "buy" else "buy"
    return varied


def _latency(race: Race, how: Variation) -> dict[str, str]:
    dice = Random(f"{race.script.__name__} {how.seed} latency")
    legs = ("request", "response", "events", "feed")
    given = race.latency
    page = given if isinstance(given, Mapping) else dict.fromkeys(legs, given)
    factors = {leg: 0.5 + dice.random() if how.seed else 1 for leg in legs}
    return {leg: f"{round(page.get(leg, 25) * factors[leg] * 1e6)}ns" for leg in legs}
