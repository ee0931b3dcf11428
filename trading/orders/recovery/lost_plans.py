"""Orders of a bracket whose plan was lost: the journal's last words did not outlive the power.

Where its entry still works or what it filled is without a stop, nobody knows any more where that
stop belonged. The entry is taken away then, and what it holds is closed: flat is the only safe
place without a plan. What is protected is left as it is.
"""

from ...words import OrdType, TimeInForce
from ..brackets.bracket import Bracket
from ..brackets.core import Mode
from ..brackets.kept import BracketKept
from ..handle import Order
from ..owners import Past


def without_plan(past: Past, held: int) -> Bracket | None:
    """A bracket that closes what orders of an intent opened; None where there is nothing to do.

    `held`: what the account holds in their instrument, signed: no more than that is closed.
    """
    entries = past.of("entry")
    if not entries:
        return None
    entry = entries[-1]
    orders = [order for found in past.orders.values() for order in found]
    sign = entry.side.sign
    net = sign * sum(order.side.sign * order.cum_qty for order in orders)
    covered = sum(order.leaves_qty for order in orders if _is_stop(order))
    bare = net > covered and sign * held >= net
    if not (entry.working or bare):
        return None
    kept = BracketKept(
        symbol=entry.instrument.symbol,
        side=entry.side,
        qty=entry.order_qty,
        stop="1t",  # never sent: nothing is guarded any more
        targets=_targets(past, entry.order_qty),
        tif=TimeInForce.DAY,
        mode=Mode.EXITING,
        reason="its plan is not in the journal",
        handed=True,  # should the broker have made legs for it, they are taken away
    )
    return Bracket.rebuild(kept, past)


def _targets(past: Past, qty: int) -> tuple[tuple[int, str], ...]:
    """Targets enough for every role of one that there is, so that each is taken away."""
    roles = [role for role in past.orders if role.startswith("target")]
    numbers = [int(role.removeprefix("target") or 1) for role in roles]
    return tuple((qty, f"{n + 1}t") for n in range(max(numbers, default=0)))


def _is_stop(order: Order) -> bool:
    return order.working and order.request.ord_type is OrdType.STOP and not order.core.is_entry
