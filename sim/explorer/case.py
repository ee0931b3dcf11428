"""One case: what is run, under which plan; `play` gives the verdict.

The same case gives the same verdict, in every process. Who composes it hands in the world: the
simulated broker's, or a rehearsal, which has the same face.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from msgspec import structs

from ...scenarios.plan import Plan
from ...scenarios.plan_run import RunHead
from ...trading.desk import Desk
from ...trading.errors import DryfillError
from ...trading.instruments import knowing
from ...trading.strategy import Trader
from ..digest import DomainDigest
from ..faults.log import StalePlan
from ..faults.moments import Passed
from ..journal import SimDisk
from ..loop.errors import DeadlockError, LivelockError, LostErrors
from ..loop.loop import VirtualLoop
from ..loop.process import Process
from ..loop.schedule import Schedule
from ..oracles import Bounds, Findings, Violation, Watch, watch
from ..oracles.faultless import Faultless
from ..oracles.scene import Scene
from ..oracles.watch import Maker
from ..oracles.watched import World as Watched
from ..oracles.written_first import WrittenFirst
from ..record.record import Record
from ..setup import Setup
from .drawing import RECONCILE_S
from .expectations import BareAtMost, Ending, ending_of
from .order_states import OrderStates
from .story import story
from .verdict import DEAD, ENDS, HELD, LOST, REST, Begun, Kind, Verdict

_RATE_MOST = 400
"""A session that keeps the budget of 200 in a minute stands between this port and a server, and
makes what is not urgent wait (INV-16 is its oracle's); here only a storm would be wrong."""

_TRACE_LINES = 1_000

_WIND_UP_NS = 3600 * 10**9

_RECOVER_NS = 10 * 10**9  # T_recover (INV-20)


class World(Watched, Protocol):
    """A run that can be started, and started again after a crash."""

    digest: DomainDigest
    on_crash: Callable[[], None]

    def run(self, trader: Trader) -> Record: ...

    def restart(self, trader: Trader) -> None: ...


class Program(Protocol):
    """What trades in a case. `began`: whether it ever came to; `on_step` hears of the steps of one
    that has some."""

    began: bool
    on_step: Callable[[int], None]

    def trade(self, desk: Desk) -> Coroutine[Any, Any, list[str]]:
        """Its first life."""

    def leave(self, desk: Desk) -> Coroutine[Any, Any, list[str]]:
        """A life after a crash."""


@dataclass(frozen=True)
class Outcome:
    """A run's verdict; its record, None where it raised; how the account stands at its end; when it
    is asked for, what happened; and what the oracles found."""

    verdict: Verdict
    record: Record | None
    ending: Ending
    happened: Callable[[], tuple[str, ...]]
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True)
class Case:
    """A setup without a plan, and what trades in it; `head` says what it was made of. `judges`
    makes, of the world of a run, the oracles that only such worlds have."""

    head: RunHead
    setup: Setup
    program: Callable[[Watch], Program]
    world_of: Callable[[Setup], World]
    judges: Callable[[Any], Sequence[Maker]] = lambda world: ()

    def play(self, plan: Plan) -> Verdict:
        """Run it under a plan, to its end, and judge it. Raises nothing that the run raises."""
        return self.run(plan).verdict

    def peek(self, plan: Plan, until_ns: int) -> Verdict:
        """As `play`, and no longer than to see which rule is broken first: the run ends there, or
        soon after `until_ns` from its start, and is clean then. What only an end shows is not
        judged."""
        return self.run(plan, until_ns).verdict

    def run(self, plan: Plan, until_ns: int | None = None) -> Outcome:
        """As `play`, or as `peek` where an end is given, with what the run left behind."""
        kept = plan.needs_journal or self.head.journal
        disk = SimDisk(knowing(self.setup.instrument)) if kept else None
        world = self.world_of(self._setup(plan, disk))
        head = self.head
        bounds = Bounds(
            idle_s=RECONCILE_S + 1.0,
            quiet_s=_seconds(head.quiet),
            rate_most=_RATE_MOST,
            trace_lines=_TRACE_LINES,
        )
        seen: list[OrderStates] = []
        more: list[Maker] = [
            partial(_order_states, seen),
            partial(Faultless, users=not head.of_the_manager),
            *self.judges(world),
        ]
        assert world.faults is not None, "there is a plan"
        if disk is not None:
            more.append(partial(WrittenFirst, disk=disk, before=world.faults.disk))
        if head.bare is not None:
            more.append(partial(BareAtMost, most_s=_seconds(head.bare)))
        watching = watch(world, bounds, more)
        # The market is over then: what is still open, nobody could close.
        last_ns = self.setup.tape.end_ns
        watching.unreachable(last_ns, last_ns + _WIND_UP_NS)
        program = self.program(watching)
        log, steps, passed = world.faults.log, list[Begun](), list[Passed]()
        world.faults.on_passed = passed.append
        if until_ns is not None:
            world.faults.on_passed = partial(_note_until, passed, until_ns, world.loop)
            watching.on_broken = world.loop.stop
        program.on_step = partial(_note_step, world, steps)
        dead: list[Process] = []
        world.on_crash = partial(_restart, world, watching, program, head.restart, dead)
        ended = _run(world, program)
        found = watching.report()
        after_death = sum(each.calls_after_death - each.calls_while_dying for each in dead)
        kind, rule, text = self._judged(world, program, ended, found, after_death)
        if until_ns is not None and not found.violations:
            kind, rule, text = "clean", "", ""
        trace = found.violations[0].trace if found.violations else None

        def happened() -> tuple[str, ...]:
            return story(watching.trace if trace is None else trace, log)

        verdict = Verdict(
            kind=kind,
            rule=rule,
            text=text,
            trace=happened() if kind != "clean" else (),
            digest=world.digest.hex,
            fired=log.fired_plan(),
            premises=found.premises,
            faults=dict(Counter(entry.kind for entry in log.entries)),
            states=dict(seen[0].cells),
            steps=tuple(steps),
            virtual_s=world.loop.time(),
            passed=tuple(passed),
            broke_ns=_broke_ns(found, world.loop.origin_ns),
        )
        record = None if isinstance(ended, Exception) else ended
        return Outcome(verdict, record, ending_of(world.desk), happened, tuple(found.violations))

    def _setup(self, plan: Plan, disk: SimDisk | None) -> Setup:
        head = self.head
        return structs.replace(
            self.setup,
            plan=plan,
            schedule=Schedule(head.schedule, head.schedule_seed),
            journal=None if disk is None else disk.open,
            # A plan that is narrowed must not make another broker of it.
            lossless=False,
        )

    def _judged(
        self,
        world: World,
        program: Program,
        ended: Record | Exception,
        found: Findings,
        after_death: int,
    ) -> tuple[Kind, str, str]:
        head = self.head
        if isinstance(ended, StalePlan):
            assert world.faults is not None, "there is a plan"
            unmet = "\n  ".join(world.faults.log.stale())
            return "stale", "", f"it names moments that did not come in this run:\n  {unmet}"
        if found.violations:
            first = found.violations[0]
            return "violation", first.oracle, first.text
        # A strategy may have a `finally` of its own; the manager has nothing to do when it dies.
        if head.of_the_manager and after_death:
            return "violation", DEAD, f"what was dead acted {after_death} times"
        if isinstance(ended, Exception):
            return _raised(ended, program.began)
        ending = ending_of(world.desk)
        if head.of_the_manager and not found.quiet:
            return "violation", REST, "the run never came to rest"
        if head.of_the_manager and ending != "flat":
            return "violation", HELD, f"it left, and holds {ended.open_position} at the end"
        if head.ends and ending not in head.ends:
            wanted = " or ".join(head.ends)
            story = f"it ends {ending}, with {ended.open_position} held; it is to end {wanted}"
            return "violation", ENDS, story
        return "clean", "", ""


def _run(world: World, program: Program) -> Record | Exception:
    try:
        return world.run(program.trade)
    except Exception as error:  # noqa: BLE001  whatever it is, it is what became of the run
        return error


def _raised(error: Exception, began: bool) -> tuple[Kind, str, str]:
    """What an error of a run means."""
    if isinstance(error, LostErrors):
        return "violation", LOST, str(error)
    if isinstance(error, DeadlockError | LivelockError):
        return "stuck", type(error).__name__, str(error)
    if isinstance(error, DryfillError) and not began:
        return "clean", "", ""  # the plan kept it from trading at all, as it may
    return "raised", type(error).__name__, _told(error)


def _told(error: Exception) -> str:
    """An error in a line, and where it was raised."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({place})"


def _restart(
    world: World, watching: Watch, program: Program, after_ns: int, dead: list[Process]
) -> None:
    """The program has died: it is started again a while later, and then has time to recover."""
    dead.append(world.process)

    def again() -> None:
        world.restart(program.leave)
        watching.restarted()

    now_ns = world.loop.now_ns
    watching.unreachable(now_ns, now_ns + after_ns + _RECOVER_NS)
    world.loop.call_at_ns(now_ns + after_ns, again)


def _order_states(seen: list[OrderStates], scene: Scene) -> OrderStates:
    seen.append(OrderStates(scene))
    return seen[-1]


def _note_step(world: World, steps: list[Begun], number: int) -> None:
    steps.append(Begun(number, world.loop.now_ns - world.loop.origin_ns))


def _note_until(passed: list[Passed], until_ns: int, loop: VirtualLoop, each: Passed) -> None:
    passed.append(each)
    if each.at_ns > until_ns:
        loop.stop()


def _broke_ns(found: Findings, origin_ns: int) -> int | None:
    """When the first rule was broken."""
    return found.violations[0].time_ns - origin_ns if found.violations else None


def _seconds(ns: int) -> float:
    return ns / 1e9
