"""What an oracle is, and what it says when a rule is broken."""

from typing import Protocol

from msgspec import Struct

from ...trading.errors import DryfillError
from .port import PortEvent
from .scene import BrokerSaid


class Oracle(Protocol):
    """Watches a run for one invariant; each event costs it a few steps, however long the run.

    `premise` counts how often the invariant had something to say: an oracle whose premise was never
    true has proved nothing (fault-model 2, "vacuity"). Everything else is optional.
    """

    name: str
    premise: int

    def on_broker(self, said: BrokerSaid) -> None:
        """An order changed at the broker; the account has booked it."""
        return

    def on_manager(self, event: PortEvent) -> None:
        """Something passed the client's port; the manager has acted on what it was told."""
        return

    def on_step(self, now_ns: int) -> None:
        """Time has come this far; called before each event, too."""
        return

    def at_quiescence(self) -> None:
        """Nothing is on its way and nothing was for a while."""
        return

    def at_end(self) -> None:
        """The run is over, perhaps in the middle of something."""
        return


class Violation(Struct, frozen=True):
    """A rule that was broken: which, when (ns since the epoch), how, and what had led to it."""

    oracle: str
    time_ns: int
    text: str
    trace: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.oracle} at {self.time_ns}: {self.text}"


class OracleError(DryfillError):
    """At least one invariant was broken; the message ends with the trace of the first."""

    def __init__(self, violations: list[Violation]) -> None:
        first = violations[0]
        said = "\n".join(str(violation) for violation in violations)
        trace = "\n".join(first.trace)
        super().__init__(f"{said}\nwhat led to the first, last {len(first.trace)} lines:\n{trace}")
        self.violations = violations
