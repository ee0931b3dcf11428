"""Scenarios played in the worlds that there are, with the strategies that they name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..scenarios.scenario import Scenario, World
from ..sim.backtest import World as Direct
from ..sim.loop.hold import hold_collector
from ..sim.oracles import OracleError
from ..sim.scenario.play import Played, play, premises_missing
from ..testing.wire_world import Rehearsal
from ..trading.strategy import Trader
from ..trading.trader import trader_of
from .cli.run import pairs
from .strategy_file import importable, load_strategy, split_target
from .timeline.written import TracedWorlds

WORLDS = {"direct": Direct, "wire": Rehearsal}


@dataclass(frozen=True)
class Family:
    """The runs of a scenario. `unjudged`: oracles that should have had something to judge in the
    run as it is written, or in a family of it, and had not."""

    runs: list[Played]
    unjudged: list[str]

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.unjudged and all(run.ok for run in self.runs)

    @property
    def endings(self) -> list[str]:
        """How runs ended, each once."""
        return list(dict.fromkeys(run.ending for run in self.runs))

    @property
    def unprotected_s(self) -> float:
        """The longest in any run."""
        return max((run.unprotected_s for run in self.runs), default=0.0)

    @property
    def premises(self) -> Counter[str]:
        """How often each oracle had something to judge, in all runs."""
        found = Counter[str]()
        for run in self.runs:
            found.update(run.premises)
        return found


@hold_collector()  # many short runs
def rehearse(scenario: Scenario, seeds: Iterable[int], where: World, engine: str) -> Family:
    """Play a scenario once for each seed, in one world on one engine."""
    world_of: Any = WORLDS[where]
    trader = _trader_of(scenario)
    runs = [
        play(scenario, seed, world_of, where=where, engine=engine, trader=trader) for seed in seeds
    ]
    return Family(runs, _unjudged(scenario, runs, where))


def draw_timeline(
    scenario: Scenario, seed: int, where: World, engine: str, *, page: str, command: str
) -> None:
    """Play one run of a scenario, and write its timeline (docs/timeline.md). Raises `UsageError`
    where it cannot be written."""
    worlds, trader = TracedWorlds(WORLDS[where]), _trader_of(scenario)
    run = play(scenario, seed, worlds, where=where, engine=engine, trader=trader)
    # What oracles found is told at its moment.
    ended = [("check", text) for text in run.complaints if not _of_oracles(text, run)]
    named = f"{scenario.id}: {scenario.title}" if scenario.id else scenario.title
    worlds.write(page, named, run.violations, ended=ended, command=command)


def _of_oracles(complaint: str, run: Played) -> bool:
    return bool(run.violations) and complaint == str(OracleError(list(run.violations)))


def _trader_of(scenario: Scenario) -> Trader | None:
    run = scenario.run
    return None if run.what is None else _strategy(run.what, run.params)


def _unjudged(scenario: Scenario, runs: list[Played], where: World) -> list[str]:
    """Of the run as it is written, and of a family that has the short one in it; nothing where
    things are told otherwise, as they are beside the first world."""
    if where != scenario.run.played[0]:
        return []
    written = [run for run in runs if not run.how.seed]
    varied = [run for run in runs if run.how.seed]
    short = range(1, scenario.family.seeds + 1)
    missing = premises_missing(scenario, written) if written else []
    if {run.how.seed for run in varied}.issuperset(short):
        missing += premises_missing(scenario, varied)
    return list(dict.fromkeys(missing))


@lru_cache(maxsize=4)
def _strategy(what: str, params: tuple[str, ...]) -> Trader:
    with importable(split_target(what)[0].resolve().parent):
        return trader_of(load_strategy(what), pairs(list(params), "params", "size=3"))
