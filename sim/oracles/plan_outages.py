"""What a plan takes away, told to the oracles: how long order entry is gone, and when all is over.

Scripted and drawn plans alike: a fault says here, and nowhere else, for how long a client could not
have acted (`Watch.unreachable`), and a run's bounds are made of how long its plan may still work.
"""

from ...scenarios.plan import Fault, Plan
from ...scenarios.plan_kinds import CALLS, WRITES
from .knowable import SLOW_NS

_REOPEN_NS = 30 * 10**9  # the longest between two tries at a market that is shut


def unreachable_ns(fault: Fault, *, told: bool) -> int:
    """For how long after its moment nobody gets an order through within a second because of it.

    A halt and an outage of writes last; one slow or lost call does not make time unreachable,
    because another would have been answered (`unanswered.py`: where it was not). `told`: the feed
    tells of the market's state. Where it does not, a halt is over for a client once it tried again.
    Whoever pauses twice as long each time is late by as long as the halt was, and never by more
    than half a minute.
    """
    if fault.kind == "halt":
        lasted_ns = fault.duration or 0
        return lasted_ns + (SLOW_NS if told else min(lasted_ns + SLOW_NS, _REOPEN_NS))
    if fault.kind == "latency" and fault.request + fault.response < SLOW_NS:
        return 0
    return (fault.duration or 0) if set(CALLS[fault.on]) & set(WRITES) else 0


def settles_s(plan: Plan) -> float:
    """How long after its moment a plan may still bring news, in seconds: events that come late, and
    what happens some time after. That nobody rests in an outage `Watch` itself sees to."""
    spans = (
        (fault.delay + (fault.after or 0) + fault.lag + fault.request + fault.response + fault.thaw)
        + fault.copies * fault.gap
        for fault in plan.faults
    )
    return max(spans, default=0) / 1e9
