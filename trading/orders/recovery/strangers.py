"""Strangers' orders of which more was filled than was told: asked for until an answer shows it.

An answer may be older than what it was asked for (F17), and shows then as little as was told. Nor
do all answers of one look come at once: the orders may show that something was filled before the
fills do. Who closes all that is held waits for that as long.
"""

from collections import OrderedDict
from collections.abc import Callable

from ...instrument import Instrument
from ...order import OrderState
from ..sending.outbox import Outbox

_GIVEN_UP_MOST = 1_000


class Strangers:
    """What is lacking of orders of other hands, for `visible_s` after it came to light: what no
    answer shows by then was filled before anything was ours to count; while nobody answers, nothing
    is known by that. `moved` is called when that is over, for whoever waited."""

    def __init__(
        self, outbox: Outbox, visible_s: float, moved: Callable[[Instrument], None]
    ) -> None:
        self._outbox = outbox
        self._visible_s = visible_s
        self._moved = moved
        self._lacking: dict[str, tuple[OrderState, float]] = {}  # by the broker's id; until when
        self._asked_s = 0.0  # when the newest question about fills left that was answered
        self._given_up: OrderedDict[str, int] = OrderedDict()  # filled, by id: no answer showed it
        outbox.lacking = self.lacks_in

    def told(self, order: OrderState, now_s: float) -> None:
        """More of an order was filled than was told of it."""
        self.lack(now_s)  # so that the table has none that is not asked for any more
        self._lacking[order.order_id] = order, now_s + self._visible_s
        self._outbox.later(self._visible_s, lambda: self._moved(order.instrument))

    def answered(self, began_s: float) -> None:
        """A question about fills that left then was answered, and taken in."""
        self._asked_s = max(self._asked_s, began_s)
        if self._lacking:
            before = [order for order, _ in self._lacking.values()]
            self.lack(self._outbox.now_s())
            for order in before:
                if order.order_id not in self._lacking:
                    self._moved(order.instrument)

    def is_news(self, order: OrderState) -> bool:
        """Whether an order shows that something is lacking, and nobody asks for it yet."""
        known, _ = self._lacking.get(order.order_id, (None, 0.0))
        asked = self._given_up.get(order.order_id, 0) if known is None else known.cum_qty
        return order.cum_qty > asked and self._outbox.ledger.lacks(order)

    def lack(self, now_s: float) -> bool:
        """Whether something is lacking still, and may be shown yet."""
        ledger, lacking = self._outbox.ledger, {}
        for order_id, (order, until_s) in self._lacking.items():
            over = until_s <= now_s and self._asked_s >= until_s - self._visible_s
            if not over and ledger.lacks(order):
                lacking[order_id] = order, until_s
            elif over:
                self._given_up[order_id] = order.cum_qty
        while len(self._given_up) > _GIVEN_UP_MOST:
            self._given_up.popitem(last=False)
        self._lacking = lacking
        return bool(lacking)

    def lacks_in(self, instrument: Instrument) -> bool:
        """The same, of one instrument."""
        if not self._lacking or not self.lack(self._outbox.now_s()):
            return False
        symbols = [order.instrument.symbol for order, _ in self._lacking.values()]
        return instrument.symbol in symbols
