"""`play`: one run of a scenario, and how it ended.

As it is written (seed 0) or as a member of its family, at the simulated broker or in a rehearsal,
which has the same face; who composes it hands the world in. The same scenario, seed, world and
engine give the same run.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ...matching.engines import AUTO
from ...scenarios.check_words import read_check
from ...scenarios.plan_text import plan_to_toml
from ...scenarios.scenario import Ending, Scenario
from ...scenarios.scenario import World as Where
from ...trading.desk import Desk
from ...trading.errors import DryfillError, ScenarioError, UsageError
from ...trading.strategy import Trader
from ..faults.log import StalePlan
from ..loop.errors import DeadlockError, LivelockError, LostErrors
from ..oracles import Bounds, OracleError, Violation, watch
from ..oracles.faultless import Faultless
from ..oracles.watched import World as Watched
from ..record.record import Record
from ..setup import Setup
from .eyes import Eyes
from .family import Variation, member
from .judging import complaint
from .player import Player
from .stage import page_of, setup_of
from .untagged import Untagged

LOGIN_NS = 10 * 10**9
"""How long before its page a run through the adapter begins: until then the session stands."""

_FALLS = (DryfillError, AssertionError, DeadlockError, LivelockError, LostErrors, StalePlan)


class World(Watched, Protocol):
    """A run that can be started, and started again after a crash."""

    on_crash: Callable[[], None]

    def run(self, trader: Trader) -> Record: ...

    def restart(self, trader: Trader) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a run ended. `complaints`: what was wrong, nothing where it is well; `premises`: how
    often each oracle had something to judge; `unprotected_s`: the longest that contracts which
    were meant to be protected had no stop; `market` and `plan`: what was played, as text;
    `violations`: what the oracles found."""

    how: Variation
    complaints: tuple[str, ...]
    ending: Ending
    unprotected_s: float
    premises: Mapping[str, int]
    digest: str
    trace: tuple[str, ...]
    market: str
    plan: str
    error: Exception | None = None
    violations: tuple[Violation, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is well."""
        return not self.complaints


def play(
    scenario: Scenario,
    seed: int,
    world_of: Callable[[Setup], World],
    *,
    where: Where = "direct",
    engine: str = AUTO,
    trader: Trader | None = None,
) -> Played:
    """Play a scenario once and judge it. `seed`: 0 as it is written; `trader`: the strategy that it
    names, where it names one. What the run raises is a complaint.

    Raises `ScenarioError` and `UsageError` for a scenario that cannot be played so.
    """
    if (trader is None) == (scenario.run.what is not None):
        raise UsageError(f"{scenario.name}: its strategy is {scenario.run.what!r}; hand it in")
    return _Run(scenario, seed, world_of, where, engine, trader).result()


def premises_missing(scenario: Scenario, runs: list[Played]) -> list[str]:
    """Oracles that should have had something to judge in these runs, and had not: they have proved
    nothing."""
    wanted = scenario.checks.premises
    return [name for name in wanted if not sum(run.premises.get(name, 0) for run in runs)]


class _Run:
    """One run: its world, who looks on, and who trades."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        world_of: Callable[[Setup], World],
        where: Where,
        engine: str,
        trader: Trader | None,
    ) -> None:
        self._scenario = scenario
        self._trader = trader
        self._member = made = member(page_of(scenario), seed, LOGIN_NS if where == "wire" else 0)
        setup, self._page_ns = setup_of(scenario, made, engine)
        self._world = world = world_of(setup)
        if not scenario.run.tags:
            world.broker = Untagged(world.broker)
        faultless = partial(Faultless, users=trader is not None)
        self._watching = watch(world, _bounds(scenario), [faultless])
        self._eyes = Eyes(world, made.how, scenario.family.mirror, self._page_ns)
        self._player = Player(scenario.steps, world, self._watching, self._eyes, made)
        self._complaints: list[str] = []
        self._ending: Ending = "flat"
        world.on_crash = self._crashed

    def result(self) -> Played:
        error: Exception | None = None
        record: Record | None = None
        try:
            record = self._world.run(self._trade)
        except _FALLS as fallen:
            error = fallen
            self._complaints.append(f"{type(fallen).__name__}: {fallen}")
        found = self._watching.report()
        if found.violations:
            self._complaints.append(str(OracleError(found.violations)))
        if record is not None:
            self._look_back(record, found.quiet)
        made = self._member
        return Played(
            how=made.how,
            complaints=tuple(self._complaints),
            ending=self._ending,
            unprotected_s=0.0 if record is None else record.unprotected.longest,
            premises=found.premises,
            digest="" if record is None else record.digest,
            trace=self._watching.trace,
            market="\n".join(str(row) for row in made.rows),
            plan=plan_to_toml(made.plan),
            error=error,
            violations=tuple(found.violations),
        )

    def _look_back(self, record: Record, quiet: int) -> None:
        checks = self._scenario.checks
        if checks.rests and not quiet:
            self._complaints.append("the run never came to rest; let it rest for longer")
        most_ns, longest = checks.unprotected, record.unprotected.longest
        if most_ns is not None and longest > most_ns / 1e9:
            self._complaints.append(
                f"contracts were unprotected for {longest:g} s, more than {most_ns / 1e9:g} s"
            )

    async def _trade(self, desk: Desk) -> list[str]:
        notes: list[str] = []
        await self._player.until(0)
        if self._trader is not None:
            notes = await self._trader(desk)
        else:
            await self._player.play(desk)
            await asyncio.sleep(self._scenario.run.rest / 1e9)
        self._judge()
        return notes

    def _judge(self) -> None:
        """Whether it stands as it is to, now that all was done."""
        checks, steps = self._scenario.checks, self._player.begun
        self._ending = self._eyes.ending
        if checks.ends and self._ending not in checks.ends:
            wanted = " or ".join(checks.ends)
            self._complaints.append(f"it ends {self._ending}, and is to end {wanted}")
        for begun in steps:
            failed, fails = begun.error is not None, begun.step.fails
            if failed and fails == "never":
                self._complaints.append(
                    f"step {begun.number} ({begun.step.act}) failed: {begun.reads}"
                )
            elif fails == "must" and not failed:
                self._complaints.append(
                    f"step {begun.number} ({begun.step.act}) was to fail, and gives {begun.reads}"
                )
        sentences = checks.always + (checks.written if not self._member.how.seed else ())
        for text in sentences:
            problem = complaint(read_check(text), self._eyes, steps)
            if problem:
                self._complaints.append(problem)

    def _crashed(self) -> None:
        """The program has died: it is started again a while later, and then has time to recover."""
        world, after_ns = self._world, self._scenario.run.restart

        def again() -> None:
            world.restart(self._trade)
            self._watching.restarted()
            self._eyes.restarted()

        now_ns = world.loop.now_ns
        self._watching.unreachable(now_ns, now_ns + after_ns + _RECOVER_NS)
        world.loop.call_at_ns(now_ns + after_ns, again)


_RECOVER_NS = 10 * 10**9  # T_recover (INV-20)


def _bounds(scenario: Scenario) -> Bounds:
    try:
        return Bounds(**scenario.checks.bounds)  # type: ignore[arg-type]  # counts are whole there
    except (TypeError, UsageError) as error:
        raise ScenarioError(f"{scenario.name}: checks: bounds: {error}") from error
