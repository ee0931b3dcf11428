"""Of a plan that fails, the least that still fails, by trying: fewer steps, fewer faults, simpler
values, the plain schedule.

What is tried must break the same rule, else it is another story. First goes what came after the
rule was broken. From what is left several ways lead down (`descent.py`), and the smallest plan that
any of them comes to is kept.
"""

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import replace

from ...scenarios.plan import Plan
from ...scenarios.plan_run import Played
from ..loop.hold import hold_collector
from .descent import Descent, Reached
from .simpler import joined
from .verdict import Verdict

Play = Callable[[Plan], Verdict]
Peek = Callable[[Plan, int], Verdict]

_WAYS_MOST = 8
_FEW, _IN_VAIN_MOST = 3, 3
"""So many ways in a row that lead to nothing smaller are enough; one less for so few faults."""

_SHARES = 4
_WAY_LEAST = 50
"""A way takes no more than one in so many of all runs, or so many."""

_LATER_NS = 60 * 10**9
"""How much later than in the first run a rule may be broken in a candidate's."""


class OutOfRuns(Exception):
    """As many runs as were allowed have been made."""


class _WayTooLong(Exception):
    """As many runs as one way is given have been made."""


class Shrinker:
    """Makes a plan smaller. `play` runs a candidate, which is not strict; `told` hears of each
    success, `runs` counts. `plan` is the smallest so far: strict, its head true of it.

    `peek` runs one no longer than to see which rule it breaks, until a time from its start
    (`Case.peek`); what only an end shows is played to its end all the same.
    """

    def __init__(
        self,
        plan: Plan,
        play: Play,
        runs_most: int,
        told: Callable[[str], None] = lambda line: None,
        *,
        peek: Peek | None = None,
    ) -> None:
        assert plan.run is not None, "what is shrunk was found in a run"
        self.runs = 0
        self._first = plan
        self._best: Reached | None = None
        self._rule = plan.run.fails
        self._play = play
        self._peek = peek
        self._until_ns: int | None = None
        self._way_ends = runs_most
        self._most = runs_most
        self._told = told
        self._tried: dict[Hashable, Reached | None] = {}  # ways meet: nothing is run twice

    @property
    def plan(self) -> Plan:
        return self._first if self._best is None else self._best.plan

    @property
    def verdict(self) -> Verdict | None:
        """What became of the smallest plan's run; None while nothing failed as it should."""
        return None if self._best is None else self._best.verdict

    @hold_collector()  # many short runs
    def shrink(self) -> Plan:
        """The smallest plan that was found; it fails as the first one did.

        Raises `OutOfRuns` when the runs are used up; `plan` is what was reached.
        """
        try:
            start = self._attempt(self._first)
            if start is not None:
                self._all_ways(self._until_it_broke(start))
        finally:
            self._settle()
        return self.plan

    def _until_it_broke(self, start: Reached) -> Reached:
        """What came after the rule was broken did not break it."""
        broke_ns = start.verdict.broke_ns
        if broke_ns is None:
            return start
        self._until_ns = broke_ns + _LATER_NS
        anchors, begun = start.anchors, start.steps
        came = [(anchors.at_ns(fault) or 0, fault) for fault in start.plan.faults]
        faults = tuple(fault for at_ns, fault in came if at_ns <= broke_ns)
        steps = tuple(step for step in begun if step.at_ns <= broke_ns)
        head = start.head.model_copy(update={"steps": _some(steps, begun, start.head.steps)})
        return self._attempt(replace(start.plan, faults=faults, run=head)) or start

    def _all_ways(self, start: Reached) -> None:
        best, in_vain = start, 0
        for number in range(_WAYS_MOST):
            way = Descent(start, self._attempt, number)
            self._way_ends = self.runs + max(self._most // _SHARES, _WAY_LEAST)
            with suppress(_WayTooLong):
                way.go()
            smaller = way.at.size < best.size
            best, in_vain = (way.at, 0) if smaller else (best, in_vain + 1)
            faults = len(best.plan.faults)
            if faults <= 1 or in_vain >= _IN_VAIN_MOST - (faults <= _FEW):
                break
        self._way_ends = self._most
        Descent(best, self._attempt, 0).go()  # its own way may have been too long

    # --- trying -----------------------------------------------------------------------------------

    def _attempt(self, plan: Plan) -> Reached | None:
        """Run a candidate; None where it does not fail as it should."""
        head = plan.run
        assert head is not None, "what is shrunk was found in a run"
        key = (plan.faults, head.steps, head.schedule, head.length)
        if key in self._tried:
            return self._tried[key]
        if self.runs >= self._most - (self._best is not None):  # the last settles it
            raise OutOfRuns
        if self.runs >= self._way_ends:
            raise _WayTooLong
        self.runs += 1
        reached = self._reached(plan, self._seen(replace(plan, strict=False)))
        self._tried[key] = reached
        if reached is not None and (self._best is None or reached.size < self._best.size):
            self._best = reached
            self._told(described(reached.plan, reached.verdict))
        return reached

    def _seen(self, plan: Plan) -> Verdict:
        if self._peek is None or self._until_ns is None:
            return self._play(plan)
        return self._peek(plan, self._until_ns)

    def _reached(self, plan: Plan, verdict: Verdict) -> Reached | None:
        if verdict.rule != self._rule:
            return None
        assert plan.run is not None, "what is shrunk was found in a run"
        head = plan.run.model_copy(update={"digest": verdict.digest})
        return Reached(replace(verdict.fired, run=head), verdict)

    def _settle(self) -> None:
        """Play the smallest plan to its end, for a head that is true; its faults counted from the
        start, as a reader counts them: the same moments, so the same run."""
        if self._best is None:
            return
        anchors, plan = self._best.anchors, self._best.plan
        counted = [anchors.from_the_start(fault) for fault in plan.faults]
        for faults in (joined(counted), counted, plan.faults):
            each = replace(plan, faults=tuple(faults))
            self.runs += 1
            reached = self._reached(each, self._play(replace(each, strict=False)))
            if reached is not None and len(reached.plan.faults) == len(faults):
                self._best = reached
                return


def _some(kept: tuple[Played, ...], begun: list[Played], asked: tuple[Played, ...]) -> object:
    """The steps to ask for: as they were asked for where all that began are kept, or none is."""
    return kept if kept and len(kept) < len(begun) else asked


def described(plan: Plan, verdict: Verdict) -> str:
    """How much is left."""
    faults = len(plan.faults)
    steps = sum(1 for step in verdict.steps if step.number)
    played = f", {steps} step{'s' * (steps != 1)}" if steps else ""
    return f"{faults} fault{'s' * (faults != 1)}{played}"
