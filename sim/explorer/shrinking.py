"""Of a plan that fails, the least that still fails, by trying: fewer steps, fewer faults, simpler
values, the plain schedule.

What is tried must break the same rule, else it is another story. Steps go first, because each takes
its faults along; what is left is tried one by one (delta debugging: Zeller and Hildebrandt, TSE
2002).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

from ...scenarios.plan import Fault, Plan
from ...scenarios.plan_kinds import CALLS, EVENTS
from ...scenarios.plan_run import Played, RunHead
from ..loop.hold import hold_collector
from .simpler import simpler
from .verdict import Begun, Verdict

T = TypeVar("T")

Play = Callable[[Plan], Verdict]


class OutOfRuns(Exception):
    """As many runs as were allowed have been made."""


class Shrinker:
    """Makes a plan smaller. `play` runs a candidate, which is not strict; `told` hears of each
    success, `runs` counts. `plan` is the smallest so far: strict, its head true of it."""

    def __init__(
        self,
        plan: Plan,
        play: Play,
        runs_most: int,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        assert plan.run is not None, "what is shrunk was found in a run"
        self.runs = 0
        self.plan = plan
        self.verdict: Verdict | None = None
        self._played: Verdict  # the newest candidate's
        self._rule = plan.run.fails
        self._play = play
        self._most = runs_most
        self._told = told

    @hold_collector()  # many short runs
    def shrink(self) -> Plan:
        """The smallest plan that was found; it fails as the first one did.

        Raises `OutOfRuns` when the runs are used up; `plan` is what was reached.
        """
        self._try(self.plan)
        while True:
            before = self.plan
            self._fewer_steps()
            self._fewer_faults()
            self._fewer_with_others_moved()
            self._plainer_schedule()
            self._shorter()
            self._simpler_values()
            if self.plan == before:
                return self.plan

    # --- what is tried ----------------------------------------------------------------------------

    def _fewer_steps(self) -> None:
        begun = self._begun
        if not begun:
            return

        def try_steps(kept: list[Begun]) -> list[Begun] | None:
            dropped = [step for step in self._begun if step not in kept]
            shifted = [_shifted(fault, dropped, self._ends) for fault in self.plan.faults]
            steps = tuple(Played(step.number, step.at_ns) for step in kept)
            if not steps:
                return None
            if self._try_with(shifted, steps=steps) or self._try_in_their_steps(kept, steps):
                return self._begun
            return None

        without(begun, try_steps)

    def _try_in_their_steps(self, kept: list[Begun], steps: tuple[Played, ...]) -> bool:
        """What was just tried broke nothing: without a step the others may ask and be told other
        than before. Its counts say where each step begins there; try the faults as far into their
        steps as they are."""
        begins = {step.number: step for step in self._played.steps}
        if len(self.plan.faults) > _MANY or not all(step.number in begins for step in kept):
            return False
        moved = [_moved_along(fault, self._begun, kept, begins) for fault in self.plan.faults]
        return self._try_with([fault for fault in moved if fault is not None], steps=steps)

    def _fewer_faults(self) -> None:
        def try_faults(kept: list[Fault]) -> list[Fault] | None:
            return list(self.plan.faults) if self._try_with(kept) else None

        without(list(self.plan.faults), try_faults)

    def _fewer_with_others_moved(self) -> None:
        """A fault may only be needed because others are counted after it: without it their moments
        have other numbers. Tried where few are left."""
        place = 0
        while 1 < len(self.plan.faults) <= _FEW and place < len(self.plan.faults):
            kept = [*self.plan.faults[:place], *self.plan.faults[place + 1 :]]
            place = 0 if any(self._try_with(each) for each in _moved(kept)) else place + 1

    def _plainer_schedule(self) -> None:
        head = self._head
        if head.schedule != "fifo":
            self._try_with(self.plan.faults, schedule="fifo", schedule_seed=0)

    def _shorter(self) -> None:
        """A strategy's run ends sooner."""
        if self._head.of_the_manager:
            return
        while self._head.length is not None and self._head.length >= 2 * _LEAST_NS:
            half = self._head.length // 2 // _LEAST_NS * _LEAST_NS
            if not self._try_with(self.plan.faults, length=half):
                return

    def _simpler_values(self) -> None:
        for place in range(len(self.plan.faults)):
            for key in KEYS:
                self._simplify(place, key)

    def _simplify(self, place: int, key: str) -> None:
        tried: list[Any] = []
        while place < len(self.plan.faults):
            fault = self.plan.faults[place]
            fresh = [each for each in simpler(fault, key) if each not in tried]
            if not fresh:
                return
            tried.append(fresh[0])
            faults = [*self.plan.faults]
            faults[place] = fresh[0]
            self._try_with(faults)

    # --- trying -----------------------------------------------------------------------------------

    @property
    def _head(self) -> RunHead:
        assert self.plan.run is not None
        return self.plan.run

    @property
    def _begun(self) -> list[Begun]:
        """The steps of the smallest plan."""
        return [] if self.verdict is None else [s for s in self.verdict.steps if s.number]

    @property
    def _ends(self) -> dict[int, Begun]:
        """What followed on each step, by its number."""
        assert self.verdict is not None
        return {step.number: after for step, after in pairwise(self.verdict.steps)}

    def _try_with(self, faults: Sequence[Fault], **head: Any) -> bool:
        run = self._head.model_copy(update=head)
        return self._try(replace(self.plan, faults=tuple(faults), run=run))

    def _try(self, plan: Plan) -> bool:
        """Whether a candidate fails as it should; it is the smallest then."""
        if self.runs >= self._most:
            raise OutOfRuns
        self.runs += 1
        verdict = self._played = self._play(replace(plan, strict=False))
        if verdict.rule != self._rule:
            return False
        assert plan.run is not None
        head = plan.run.model_copy(update={"digest": verdict.digest})
        self.plan = replace(verdict.fired, run=head)
        self.verdict = verdict
        self._told(described(self.plan, verdict))
        return True


_FEW = 4
_MANY = 20  # faults: so many have no story that a step apart could tell
_LEAST_NS = 60 * 10**9
KEYS = tuple(key for key in Fault.model_fields if key not in ("kind", "call", "event", "nth"))


def without(items: list[T], still: Callable[[list[T]], list[T] | None]) -> None:
    """Leave out as many items as can be: halves, quarters, single ones. `still` tries what is kept
    and gives what is left then, which may be less; None when that does not do."""
    size = max(len(items) // 2, 1)
    while items:
        place = 0
        while place < len(items):
            left = still(items[:place] + items[place + size :])
            if left is None:
                place += size
            else:
                items = left
        if size == 1:
            return
        size = size // 2


def _moved(faults: list[Fault]) -> Iterator[list[Fault]]:
    """The same faults, one of them a little earlier or later in its count."""
    for place, fault in enumerate(faults):
        for nth in (fault.nth - 1, fault.nth - 2, fault.nth - 3, fault.nth + 1, fault.nth + 2):
            if fault.moment in ("call", "event") and nth >= 1:
                moved = fault.model_copy(update={"nth": nth})
                yield [*faults[:place], moved, *faults[place + 1 :]]


def described(plan: Plan, verdict: Verdict) -> str:
    """How much is left."""
    faults = len(plan.faults)
    steps = sum(1 for step in verdict.steps if step.number)
    played = f", {steps} step{'s' * (steps != 1)}" if steps else ""
    return f"{faults} fault{'s' * (faults != 1)}{played}"


def _shifted(fault: Fault, dropped: list[Begun], ends: dict[int, Begun]) -> Fault:
    """A fault as it is counted when some steps are not played: those before it count no more."""
    names = CALLS.get(fault.call or "") or EVENTS.get(fault.event or "")
    if names is None or fault.role is not None or fault.intent is not None:
        return fault
    less = 0
    for step in dropped:
        end = ends.get(step.number)
        if end is None:
            continue
        before, after = (sum(each.seen.get(name, 0) for name in names) for each in (step, end))
        if after < fault.nth:
            less += after - before
    return fault.model_copy(update={"nth": fault.nth - less}) if less else fault


def _moved_along(
    fault: Fault, begun: list[Begun], kept: list[Begun], begins: dict[int, Begun]
) -> Fault | None:
    """A fault, as far into its step as it was, where that begins at other counts; None where its
    step is not played."""
    names = CALLS.get(fault.call or "") or EVENTS.get(fault.event or "")
    if names is None or fault.role is not None or fault.intent is not None:
        return fault
    own, before = None, 0
    for step in begun:
        seen = sum(step.seen.get(name, 0) for name in names)
        if seen < fault.nth:
            own, before = step, seen
    if own is None:
        return fault
    if own not in kept:
        return None
    now = sum(begins[own.number].seen.get(name, 0) for name in names)
    return fault.model_copy(update={"nth": fault.nth - before + now})
