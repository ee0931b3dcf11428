"""What is kept of a seed that failed: a plan that replays."""

from collections.abc import Callable
from dataclasses import replace

from ...scenarios.plan import Plan
from .verdict import Verdict


def found_plan(plan: Plan, verdict: Verdict, play: Callable[[Plan], Verdict]) -> Plan | None:
    """The plan of a run that failed: what of it fired, strict, with what it breaks in its head;
    None for a run that did not.

    Were the run another one without what never fired, the whole plan would be kept.
    """
    if not verdict.failed or plan.run is None:
        return None
    head = plan.run.model_copy(update={"fails": verdict.rule, "digest": verdict.digest})
    narrow = replace(verdict.fired, run=head)
    again = play(narrow)
    if (again.rule, again.digest) == (verdict.rule, verdict.digest):
        return narrow
    return replace(plan, run=head)
