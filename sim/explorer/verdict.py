"""What became of one run."""

from typing import Literal

from msgspec import Struct

from ...scenarios.plan import Plan
from ..faults.moments import Passed

Kind = Literal["clean", "violation", "raised", "stuck", "stale"]

REST, HELD, ENDS, LOST, DEAD = "REST", "HELD", "ENDS", "INV-11", "INV-20"
"""Rules of a run that are no oracle's: it comes to rest; the workload ends flat; a strategy ends as
it was said to; no exception is lost; a program that has died does nothing (fault-model 5)."""


class Begun(Struct, frozen=True):
    """A step of the workload began, `at_ns` from the run's start."""

    number: int
    at_ns: int


class Verdict(Struct, frozen=True):
    """How a run ended. `rule`: what was broken first, "" when nothing was; `text` says how, `trace`
    what led to it; `broke_ns`: when, from the run's start, None where only its end shows it.
    `fired`: what of the plan did something. `premises`: how often each oracle had something to
    judge; `faults`: how often each kind struck; `states`: see `OrderStates`; `steps`: those of the
    workload, and its end; `passed`: every call and event."""

    kind: Kind
    rule: str
    text: str
    trace: tuple[str, ...]
    digest: str
    fired: Plan
    premises: dict[str, int]
    faults: dict[str, int]
    states: dict[str, int]
    steps: tuple[Begun, ...]
    virtual_s: float
    passed: tuple[Passed, ...] = ()
    broke_ns: int | None = None

    @property
    def failed(self) -> bool:
        """Whether anything is wrong."""
        return self.kind != "clean"
