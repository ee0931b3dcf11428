"""One protective leg of a bracket: the orders that played it, and how often they failed."""

from decimal import Decimal

from ..words import Reason
from .bracket_core import LegFacts, Level
from .handle import Order

_UNUSED = LegFacts()


class Leg:
    """A role of a bracket and its orders, one live at a time.

    `failures`: attempts refused or lost since the last one that proved itself; `pauses` counts
    those too that were the market's state. `since_s`: since when the live one works as wished.
    `dropped`: the trader took the leg away. `moved`: the level before a change of the trader's, and
    the price asked for, until the broker agreed; `excused`: the number of the refusal that ended
    such a change.
    """

    __slots__ = (
        "dropped",
        "excused",
        "failures",
        "judged",
        "moved",
        "orders",
        "pause",
        "pauses",
        "role",
        "said",
        "since_s",
    )

    def __init__(self, role: str) -> None:
        self.role = role
        self.orders: list[Order] = []
        self.failures = 0
        self.pauses = 0
        self.judged = 0  # attempts whose end was looked at
        self.pause: int | None = None  # the timer, while we wait after a failure
        self.since_s: float | None = None
        self.said: tuple[str, Reason, str] | None = None  # the last failure that was told
        self.dropped = False
        self.excused = 0
        self.moved: tuple[Level, Decimal] | None = None

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None

    @property
    def live(self) -> Order | None:
        """The attempt that works or may be working."""
        last = self.last
        return last if last is not None and last.working else None

    def facts(self) -> LegFacts:
        if not self.orders:
            return _UNUSED
        cum_qty = sum([order.core.cum_qty for order in self.orders])
        live = self.live
        if live is None:
            return LegFacts(cum_qty)
        return LegFacts(cum_qty, live.leaves_qty, True, live.core.agreed)

    def works(self, now_s: float) -> None:
        """The live attempt is as wished."""
        if self.since_s is None:
            self.since_s = now_s

    def failed(self, now_s: float, proven_s: float, *, counts: bool) -> None:
        """An attempt was refused or lost; one that had proved itself wipes the slate first."""
        if self.since_s is not None and now_s - self.since_s >= proven_s:
            self.failures = self.pauses = 0
            self.said = None
        self.since_s = None
        self.pauses += 1
        self.failures += counts
