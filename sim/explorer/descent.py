"""One way down from a plan that fails: less and less of it is tried, as long as it fails.

Before anything is taken away the faults are anchored where they struck (`anchors.py`), and after
each success again. Steps of the workload take their faults along; what is left is tried in halves,
quarters and one by one (delta debugging: Zeller and Hildebrandt, TSE 2002). Where that ends depends
on what was tried first, so that there is more than one way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ...scenarios.plan import TIMES, Fault, Plan
from ...scenarios.plan_kinds import CHOOSING
from ...scenarios.plan_run import Played, RunHead
from ..streams import named_stream
from .anchors import Anchors
from .simpler import simpler
from .verdict import Verdict
from .work_steps import LEAVING

T = TypeVar("T")

_FEW = 4
_LEAST_NS = 60 * 10**9
_VALUES = tuple(
    key for key in Fault.model_fields if key not in ("kind", "call", "event", *CHOOSING)
)
_USUAL = {key: Fault.model_fields[key].default for key in _VALUES}


@dataclass(frozen=True)
class Reached:
    """A plan that fails as it should, and what became of its run. Its faults are those that
    fired."""

    plan: Plan
    verdict: Verdict

    @property
    def head(self) -> RunHead:
        assert self.plan.run is not None, "what is shrunk was found in a run"
        return self.plan.run

    @property
    def steps(self) -> list[Played]:
        """The steps of the workload that were played."""
        begun = self.verdict.steps
        return [Played(step.number, step.at_ns) for step in begun if step.number != LEAVING]

    @property
    def anchors(self) -> Anchors:
        return Anchors(self.verdict.passed, self.verdict.steps)

    @property
    def size(self) -> tuple[int, ...]:
        """How much a reader has to think about, the weightiest first."""
        faults, head = self.plan.faults, self.head
        told = sum(getattr(fault, key) != _USUAL[key] for fault in faults for key in _VALUES)
        times = sum(getattr(fault, key) or 0 for fault in faults for key in TIMES)
        return len(faults), len(self.steps), head.schedule != "fifo", head.length or 0, told, times


Attempt = Callable[[Plan], Reached | None]
"""Runs a plan; None where it does not fail as it should."""


class Descent:
    """The `number`-th way down from `start`; `at` is how far it came."""

    def __init__(self, start: Reached, attempt: Attempt, number: int) -> None:
        self.at = start
        self._attempt = attempt
        self._number = number

    def go(self) -> None:
        """Go on until nothing that is tried is smaller."""
        faults_first = self._number % 2
        passes = [self._fewer_faults, self._fewer_steps]
        size = None
        while size is None or self.at.size < size:
            size = self.at.size
            self._anchored()
            for fewer in passes if faults_first else reversed(passes):
                fewer()
            self._fewer_with_others_moved()
            self._plainer_schedule()
            self._shorter()
            self._simpler_values()

    # --- what is tried ----------------------------------------------------------------------------

    def _anchored(self) -> None:
        by_role = self._number % 4 < 2
        anchors, faults = self.at.anchors, self.at.plan.faults
        self._try([anchors.in_its_step(fault, by_role=by_role) for fault in faults])

    def _fewer_steps(self) -> None:
        def try_steps(kept: list[Played]) -> list[Played] | None:
            if not kept:
                return None
            faults, anchors = self.at.plan.faults, self.at.anchors
            numbers = (None, LEAVING, *(step.number for step in kept))
            theirs = [fault for fault in faults if anchors.step(fault) in numbers]
            if any(self._try(each, steps=tuple(kept)) for each in (theirs, faults)):
                return self.at.steps
            return None

        without(self.at.steps, try_steps)

    def _fewer_faults(self) -> None:
        def try_faults(kept: list[Fault]) -> list[Fault] | None:
            in_order = [fault for fault in self.at.plan.faults if fault in kept]
            return self._in_turn(self.at.plan.faults) if self._try(in_order) else None

        without(self._in_turn(self.at.plan.faults), try_faults)

    def _in_turn(self, faults: Sequence[Fault]) -> list[Fault]:
        """Which are tried first: those from the plan's start, from its end, or any."""
        if self._number < _SHUFFLED:
            return list(faults)[:: -1 if self._number else 1]
        dice = named_stream(self._number, "explorer.descent")
        return [fault for _, fault in sorted(enumerate(faults), key=lambda _: dice.getrandbits(64))]

    def _fewer_with_others_moved(self) -> None:
        """A fault may only be needed because others are counted after it: without it their moments
        have other numbers. Tried where few are left."""
        place = 0
        while 1 < len(self.at.plan.faults) <= _FEW and place < len(self.at.plan.faults):
            faults = self.at.plan.faults
            kept = [*faults[:place], *faults[place + 1 :]]
            place = 0 if any(self._try(each) for each in _moved(kept)) else place + 1

    def _plainer_schedule(self) -> None:
        if self.at.head.schedule != "fifo":
            self._try(self.at.plan.faults, schedule="fifo", schedule_seed=0)

    def _shorter(self) -> None:
        """A strategy's run ends sooner."""
        while not self.at.head.of_the_manager and self.at.head.length is not None:
            half = self.at.head.length // 2 // _LEAST_NS * _LEAST_NS
            if half < _LEAST_NS or not self._try(self.at.plan.faults, length=half):
                return

    def _simpler_values(self) -> None:
        for place in range(len(self.at.plan.faults)):
            for key in _VALUES:
                self._simplify(place, key)

    def _simplify(self, place: int, key: str) -> None:
        tried: list[Fault] = []
        while place < len(self.at.plan.faults):
            fault = self.at.plan.faults[place]
            fresh = [each for each in simpler(fault, key) if each not in tried]
            if not fresh:
                return
            tried.append(fresh[0])
            faults = [*self.at.plan.faults]
            faults[place] = fresh[0]
            self._try(faults)

    def _try(self, faults: Sequence[Fault], **head: Any) -> bool:
        run = self.at.head.model_copy(update=head)
        reached = self._attempt(replace(self.at.plan, faults=tuple(faults), run=run))
        if reached is None:
            return False
        self.at = reached
        return True


_SHUFFLED = 2
"""Ways before this one take faults in the plan's order."""


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
