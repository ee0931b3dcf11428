"""Which requests reduce risk: they go first, and have a breaker of their own."""

from ...broker import Urgency
from .. import tags
from ..commands import CANCEL, LOOK, MODIFY, Do
from ..handle import Order

_CLOSING = (".stop", ".exit")  # roles whose orders reduce risk
_LEG = f".{tags.LEG}"
_ORDINARY, _RISK_REDUCING = Urgency.ORDINARY, Urgency.RISK_REDUCING


def urgency_of(order: Order, do: Do) -> Urgency:
    """How urgent a request about an order is."""
    tag = order.cl_ord_id
    if do is LOOK and not order.core.wish.working:
        return _RISK_REDUCING  # what it tells ends the cancels, which would leave it no room
    if do is CANCEL or tag.rpartition("#")[0].endswith(_CLOSING) or _LEG in tag:
        return _RISK_REDUCING
    if do is MODIFY and order.core.wish.order_qty < order.core.order_qty:
        return _RISK_REDUCING  # as a cancel of a part: a target for too much would turn it over
    return _ORDINARY
