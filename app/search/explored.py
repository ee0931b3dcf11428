"""What is explored, as one value that goes to every process, and the cases that it is made of."""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from ...scenarios.plan import Plan
from ...scenarios.plan_run import RunHead
from ...sim.explorer.case import Case
from ...sim.explorer.drawing import Schedules, draw
from ...sim.explorer.verdict import Verdict
from ...sim.faults.draw import Profile
from ...testing.composing import case_of, drawn_start, head_of
from ...trading.errors import UsageError
from ..strategy_file import importable, load_strategy, split_target
from ..timeline.written import TracedWorlds, check_folder


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What every seed has in common, and how seeds are drawn."""

    head: RunHead
    profile: str
    schedule: str = "mix"
    crashes: bool = False
    often: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line."""
        head = self.head.model_dump(exclude_defaults=True)
        drawn = {"profile": self.profile, "schedule": self.schedule, "crashes": self.crashes}
        if self.often:
            drawn["often"] = self.often
        return json.dumps({"head": head, **drawn})

    @classmethod
    def from_json(cls, text: str) -> "Brief":
        values = json.loads(text)
        often = tuple(values.pop("often", ()))
        return cls(head=head_of(values.pop("head")), often=often, **values)

    def plan(self, seed: int) -> Plan:
        """The plan of a seed, with its head. Raises `UsageError` for what makes no sense."""
        return draw(
            drawn_start(self.head, seed),
            seed,
            cast(Profile, self.profile),
            schedule=cast(Schedules, self.schedule),
            crashes=self.crashes,
            often=self.often,
        )


def case_in(plan: Plan) -> Case:
    """The case of a plan with a head. Raises `UsageError`, `ScenarioError` and
    `StrategyFailed`."""
    head = plan.run
    if head is None:
        raise UsageError(
            "the plan has no table [run], which says what was run; dryfill explore writes one"
        )
    return case_of(head, None if head.of_the_manager else _strategy(head.what))


def play(plan: Plan) -> Verdict:
    """Run a plan with a head as its head says."""
    return case_in(plan).play(plan)


def peek(plan: Plan, until_ns: int) -> Verdict:
    """As `Case.peek`, of a plan with a head."""
    return case_in(plan).peek(plan, until_ns)


def draw_timeline(plan: Plan, page: str, name: str, command: str) -> Verdict:
    """As `play`, and write the run's timeline (docs/timeline.md); `name` is the plan's. Raises
    `UsageError` where it cannot be written; where its folder is missing, before anything runs."""
    check_folder(page)
    case = case_in(plan)
    worlds = TracedWorlds(case.world_of)
    outcome = replace(case, world_of=worlds).run(plan)
    verdict = outcome.verdict
    told = [each.oracle for each in outcome.violations]
    ended = []
    if verdict.failed and verdict.rule not in told:
        ended.append((verdict.rule or verdict.kind, verdict.text))
    title = f"{Path(case.head.what).stem} under {name}"
    worlds.write(page, title, outcome.violations, ended=ended, command=command)
    return verdict


@lru_cache(maxsize=1)
def _strategy(what: str) -> Any:
    with importable(split_target(what)[0].resolve().parent):
        return load_strategy(what)
