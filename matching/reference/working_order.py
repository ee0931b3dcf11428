"""One of our orders while it works, and what stays known of it afterwards."""

from msgspec import Struct

from ...trading.words import OrdStatus, OrdType, Side, TimeInForce


class WorkingOrder(Struct, eq=False):
    """An order that is not done. Owned by the book; changed only by the modules of this engine.

    `price` is the limit it works at now (None: without a limit, or a stop that has not been set
    off); `sign` +1 for a buy; `arrival` its place in time, new when priority is lost. `waiting`: a
    stop that has not been set off. `placed`: it is in the book, among the stops or in a ladder.
    `frozen`: it is in neither, though it works: the venue fails it.
    `aggressive`: it rests, but the recorded market opposite is still within its limit, so it goes
    on taking at recorded prices. `ahead` is the recorded quantity before it at its price, None
    while unknown; the four fields below belong to queue_position.py.
    """

    order_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    order_qty: int
    price: int | None
    stop_px: int | None
    trail: int | None
    arrival: int
    sign: int
    cum_qty: int = 0
    waiting: bool = False
    placed: bool = False
    frozen: bool = False
    aggressive: bool = False
    ahead: int | None = None
    traded: int = 0
    drop_ns: int = -1
    drop_left: int = 0
    drop_moved: int = 0

    @property
    def leaves_qty(self) -> int:
        return self.order_qty - self.cum_qty

    def reaches(self, price: int) -> bool:
        """Whether its limit allows a fill at `price`."""
        return self.price is None or (self.price - price) * self.sign >= 0

    def worse(self, one: int, other: int) -> int:
        """The price of the two that is the worse for this order."""
        return max(one, other) if self.sign > 0 else min(one, other)


class DoneOrder(Struct, frozen=True):
    """What is kept of a finished order, to answer a late request with the truth."""

    status: OrdStatus
    order_qty: int
    cum_qty: int
