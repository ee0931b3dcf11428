"""Changing a leg at a broker that does not change orders in place (race-scenarios RS-28).

A stop is never taken away before another works: the next attempt goes out beside it, at the new
price and size, and the old one is cancelled once the broker has confirmed the new. For a round trip
both work, and should both fill, the excess is given back like any other. Where the broker has no
room for a second order, and for a target, which protects nothing, the old one is cancelled first,
and the next attempt goes when it is known to be out.
"""

from ...words import Reason
from ..exits.closing import Sender
from ..handle import Order
from .leg import Leg

_NO_ROOM = (Reason.INSUFFICIENT_FUNDS, Reason.QUANTITY_OUT_OF_RANGE)
_KEPT_MOST = 8  # attempts of a leg; of older ones nothing can be told any more


def takes_over(leg: Leg, sender: Sender) -> None:
    """The attempt that takes another's place may work by now: then that one goes."""
    old, last = leg.replaced, leg.last
    if old is None or last is None:
        return
    if old.core.terminal or last.core.terminal:
        leg.replaced = None
    elif any(_works(order) for order in leg.standing if order is not old):
        leg.replaced = None
        old.core.want_gone()
        sender.advance(old)


def _works(order: Order) -> bool:
    core = order.core
    return core.wish.working and core.accepted and not core.doubtful


def beside(leg: Leg, old: Order) -> bool:
    """Whether the next attempt may go out while an order works: the broker has confirmed it,
    nothing of it is under way, and no third one is there but the doubtful one that it stands in
    for: for as long as nobody knows of that, what is held would be bare (INV-01)."""
    others = [order for order in leg.standing if order is not old]
    doubted = len(others) < 2 and not any(order.core.accepted for order in others)
    return leg.replaced is None and old.core.agreed and doubted


def no_room(order: Order) -> bool:
    """Whether an attempt was refused for there being another."""
    return order.core.reason in _NO_ROOM


def forget(leg: Leg) -> None:
    """Keep the newest attempts, and those that filled something or may."""
    kept = leg.orders[-_KEPT_MOST:]
    old = [o for o in leg.orders[:-_KEPT_MOST] if o.working or o.cum_qty or o in leg.judging]
    leg.gone += len(leg.orders) - len(old) - len(kept)
    leg.orders = [*old, *kept]
