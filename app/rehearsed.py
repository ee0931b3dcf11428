"""Scenarios played in the worlds that there are, with the strategies that they name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..scenarios.scenario import Scenario, World
from ..sim.backtest import World as Direct
from ..sim.scenario.play import Played, play, premises_missing
from ..testing.wire_world import Rehearsal
from ..trading.strategy import Trader
from ..trading.trader import trader_of
from .cli_run import pairs
from .strategy_file import importable, load_strategy, split_target

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


def rehearse(scenario: Scenario, seeds: Iterable[int], where: World, engine: str) -> Family:
    """Play a scenario once for each seed, in one world on one engine."""
    trader = (
        None if scenario.run.what is None else _strategy(scenario.run.what, scenario.run.params)
    )
    world_of: Any = WORLDS[where]
    runs = [
        play(scenario, seed, world_of, where=where, engine=engine, trader=trader) for seed in seeds
    ]
    return Family(runs, _unjudged(scenario, runs, where))


def _unjudged(scenario: Scenario, runs: list[Played], where: World) -> list[str]:
    """Where things are told otherwise, or too little was played, nothing is asked for."""
    if where != scenario.run.played[0]:
        return []
    written = [run for run in runs if not run.how.seed]
    varied = [run for run in runs if run.how.seed]
    missing = premises_missing(scenario, written) if written else []
    if len(varied) >= scenario.family.seeds:
        missing += premises_missing(scenario, varied)
    return list(dict.fromkeys(missing))


@lru_cache(maxsize=4)
def _strategy(what: str, params: tuple[str, ...]) -> Trader:
    with importable(split_target(what)[0].resolve().parent):
        return trader_of(load_strategy(what), pairs(list(params), "params", "size=3"))
