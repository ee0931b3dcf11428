"""An order in the broker's books."""

from decimal import Decimal

from ...matching.commands import ReplaceOrder
from ...matching.reports import Report
from ...trading.order import OrderRequest, OrderState
from ...trading.orders.tags import Tag, parse
from ...trading.words import OrdStatus, OrdType, Reason
from .money import mean_price

_WORKS = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
"""The state of an order that works, without a fill and with one."""


class OrderRecord:
    """What the broker knows of one order; `number` is its id here and in the engine, `order_id` the
    same as clients have it. `parent`: the entry to which the broker attached it. `linked`: the
    order that it named as the one to cancel; a target among the children names its stop. `trail`:
    how far a trailing stop stays behind, in units. `carried`: contracts filled before its engine
    knew it, in an earlier life of the broker, less those that its engine filled and the venue took
    back. `voided`: these, in all its lives.
    """

    __slots__ = (
        "carried",
        "cum_qty",
        "entered_ns",
        "leaves_qty",
        "linked",
        "number",
        "order_id",
        "order_qty",
        "parent",
        "price",
        "reason",
        "request",
        "status",
        "stop_px",
        "text",
        "trail",
        "updated_ns",
        "voided",
        "worth_units",
    )

    def __init__(
        self, number: int, request: OrderRequest, now_ns: int, parent: "OrderRecord | None" = None
    ) -> None:
        self.number = number
        self.order_id = str(number)
        self.parent = parent
        self.request = request
        self.entered_ns = now_ns
        self.updated_ns = now_ns
        self.status = OrdStatus.PENDING_NEW
        self.order_qty = request.order_qty
        self.cum_qty = 0
        self.leaves_qty = request.order_qty
        self.worth_units = 0  # sum of quantity times price, in units
        self.price = request.price
        self.stop_px = request.stop_px
        self.trail = request.trail
        self.linked: OrderRecord | None = None
        self.carried = self.voided = 0
        self.reason = Reason.NONE
        self.text = ""

    def apply(self, report: Report) -> None:
        """Take the exchange's word."""
        grid = self.request.instrument
        self.status = report.ord_status
        self.order_qty = report.order_qty + self.carried
        self.cum_qty = report.cum_qty + self.carried
        if self.carried and self.status in _WORKS:
            self.status = _WORKS[self.cum_qty > 0]
        self.leaves_qty = report.leaves_qty
        self.worth_units += report.last_qty * report.last_px
        self.price = None if report.price is None else grid.decimal(report.price)
        self.stop_px = None if report.stop_px is None else grid.decimal(report.stop_px)
        self.updated_ns = report.time_ns
        if report.reason is not Reason.NONE:
            self.reason = report.reason

    def void(self, qty: int, px: int, now_ns: int) -> None:
        """A fill of so many contracts at a price in units was taken back."""
        self.carried -= qty
        self.voided += qty
        self.order_qty -= qty
        self.cum_qty -= qty
        self.worth_units -= qty * px
        self.updated_ns = now_ns
        if self.status in _WORKS:
            self.status = _WORKS[self.cum_qty > 0]

    def change(
        self, qty: int | None, price: int | None, stop_px: int | None, trail: int | None = None
    ) -> ReplaceOrder:
        """What its engine is told of a change; `qty` is the new total, fills included."""
        if qty is not None:
            qty -= self.carried
        return ReplaceOrder(self.number, qty, price, stop_px, trail)

    @property
    def tag(self) -> Tag | None:
        """What the order is for by its client tag, None where that is not one of ours. A child has
        none: it is a leg of its entry's bracket, and its number stands for the attempt."""
        if self.parent is None:
            return parse(self.request.cl_ord_id)
        entry = self.parent.tag
        role = "target" if self.request.ord_type is OrdType.LIMIT else "stop"
        return None if entry is None else Tag(entry.intent, role, self.number)

    @property
    def known_as(self) -> str:
        """The client tag, or for a child what it is for."""
        return self.request.cl_ord_id if self.parent is None else str(self.tag or "")

    @property
    def avg_px(self) -> Decimal | None:
        """The mean fill price; None while nothing is filled."""
        if not self.cum_qty:
            return None
        return mean_price(self.request.instrument, self.worth_units, self.cum_qty)

    def state(self) -> OrderState:
        """The order as a client is told of it now."""
        request = self.request
        return OrderState(
            instrument=request.instrument,
            order_id=self.order_id,
            cl_ord_id=request.cl_ord_id,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=self.status,
            order_qty=self.order_qty,
            cum_qty=self.cum_qty,
            leaves_qty=self.leaves_qty,
            price=self.price,
            stop_px=self.stop_px,
            avg_px=self.avg_px,
            time_ns=self.updated_ns,
            reason=self.reason,
            text=self.text,
            parent_id=None if self.parent is None else self.parent.order_id,
        )
