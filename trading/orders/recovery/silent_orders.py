"""Orders that the broker took and of which no event told yet: they are looked up in time."""

from ...words import OrdStatus
from ..handle import Order
from ..order_core import OrderCore
from ..sending.outbox import Outbox


class SilentOrders:
    """One timer for each of them, `told_within_s` after it was taken."""

    def __init__(self, outbox: Outbox, within_s: float) -> None:
        self._outbox = outbox
        self._within_s = within_s
        self.timers: dict[str, int] = {}  # by tag

    def taken(self, order: Order) -> bool:
        """The broker took an order; whether no event told of it."""
        core = order.core
        if not (core.accepted and core.flight is None and _is_silent(core)):
            return False
        self.told(order)
        timer = self._outbox.later(self._within_s, lambda: self._overdue(order))
        self.timers[order.cl_ord_id] = timer
        return True

    def told(self, order: Order) -> None:
        """An event told of an order."""
        self._outbox.never(self.timers.pop(order.cl_ord_id, None))

    def _overdue(self, order: Order) -> None:
        del self.timers[order.cl_ord_id]
        if _is_silent(order.core) and order.core.wish.working:  # else its cancel tells
            order.core.doubt.arise()
            self._outbox.advance(order)


def _is_silent(core: OrderCore) -> bool:
    return core.venue_status is OrdStatus.PENDING_NEW
