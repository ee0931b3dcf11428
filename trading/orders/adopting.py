"""An order that the broker made for us: known here under a tag that the broker never hears."""

from msgspec import structs

from ..order import OrderRequest, OrderState
from ..words import OrdType, TimeInForce
from .commands import Command, Do
from .order_core import OrderCore
from .settings import OrderSettings


def adopted(tag: str, state: OrderState, settings: OrderSettings) -> OrderCore:
    """The core of an order of the broker's, as if it had been sent and taken. It is asked for by
    the broker's id, and what it has is what we wish, until somebody wishes otherwise."""
    limits = state.ord_type in (OrdType.LIMIT, OrdType.STOP_LIMIT)
    core = OrderCore(
        OrderRequest(
            cl_ord_id=tag,
            instrument=state.instrument,
            side=state.side,
            ord_type=state.ord_type,
            order_qty=state.order_qty,
            # A stop that was set off shows a limit of the venue's making.
            price=state.price if limits else None,
            stop_px=state.stop_px,
            tif=TimeInForce.GTC,
        ),
        settings,
    )
    core.adopted = True
    core.sent(Command(Do.PLACE), 0.0)
    core.acked(state.order_id)
    core.seen(state)
    core.wish = core.agreement.now
    return core


def follow(core: OrderCore) -> None:
    """What the broker made of an order is as we wish it. A change or a cancel of ours under way,
    or one that was refused, is not touched."""
    if core.flight is None and core.wish.working and not core.refusal:
        core.wish = structs.replace(core.agreement.now, working=True)
        core.agreement.contested = 0
