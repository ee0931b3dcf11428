"""Where the faults of a run are anchored, so that they stay there when others are taken away.

A drawn plan counts: the ninth fill. Without the fault that made the eighth, another fill is the
ninth, and the plan is another story. What is anchored in a step counts from its beginning on, and,
where its moment is of an order, those of the orders that are for the same alone: the first fill of
a stop since 12.5 s.
"""

from collections.abc import Sequence
from itertools import islice

from ...scenarios.plan import Fault
from ...scenarios.plan_kinds import ABOUT_AN_ORDER
from ..faults.moments import Choice, Passed
from .verdict import Begun


class Anchors:
    """A run's moments: `passed` of its calls and events, `begun` of its steps."""

    def __init__(self, passed: Sequence[Passed], begun: Sequence[Begun]) -> None:
        self._passed = passed
        self._begun = begun

    def at_ns(self, fault: Fault) -> int | None:
        """When a fault's moment came first; None where it is neither a time, a call nor an event,
        or did not come."""
        if fault.at is not None:
            return fault.at
        place = self._place(fault)
        return None if place is None else self._passed[place].at_ns

    def step(self, fault: Fault) -> int | None:
        """The number of the step in which it came; None where it came in none."""
        at_ns = self.at_ns(fault)
        begun = None if at_ns is None else self._step_at(at_ns)
        return None if begun is None else begun.number

    def in_its_step(self, fault: Fault, *, by_role: bool) -> Fault:
        """The same moment, counted in its step; `by_role`: among orders for the same alone. As it
        is, where it has several."""
        place = self._place(fault)
        if place is None or fault.times != 1:
            return fault
        moment = self._passed[place]
        begun = self._step_at(moment.at_ns)
        since_ns = moment.at_ns // _GRID_NS * _GRID_NS if begun is None else begun.at_ns
        choice = Choice.of(fault)
        assert choice is not None, "it has a place"
        tag, role = moment.tag, None
        if by_role and tag is not None and choice.word in ABOUT_AN_ORDER:
            role = tag.duty
        return self._counted(fault, Choice(choice.key, choice.word, role, None, since_ns), place)

    def from_the_start(self, fault: Fault) -> Fault:
        """The same moment, counted among all of the run; as it is, where it has several."""
        place, choice = self._place(fault), Choice.of(fault)
        if place is None or choice is None or fault.times != 1:
            return fault
        return self._counted(fault, Choice(choice.key, choice.word, None, None, 0), place)

    def _counted(self, fault: Fault, choice: Choice, place: int) -> Fault:
        upto = self._passed[: place + 1]
        nth = sum(1 for each in upto if each.key == choice.key and choice.meant(each))
        given = {"since": choice.since_ns, "role": choice.role, "intent": None, "nth": nth}
        return fault.model_copy(update=given)

    def _place(self, fault: Fault) -> int | None:
        choice = Choice.of(fault)
        if choice is None:
            return None
        places = (n for n, each in enumerate(self._passed) if choice.meant(each))
        return next(islice(places, fault.nth - 1, None), None)

    def _step_at(self, at_ns: int) -> Begun | None:
        found = None
        for begun in self._begun:
            if begun.at_ns <= at_ns:
                found = begun
        return found


_GRID_NS = 10**9
