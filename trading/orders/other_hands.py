"""An order of ours that another hand changed: the trader at another screen, or the venue.

Whose word on a price is the newest is whose price holds: it is taken over, by the order or by
whoever answers for it, as if the trader had changed the order here. How large an order is that
follows what is held is nobody's wish: such a one gets its size back.
"""

from msgspec import structs

from ..order import OrderChange
from ..price import price_text
from .commands import MODIFY
from .handle import Order
from .owners import Owner
from .sending.outbox import Outbox


def take_over(order: Order, owner: Owner | None, outbox: Outbox) -> None:
    """What a report or a look showed of an order that we never asked for is wished from now on. A
    child of the broker's is not ours to follow here (`adopting.follow`), and an order that is to go
    goes."""
    core = order.core
    strange, core.agreement.strange = core.agreement.strange, None
    if strange is None or core.adopted or core.terminal or not core.wish.working:
        return
    if core.flight is MODIFY:
        return  # ours is the newer word
    told, wish = core.agreement.now, core.wish
    if strange.price is not None or strange.stop_px is not None:
        wish = structs.replace(wish, price=told.price, stop_px=told.stop_px)
    if strange.order_qty is not None and (owner is None or not owner.sizes(order)):
        wish = structs.replace(wish, order_qty=told.order_qty)
    text = f"{order.describe()} was changed by another hand: {_said(strange)}"
    outbox.incident("changed_elsewhere", text, order.cl_ord_id)
    if wish == core.wish:
        return
    core.agreement.taken_over = told
    if owner is None or not owner.move(order, wish):
        core.want(wish)


def _said(change: OrderChange) -> str:
    words = [] if change.order_qty is None else [f"{change.order_qty} in all"]
    if change.price is not None:
        words.append(f"limit {price_text(change.price)}")
    if change.stop_px is not None:
        words.append(f"stop {price_text(change.stop_px)}")
    return ", ".join(words)
