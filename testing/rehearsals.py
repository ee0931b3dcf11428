"""`rehearsal`: a test of a strategy over many seeds, each a run with faults.

    from dryfill.testing import rehearsal
    from breakout import Breakout

    @rehearsal(Breakout, market="trend", profile="hostile", seeds=200)
    def test_never_naked(run):
        assert run.unprotected.longest < 2 and run.ends in ("flat", "protected")

Each run is judged by every invariant first, then by the test. What fails is shrunk and kept as a
plan, and the failure says how to run that alone.
"""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from ..scenarios.plan import Plan
from ..scenarios.plan_run import WALK, RunHead
from ..scenarios.plan_text import plan_to_toml, read_plan
from ..sim.determinism.source_check import check_source
from ..sim.explorer.case import Outcome
from ..sim.explorer.drawing import Schedules, draw
from ..sim.explorer.expectations import Ending
from ..sim.explorer.finding import found_plan
from ..sim.explorer.shrinking import OutOfRuns, Shrinker
from ..sim.explorer.story import last_told
from ..sim.explorer.verdict import Verdict
from ..sim.faults.draw import Profile
from ..sim.loop.hold import hold_collector
from ..sim.record.record import Record
from ..sim.record.unprotected import Unprotected
from ..trading.errors import UsageError
from .composing import case_of, drawn_start, head_of

PLAN_VARIABLE = "DRYFILL_PLAN"
"""The environment's variable that names a plan: a test plays it alone, and no seeds."""

TEST = "TEST"
"""The rule that a test's own assertion is, where a plan says what it broke."""

Test = Callable[..., None]


class RehearsalFailed(AssertionError):
    """An invariant was broken in a run, or the strategy failed."""


@dataclass(frozen=True)
class Run:
    """One run as a test sees it. `record` has everything that a backtest's has."""

    seed: int
    plan: Plan = field(repr=False)
    record: Record = field(repr=False)
    ends: Ending

    @property
    def unprotected(self) -> Unprotected:
        """Time without a working stop, of contracts that brackets opened; `others` of the rest."""
        return self.record.unprotected

    @property
    def bare_longest(self) -> float:
        """Seconds of the longest stretch in which anything held had no working stop, however it was
        opened."""
        return max(self.unprotected.longest, self.unprotected.others.longest)


def rehearsal(
    strategy: Any,
    *,
    market: str = "mixed",
    profile: Profile = "hostile",
    seeds: int | range = 100,
    instrument: str = "MNQ",
    warmup: str = "120 min",
    length: str = "30 min",
    data: str | Sequence[str] = (),
    params: Mapping[str, object] | None = None,
    latency: str = "25ms",
    schedule: Schedules = "mix",
    crashes: bool = False,
    often: Sequence[str] = (),
    wire: bool = False,
    bare: str | None = None,
    engine: str = "auto",
    shrink_runs: int = 200,
    folder: str = "dryfill-plans",
) -> Callable[[Test], Test]:
    """Make a test of a function that judges one run: it is called for each seed.

    `strategy`: a `Strategy` class, or `async def main(desk)`. `market`: `trend`, `range`,
    `volatile`, `mixed` or `thin`, generated, of `length` after a `warmup` that is history; or
    `data`, files, of which a seed draws the part. `seeds`: how many, or which. `profile`: `calm`,
    `live`, `hostile` or `swarm`. `schedule`: the order of ready callbacks, `mix` of all. `crashes`:
    kill and restart it, too. `often`: kinds of fault that strike often, `["late-fill"]`. `wire`:
    through the live adapter's bytes. `bare`: for how long anything may be held without a stop (`"5
    s"`) while the broker can be reached. `shrink_runs`: how many runs a failure is made smaller
    with. `folder`: where its plan is kept.

    The function gets the `run`; its other arguments are pytest's fixtures. Raises `UsageError`
    where it stands for what makes no sense.
    """
    given = {
        "what": _where(strategy),
        "params": [f"{name}={value}" for name, value in (params or {}).items()],
        "instrument": instrument,
        "market": WALK if data else market,
        "data": [data] if isinstance(data, str) else list(data),
        "warmup": warmup,
        "length": length,
        "latency": latency,
        "world": "wire" if wire else "direct",
        "bare": bare,
        "engine": engine,
    }
    head = head_of({key: value for key, value in given.items() if value is not None})
    numbers = range(seeds) if isinstance(seeds, int) else seeds

    def drawn(seed: int) -> Plan:
        start = drawn_start(head, seed)
        return draw(start, seed, profile, schedule=schedule, crashes=crashes, often=often)

    if numbers:
        case_of(_of(drawn(numbers[0])), strategy)

    def decorate(test: Test) -> Test:
        judged = _Judged(strategy, test, folder, shrink_runs)
        return _over_seeds(judged, test, drawn, numbers)

    return decorate


def _over_seeds(judged: "_Judged", test: Test, drawn: Callable[[int], Plan], seeds: range) -> Test:
    """The test as pytest calls it: with its fixtures, and without the run."""
    signature = inspect.signature(test)
    if _RUN not in signature.parameters:
        raise UsageError(f"{test.__name__} takes no argument named {_RUN}, and is given one")

    @functools.wraps(test)
    def over_seeds(*args: Any, **fixtures: Any) -> None:
        __tracebackhide__ = True
        kept = os.environ.get(PLAN_VARIABLE)
        if kept is not None:
            judged.replay(read_plan(kept), kept, args, fixtures)
            return
        with hold_collector():  # many short runs
            for seed in seeds:
                judged.play(drawn(seed), args, fixtures)

    del over_seeds.__dict__["__wrapped__"]  # pytest would look for a fixture named `run`
    others = [each for name, each in signature.parameters.items() if name != _RUN]
    cast(Any, over_seeds).__signature__ = signature.replace(parameters=others)
    return over_seeds


class _Judged:
    """A strategy and the test that judges its runs."""

    def __init__(self, strategy: Any, test: Test, folder: str, shrink_runs: int) -> None:
        module = sys.modules.get(getattr(strategy, "__module__", ""))
        if module is not None and module.__name__ != test.__module__:
            check_source(module)
        self._strategy = strategy
        self._test = test
        self._folder = folder
        self._shrink_runs = shrink_runs

    def play(self, plan: Plan, args: Sequence[Any], fixtures: Mapping[str, Any]) -> None:
        """Run a seed's plan; raises what fails, after it was shrunk and kept."""
        __tracebackhide__ = True
        verdict, error = self._judge(plan, args, fixtures)
        if not verdict.failed:
            return

        def again(each: Plan) -> Verdict:
            return self._judge(each, args, fixtures)[0]

        found = found_plan(plan, verdict, again)
        assert found is not None, "it failed"
        shrinker = Shrinker(found, again, self._shrink_runs)
        try:
            small = shrinker.shrink()
        except OutOfRuns:
            small = shrinker.plan
        path = self._keep(small)
        verdict, error = self._judge(small, args, fixtures)
        raise self._failure(verdict, error, path, f"{plan.name}, shrunk in {shrinker.runs} runs")

    def replay(
        self, plan: Plan, path: str, args: Sequence[Any], fixtures: Mapping[str, Any]
    ) -> None:
        """Run a plan that was kept; raises what fails."""
        __tracebackhide__ = True
        verdict, error = self._judge(plan, args, fixtures)
        if verdict.failed:
            raise self._failure(verdict, error, path, plan.name)

    def _judge(
        self, plan: Plan, args: Sequence[Any], fixtures: Mapping[str, Any]
    ) -> tuple[Verdict, BaseException | None]:
        """What became of a run; the test's own complaint, where that is what failed."""
        head = _of(plan)
        outcome: Outcome = case_of(head, self._strategy).run(plan)
        verdict = outcome.verdict
        if verdict.failed or outcome.record is None:
            return verdict, None
        run = Run(head.seed, plan, outcome.record, outcome.ending)
        try:
            self._test(*args, **{_RUN: run}, **fixtures)
        except Exception as error:  # noqa: BLE001  whatever a test raises is its complaint
            said = str(error) or type(error).__name__
            trace = outcome.happened()
            return replace(verdict, kind="violation", rule=TEST, text=said, trace=trace), error
        return verdict, None

    def _keep(self, plan: Plan) -> str:
        folder = Path(self._folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._test.__name__}-{_of(plan).seed}.toml"
        path.write_text(plan_to_toml(plan), encoding="utf-8")
        return str(path)

    def _failure(
        self, verdict: Verdict, error: BaseException | None, path: str, story: str
    ) -> BaseException:
        file = os.path.relpath(inspect.getsourcefile(self._test) or "")
        lines = [
            f"in {story}; what happened, last:",
            *(f"  {line}" for line in last_told(verdict.trace, _SHOWN)),
            f"kept in {path}; replay with:",
            f"  {PLAN_VARIABLE}={path} python -m pytest {file}::{self._test.__name__}",
        ]
        if error is None:
            error = RehearsalFailed(f"{verdict.kind} {verdict.rule}: {verdict.text}")
            lines.append(f"  dryfill replay {path}")
        error.add_note("\n".join(lines))
        return error


_RUN = "run"
_SHOWN = 25


def _of(plan: Plan) -> RunHead:
    if plan.run is None:
        raise UsageError("the plan has no table [run], which says what was run; a rehearsal's has")
    return plan.run


def _where(strategy: Any) -> str:
    """`FILE.py:Class`, from the current folder."""
    try:
        file = inspect.getsourcefile(strategy)
    except TypeError:
        file = None
    if file is None or not hasattr(strategy, "__name__"):
        raise UsageError(f"{strategy!r} is no strategy; give a class, or async def main(desk)")
    return f"{Path(os.path.relpath(file)).as_posix()}:{strategy.__name__}"
