"""INV-09, of changes: that one was made is known, or it counts for nothing."""

from decimal import Decimal

from msgspec import Struct

from ...trading.errors import OutcomeUnknown
from ...trading.order import OrderChange, OrderState
from ...trading.orders.order_core import OrderCore
from .port import Answered, Sent
from .scene import Scene


class _Unproved(Struct):
    """A change whose answer was lost, and no word of the broker's shows it made. `suspect_ns`:
    since when the manager has it for made."""

    change: OrderChange
    suspect_ns: int | None = None


class UnprovedChanges:
    """Changes without an answer, which the manager may not take for made: not before the broker
    shows the order with their numbers. `open`: those, by the broker's id; `lost` counts all that
    there were. Of one that a newer change of the order overtook nothing is asked: what became of
    the order since is the newer one's. A part of `NothingGuessed`."""

    def __init__(self, scene: Scene) -> None:
        self.lost = 0
        self._scene = scene
        self.open: dict[str, _Unproved] = {}
        self._newest: dict[str, Sent] = {}  # by the broker's id, until it is answered or was not

    def on_command(self, event: Sent) -> None:
        if event.do == "modify":  # what it is to become is asked anew
            self.open.pop(event.order_id, None)
            self._newest[event.order_id] = event

    def on_outcome(self, event: Answered) -> None:
        sent = event.sent
        if sent.change is None:
            return
        unknown = isinstance(event.error, OutcomeUnknown)
        self.lost += unknown
        newest = self._newest.get(sent.order_id) is sent
        if newest:
            del self._newest[sent.order_id]
        order = self._scene.order(self._scene.tag_of(sent.order_id))
        if unknown and newest and order is not None and not _has(order.core, sent.change):
            self.open[sent.order_id] = _Unproved(sent.change)

    def shown(self, states: list[OrderState]) -> None:
        """The broker's word on orders: what it shows is no guess any more."""
        for state in states:
            unproved = self.open.get(state.order_id)
            if unproved is not None and _has(state, unproved.change):
                del self.open[state.order_id]

    def guessed(self, now_ns: int) -> str | None:
        """The order that was taken for changed, in words; None where none was."""
        for order_id, unproved in list(self.open.items()):
            order = self._scene.order(self._scene.tag_of(order_id))
            if order is None or not order.working:
                del self.open[order_id]
            elif _has(order.core, unproved.change):
                # What showed it may have been taken in, and is not heard here yet.
                if unproved.suspect_ns is None:
                    unproved.suspect_ns = now_ns
                elif now_ns > unproved.suspect_ns:
                    del self.open[order_id]
                    return order.describe()
        return None


def _has(order: OrderCore | OrderState, change: OrderChange) -> bool:
    """Whether an order has the numbers that a change asked for."""
    pairs: list[tuple[int | Decimal | None, int | Decimal | None]] = [
        (change.order_qty, order.order_qty),
        (change.price, order.price),
        (change.stop_px, order.stop_px),
    ]
    return all(asked in (None, now) for asked, now in pairs)
