"""Strangers' orders of which more was filled than was told: asked for until an answer shows it.

An answer may be older than what it was asked for (F17), and shows then as little as was told.
"""

from ...order import OrderState
from ..positions import Ledger


class Strangers:
    """What is lacking of orders of other hands, for `visible_s` after it came to light: what no
    answer shows by then was filled before anything was ours to count."""

    def __init__(self, ledger: Ledger, visible_s: float) -> None:
        self._ledger = ledger
        self._visible_s = visible_s
        self._lacking: dict[str, tuple[OrderState, float]] = {}  # by the broker's id; until when

    def told(self, order: OrderState, now_s: float) -> None:
        """More of an order was filled than was told of it."""
        self.lack(now_s)  # so that the table has none that is not asked for any more
        self._lacking[order.order_id] = order, now_s + self._visible_s

    def lack(self, now_s: float) -> bool:
        """Whether something is lacking still, and may be shown yet."""
        self._lacking = {
            order_id: (order, until_s)
            for order_id, (order, until_s) in self._lacking.items()
            if until_s > now_s and self._ledger.lacks(order)
        }
        return bool(self._lacking)
