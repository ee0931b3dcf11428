"""What became of orders, as typed records: what `manager.events()` tells and a journal keeps.

Every event has a number `n`, from 1, without holes, and a `time_ns`, the manager's wall clock. Of
one order they come in this order: accepted, then changes and fills, then its one end; what a fill
that comes later still changes is a `Corrected`. Whoever reads them needs nothing else: each carries
the order as it is after it.
"""

from decimal import Decimal

from msgspec import Struct

from ..words import OrdType, Reason, Side
from . import tags
from .incident import Incident


class OrderNow(Struct, frozen=True, kw_only=True, gc=False):
    """An order after an event. `tag` is its client tag, `order_id` the broker's ("" before it is
    known), `instrument` a symbol; quantities in contracts, `avg_px` None while nothing is
    filled."""

    tag: str
    order_id: str
    instrument: str
    side: Side
    ord_type: OrdType
    order_qty: int
    cum_qty: int
    leaves_qty: int
    price: Decimal | None
    stop_px: Decimal | None
    avg_px: Decimal | None

    @property
    def intent(self) -> str:
        """What the trader wanted: the part of the tag that all orders of a bracket share."""
        tag = tags.parse(self.tag)
        return self.tag if tag is None else tag.intent


class FillNow(Struct, frozen=True, kw_only=True, gc=False):
    """A fill: `qty` contracts at `px`; `time_ns` is the broker's, `fee` None where not told."""

    exec_id: str
    qty: int
    px: Decimal
    time_ns: int
    fee: Decimal | None = None


class Accepted(Struct, frozen=True, kw_only=True, gc=False, tag="accepted"):
    """The broker has the order."""

    n: int
    time_ns: int
    order: OrderNow


class Partial(Struct, frozen=True, kw_only=True, gc=False, tag="partial"):
    """Contracts were filled, and the order is not through."""

    n: int
    time_ns: int
    order: OrderNow
    fill: FillNow


class Filled(Struct, frozen=True, kw_only=True, gc=False, tag="filled"):
    """The order is through: its last contracts were filled. `fill` is None where the broker said
    so and never told the fill itself."""

    n: int
    time_ns: int
    order: OrderNow
    fill: FillNow | None


class Cancelled(Struct, frozen=True, kw_only=True, gc=False, tag="cancelled"):
    """The order is over with `order.cum_qty` filled. `asked`: by us; else the venue did it."""

    n: int
    time_ns: int
    order: OrderNow
    asked: bool
    reason: Reason
    text: str


class Rejected(Struct, frozen=True, kw_only=True, gc=False, tag="rejected"):
    """The broker said no, or the order never reached it; nothing works."""

    n: int
    time_ns: int
    order: OrderNow
    reason: Reason
    text: str


class Expired(Struct, frozen=True, kw_only=True, gc=False, tag="expired"):
    """The order's time was over."""

    n: int
    time_ns: int
    order: OrderNow


class Modified(Struct, frozen=True, kw_only=True, gc=False, tag="modified"):
    """The order works with other numbers. `asked`: with those that we wish; else the venue's.
    What a broker makes of the stop and target that it keeps itself is as we wish it."""

    n: int
    time_ns: int
    order: OrderNow
    asked: bool


class Corrected(Struct, frozen=True, kw_only=True, gc=False, tag="corrected"):
    """A fill came for an order whose end was told already; it has no second end (fault-model,
    INV-05)."""

    n: int
    time_ns: int
    order: OrderNow
    fill: FillNow


class IncidentRaised(Struct, frozen=True, kw_only=True, gc=False, tag="incident"):
    """Somebody should look at this."""

    n: int
    time_ns: int
    incident: Incident


class Missed(Struct, frozen=True, kw_only=True, gc=False, tag="missed"):
    """This reader was too slow: events `first` to `last` were not kept for it. Other readers, and
    the manager itself, know them."""

    first: int
    last: int


OrderEvent = (
    Accepted
    | Partial
    | Filled
    | Cancelled
    | Rejected
    | Expired
    | Modified
    | Corrected
    | IncidentRaised
)
"""What happened; a reader may get a `Missed` besides."""
