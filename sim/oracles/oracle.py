"""What an oracle is, and what it says when a rule is broken."""

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from ...trading.errors import DryfillError
from .contract import BrokerSaid
from .port import Answered, CancelTold, Delivered, FlattenCall, GroupTold, PortEvent, Sent, StopMove


class Oracle(Protocol):
    """Watches a run for one invariant; each event costs it a few steps, however long the run.

    `premise` counts how often the invariant had something to say: an oracle whose premise was never
    true has proved nothing (fault-model 2, "vacuity"). Everything else is optional, and an oracle
    is told of nothing that it has no handler for (`hearing`). What passed the port is told once the
    manager has acted on it, each kind to a handler of its own, and then all of it to `on_manager`.
    """

    name: str
    premise: int
    timed: Collection[object] = (None,)
    """What `on_step` looks at: while there is none of it, time may pass. Not made anew, ever; some
    look at more than can be counted so."""

    def on_broker(self, said: BrokerSaid) -> None:
        """An order changed at the broker; the account has booked it."""
        return

    def on_command(self, event: Sent) -> None:
        """A request that may change something leaves the client."""
        return

    def on_question(self, event: Sent) -> None:
        """A question leaves the client."""
        return

    def on_outcome(self, event: Answered) -> None:
        """A command ended, as the client sees it."""
        return

    def on_answer(self, event: Answered) -> None:
        """A question ended, as the client sees it."""
        return

    def on_report(self, event: Delivered) -> None:
        """The stream told of an order."""
        return

    def on_stream(self, event: Delivered) -> None:
        """The stream told of itself: it is up, or down."""
        return

    def on_account(self, event: Delivered) -> None:
        """The stream told of a position, or of the account's money."""
        return

    def on_cancel_told(self, event: CancelTold) -> None:
        """A caller was told how its cancel ended."""
        return

    def on_flatten(self, event: FlattenCall) -> None:
        """A caller's flatten begins, or ended."""
        return

    def on_group_told(self, event: GroupTold) -> None:
        """A caller was told that a group is finished."""
        return

    def on_stop_move(self, event: StopMove) -> None:
        """A caller was told that a bracket's stop was moved."""
        return

    def on_manager(self, event: PortEvent) -> None:
        """Anything passed the client's port."""
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
