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

It is run as written, and as a family, as `sim.scenario.family` varies it. What a script says in
numbers holds for the page alone (`t.exact`) where the race decides them. A race that can be said
without Python is a file in `scenarios/library/`. All oracles judge every run; `premises` are those
that must have had something to judge, on the page and at least once in the family.

The page is played in a rehearsal as well, through the live adapter and every byte of it; it begins
LOGIN_NS after the run, when the session stands. What is told is told otherwise there, so that
premises are not asked for. `wire=True`: it is played there alone.

A failure prints the plan, the market and the command that replays it.
"""

import functools
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from race_trader import RaceTrader

from dryfill.matching.rules import Rules
from dryfill.scenarios.market_rows import market_rows, tape_of
from dryfill.scenarios.plan_text import plan_from_toml, plan_to_toml
from dryfill.sim.backtest import World
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.oracles import watch
from dryfill.sim.scenario.family import LEGS, Member, Page, member
from dryfill.sim.scenario.play import LOGIN_NS
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.orders.settings import OrderSettings

T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
FAMILY, NIGHT, NIGHT_ON_WIRE = 5, 200, 20

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
    family: int = FAMILY  # seeds of `make test`; a long race has fewer, at night as well
    native: bool = False  # the broker keeps brackets' legs
    wire: bool = False  # through the live adapter
    beside: bool = False  # and at SimBroker, as another play

    def member(self, seed: int) -> Member:
        """The member of a seed: seed 0 is the page."""
        page = Page(
            name=self.script.__name__,
            rows=market_rows(self.market),
            plan=plan_from_toml(self.plan, self.script.__name__),
            latency=_by_leg(self.latency),
        )
        return member(page, seed, LOGIN_NS if self.wire else 0)


def race(market: str, **given: Any) -> Callable[[Script], Callable[[str], None]]:
    """The test of a race: `page` plays it as written, `family` with the seeds."""

    def wrap(script: Script) -> Callable[[str], None]:
        made = Race(script=script, market=market, **given)

        wired = replace(made, wire=True, beside=True)
        plays = ["page", "family"] + ["wire"] * (not made.wire)

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


def run(race: Race, seed: int) -> Mapping[str, int]:
    """Play one member; how often each oracle had something to judge."""
    made = race.member(seed)
    try:
        return _played(race, made)[0]
    except BaseException as error:
        name = race.script.__name__
        file = os.path.relpath(race.script.__code__.co_filename)
        play = "wire" if race.beside else "family" if seed else "page"
        market = "\n".join(str(row) for row in made.rows)
        error.add_note(
            f"{made.how}\nmarket:\n{market}\nplan:\n{plan_to_toml(made.plan)}\nreplay with:\n"
            f'RACE_SEED={seed} python -m pytest "{file}::{name}[{play}]"'
        )
        raise


def _played(race: Race, made: Member) -> tuple[Mapping[str, int], str]:
    instrument, start_ns = instruments.find("MNQ"), T0 - made.lead_ns
    world_of = Rehearsal if race.wire else World
    world = world_of(
        Setup(
            instrument=instrument,
            tape=tape_of(made.rows, instrument, start_ns),
            start_ns=start_ns,
            calendar=calendar("always"),
            rules=Rules(protection=24),
            latency=latency_profile(made.latency),
            fees=fee_schedule(None),
            cash=Decimal(50_000),
            seed=made.how.seed,
            settings=OrderSettings(**race.settings),
            brackets=BracketRules(auto_oco=True) if race.native else None,
            plan=made.plan if made.plan.faults else None,
        )
    )
    watching = watch(world)
    trader = RaceTrader(world, watching, made, Page.mirror, T0)

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
    assert found.quiet, "the run never came to rest; let the script wait longer"
    return found.premises, record.digest


def _judge(race: Race, premises: list[Mapping[str, int]]) -> None:
    """An oracle whose premise was never true has proved nothing."""
    for name in race.premises:
        assert sum(found[name] for found in premises), f"{name} had nothing to judge"


def _by_leg(given: Mapping[str, float] | float) -> dict[str, int]:
    by_leg = given if isinstance(given, Mapping) else dict.fromkeys(LEGS, given)
    return {leg: round(by_leg.get(leg, 25) * 1e6) for leg in LEGS}
