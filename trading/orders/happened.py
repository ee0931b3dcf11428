"""What happened to an order, in one object: the event of it is made when somebody reads it.

An event repeats what its order's request says, in plain words, so that whoever reads it needs
nothing else. Most events are read by nobody: a journal keeps them, and forgets them.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from ..order import Execution, OrderRequest
from ..words import OrdStatus, Reason
from .agreement import Wish
from .events import (
    Accepted,
    Cancelled,
    Corrected,
    Expired,
    Filled,
    FillNow,
    Modified,
    OrderEvent,
    OrderNow,
    Partial,
    Rejected,
    Voided,
)

Kind = type[
    Accepted | Partial | Filled | Cancelled | Rejected | Expired | Modified | Corrected | Voided
]
"""What happens to an order."""


class Happened(Struct, frozen=True, gc=False):
    """The event `n`, of this kind, and the order after it: fields as its core has them, `now` the
    numbers that it works with. `fill`, `asked`, `reason` and `text` for those kinds that have
    them."""

    kind: Kind
    n: int
    time_ns: int
    request: OrderRequest
    order_id: str | None
    venue_status: OrdStatus
    now: Wish
    cum_qty: int
    avg_px: Decimal | None
    fill: Execution | None
    asked: bool
    reason: Reason
    text: str

    def event(self) -> OrderEvent:
        """The event, equal each time."""
        given: dict[str, Any] = {name: getattr(self, name) for name in _OWN[self.kind]}
        if self.fill is not None:
            given["fill"] = _fill_now(self.fill)
        event: OrderEvent = self.kind(n=self.n, time_ns=self.time_ns, order=self._order(), **given)
        return event

    def _order(self) -> OrderNow:
        request, now, over = self.request, self.now, self.venue_status.terminal
        return OrderNow(
            tag=request.cl_ord_id,
            order_id=self.order_id or "",
            instrument=request.instrument.symbol,
            side=request.side,
            ord_type=request.ord_type,
            order_qty=now.order_qty,
            cum_qty=self.cum_qty,
            leaves_qty=0 if over else max(now.order_qty - self.cum_qty, 0),
            price=None if now.price is None else _plain(now.price),
            stop_px=None if now.stop_px is None else _plain(now.stop_px),
            avg_px=self.avg_px,
        )


_OWN = {
    kind: [name for name in kind.__struct_fields__ if name not in ("n", "time_ns", "order")]
    for kind in (
        Accepted,
        Partial,
        Filled,
        Cancelled,
        Rejected,
        Expired,
        Modified,
        Corrected,
        Voided,
    )
}
"""What only events of a kind tell."""


def _fill_now(fill: Execution) -> FillNow:
    return FillNow(
        exec_id=fill.exec_id,
        qty=fill.qty,
        px=_plain(fill.px),
        time_ns=fill.time_ns,
        fee=fill.fee,
    )


def _plain(price: Decimal) -> Decimal:
    """An event's prices are Decimals and nothing more, so that anybody can store them."""
    return price if type(price) is Decimal else Decimal(price)
