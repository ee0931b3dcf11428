"""What a plan did in a run: which faults fired, when and to what; and which never did."""

from msgspec import Struct

from ...scenarios.plan import Plan
from ...trading.errors import ScenarioError


class StalePlan(ScenarioError):
    """A fault of a strict plan did not fire: the run proves nothing about it."""


class Fired(Struct, frozen=True):
    """A fault had an effect, `at_ns` from the run's start. `number` is its place, from 1."""

    at_ns: int
    number: int
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.at_ns / 1e6:.6f} ms  fault {self.number} ({self.kind}): {self.what}"


class FaultLog:
    """Kept by the faults of a run. `str()` is a line for each effect."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.entries: list[Fired] = []
        self._counts = [0] * len(plan.faults)

    def note(self, at_ns: int, place: int, what: str) -> None:
        """The fault at `place` of the plan had an effect."""
        self.entries.append(Fired(at_ns, place + 1, self.plan.faults[place].kind, what))
        fault = self.plan.faults[place]
        # An outage hits many calls and is one fault.
        self._counts[place] += fault.duration is None or not self._counts[place]

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each fault of the plan fired."""
        return tuple(self._counts)

    def stale(self) -> list[str]:
        """The faults that fired less often than the plan says, described."""
        pairs = zip(self.plan.faults, self._counts, strict=True)
        return [
            f"fault {number}: {fault}: fired {count} of {fault.fires}"
            for number, (fault, count) in enumerate(pairs, 1)
            if count < fault.fires
        ]

    def check(self) -> None:
        """Raise `StalePlan` where the plan is strict and a fault did not fire."""
        stale = self.stale() if self.plan.strict else []
        if stale:
            name = f"plan {self.plan.name!r}" if self.plan.name else "the plan"
            raise StalePlan(
                f"{name} is stale: it names moments that did not come in this run; mend or remove\n"
                + "\n".join(f"  {line}" for line in stale)
                + f"\nwhat fired:\n{self or '  nothing'}"
            )

    def fired_plan(self) -> Plan:
        """The plan without what did not fire: the same run again, and strict."""
        return self.plan.narrowed(self.counts)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def __str__(self) -> str:
        return "\n".join(f"  {entry}" for entry in self.entries)
