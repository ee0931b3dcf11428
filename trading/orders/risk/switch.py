"""The kill switch: everything is flattened, and nothing that opens is sent until it is released."""

from collections.abc import Callable

from msgspec import Struct

from ...errors import RefusedByUs
from ...order import OrderSpec
from ..handle import Order


class KillKept(Struct, frozen=True):
    """A switch that is pulled, as a journal has it."""

    reason: str


class KillSwitch:
    """The same with and without a risk gate, in simulation and live. `killed`: why; None while the
    switch is not pulled. `heard` is told of each change: a gate follows it."""

    kind = intent = "kill"

    def __init__(self) -> None:
        self.killed: str | None = None
        self.heard: Callable[[str | None], None] = lambda killed: None

    def pull(self, reason: str) -> None:
        """From now on nothing that opens is sent."""
        self.killed = reason or "no reason given"
        self.heard(self.killed)

    def kept(self) -> KillKept:
        """Why it is pulled."""
        return KillKept(self.killed or "")

    def release(self) -> None:
        """Trade again."""
        self.killed = None
        self.heard(None)

    def check(self, spec: OrderSpec, held: int, working: list[Order]) -> None:
        """Raise `RefusedByUs` for an order that may open something while the switch is pulled: one
        that, with the others of its side, is for more than it closes."""
        if self.killed is None:
            return
        others = sum(
            order.leaves_qty for order in working if order.side is spec.side and order.core.is_entry
        )
        if held * spec.side.sign >= 0 or spec.qty + others > abs(held):
            raise RefusedByUs(f"kill switch: {self.killed}; only what closes passes, or release()")

    def check_change(self, order: Order) -> None:
        """Raise `RefusedByUs` for a change of an order that may open something."""
        if self.killed is not None and order.core.is_entry:
            raise RefusedByUs(
                f"kill switch: {self.killed}; {order.describe()} may be cancelled, not changed"
            )
