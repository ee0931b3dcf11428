"""An order that the broker refuses because its tag was used before (race-scenarios RS-04).

Our own first sending may have arrived, and something between us and the broker sent it again: then
the order is there, and the refusal is no word on it. Or the tag is another life's, and the order
under it is none of ours. The order is looked up by its tag, and what is found decides.
"""

from collections.abc import Callable

from ...errors import Refused
from ...order import OrderRequest, OrderState
from ..handle import Order
from ..settings import OrderSettings


class Duplicates:
    """Orders that were refused so, until it is known what is there under their tags."""

    def __init__(self, now_ns: Callable[[], int], settings: OrderSettings) -> None:
        self._now_ns = now_ns
        self._overlap_ns = round(settings.overlap_s * 1e9)
        self.refusals: dict[str, tuple[Refused, int]] = {}  # by tag, with `since_ns`

    def since_ns(self, last_ns: int) -> int:
        """An order that leaves now has nothing done to it before this time of the broker's, who
        told of something at `last_ns`. The local clock may be off, a little; where it is more than
        that, an order of ours is not known again, and its fills tell."""
        return max(last_ns, self._now_ns() - self._overlap_ns)

    def refused(self, order: Order, refusal: Refused, since_ns: int) -> None:
        """An order that left at that time was refused as a duplicate."""
        self.refusals[order.cl_ord_id] = refusal, since_ns

    def found(self, order: Order, state: OrderState | None) -> Refused | None:
        """A look-up shows what is there under an order's tag: the refusal, where that is another
        order, so that ours is dead; None where it is ours, or nobody ever said so."""
        if state is None or order.cl_ord_id not in self.refusals:
            return None
        refusal, since_ns = self.refusals.pop(order.cl_ord_id)
        ours = order.core.accepted or _same(order.core.request, state, since_ns)
        return None if ours else refusal

    def over(self, order: Order) -> None:
        """An order has ended."""
        self.refusals.pop(order.cl_ord_id, None)


def _same(request: OrderRequest, state: OrderState, since_ns: int) -> bool:
    """Whether an order is the one that was asked for. One that works untouched is, however old."""
    for asked, has in ((request.price, state.price), (request.stop_px, state.stop_px)):
        if request.trail is None and asked is not None and has is not None and asked != has:
            return False
    whole = (request.side, request.ord_type, request.order_qty)
    if whole != (state.side, state.ord_type, state.order_qty):
        return False
    untouched = not state.ord_status.terminal and not state.cum_qty
    return untouched or state.time_ns > since_ns
