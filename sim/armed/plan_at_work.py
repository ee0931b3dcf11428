"""One plan at work on one account of a running twin."""

from typing import Any

from ...scenarios.plan import Fault, Plan
from ...trading.errors import UsageError
from ...trading.instrument import Instrument
from ..faults.injector import Faults
from ..gateway.venue.paper_account import PaperAccount
from ..network.fated import FatedCourses
from ..network.road import Road
from ..network.telling import Telling
from .behind import Behind

_NOT_OURS = {
    "crash": "the client's process is none of the twin's; end it yourself",
    "clock": "the client's clock is none of the twin's",
    "stall": "the client's process is none of the twin's; stop it yourself (kill -STOP)",
    "disk-full": "the client's journal is none of the twin's",
    "unreachable": "who has a connection has reached it; use request-lost, or end the twin",
}


def check_carriable(plan: Plan) -> None:
    """Raise `UsageError` for a fault that a running twin cannot do to its clients."""
    for number, fault in enumerate(plan.faults, 1):
        if fault.kind in _NOT_OURS:
            raise UsageError(f"fault {number} ({fault.kind}): {_NOT_OURS[fault.kind]}")


class PlanAtWork:
    """Armed when it is made, until `disarm`; the plan is one that `check_carriable` lets pass."""

    def __init__(
        self, plan: Plan, behind: Behind, account: PaperAccount, instrument: Instrument
    ) -> None:
        self.account = account
        self.road = Road()
        self.subscribing = any(fault.kind == "not-subscribed" for fault in plan.faults)
        self._before = account.desk.tell, account.tell
        self._timers = timers = behind.timers
        timers.origin_ns = timers.now_ns
        first = timers.asked
        self.faults = Faults(plan, timers, account.desk, instrument)
        self._at = first, timers.asked  # what waits for a time of its own
        Telling(timers, lambda: behind.gateway, account, self.road, self.faults)
        venue = behind.gateway.venue
        self.courses = FatedCourses(timers, venue, account, self.faults, behind.meant_ns)

    @property
    def user(self) -> str:
        """Whose clients have it so."""
        return self.account.spec.user

    def disarm(self) -> None:
        """Nothing more begins; what has begun ends when it would have, and the hub is up again."""
        self._timers.forget(*self._at)
        self.account.desk.tell, self.account.tell = self._before
        if self.road.down:
            self.road.come_up()
        self.road.links.clear()  # what was to bring the road up later finds nobody

    def told(self) -> dict[str, Any]:
        """What it is and what it did, for whoever armed it."""
        log = self.faults.log
        counts = zip(log.plan.faults, log.counts, strict=True)
        return {
            "accountId": self.account.id,
            "fault": [_row(fault, count) for fault, count in counts],
            "log": [str(entry) for entry in log.entries],
        }


def _row(fault: Fault, count: int) -> dict[str, Any]:
    return {**fault.model_dump(exclude_defaults=True), "fired": count}
