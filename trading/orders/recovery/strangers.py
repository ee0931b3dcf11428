"""Strangers' orders of which more was filled than was told: asked for until an answer shows it.

An answer may be older than what it was asked for (F17), and shows then as little as was told. Nor
do all answers of one look come at once: the orders may show that something was filled before the
fills do. Who closes all that is held waits for that as long. What later reports of an order show to
be lacking still, and no more of it, was asked for: the same answer tells it.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from ...instrument import Instrument
from ...order import OrderState
from ..sending.outbox import Outbox

_GIVEN_UP_MOST = 1_000


class _Lacking(NamedTuple):
    """Of an order as it was told last: how many contracts, and how long that is believed."""

    order: OrderState
    qty: int
    until_s: float


class Strangers:
    """What is lacking of orders of other hands, for `visible_s` after it came to light: what no
    answer shows by then was filled before anything was ours to count; while nobody answers, nothing
    is known by that. `ask` is called when more is lacking, and every `look_down_s` while answers
    do not show it, with what says whether it still is; `moved` when that is over, for whoever
    waited."""

    ask: Callable[[Callable[[], bool]], None]

    def __init__(
        self, outbox: Outbox, visible_s: float, moved: Callable[[Instrument], None]
    ) -> None:
        self._outbox = outbox
        self._visible_s = visible_s
        self._moved = moved
        self._lacking: dict[str, _Lacking] = {}  # by the broker's id
        self._wanted_s = 0.0  # when a question was wanted last
        self._timer: int | None = None
        self._asked_s = 0.0  # when the newest question about fills left that was answered
        self._given_up: OrderedDict[str, int] = OrderedDict()  # filled, by id: no answer showed it
        outbox.lacking = self.lacks_in

    def told(self, order: OrderState) -> None:
        """More of an order was filled than was told of it."""
        outbox, now_s = self._outbox, self._outbox.now_s()
        self.lack(now_s)  # so that the table has none that is not asked for any more
        qty, known = outbox.ledger.lacks(order), self._lacking.get(order.order_id)
        if known is not None and qty <= known.qty:
            if order.cum_qty > known.order.cum_qty:
                self._lacking[order.order_id] = known._replace(order=order)
            return
        self._lacking[order.order_id] = _Lacking(order, qty, now_s + self._visible_s)
        outbox.later(self._visible_s, lambda: self._moved(order.instrument))
        self._ask_soon()

    def _ask_soon(self) -> None:
        """Ask, and again while something is lacking still."""
        self._wanted_s = self._outbox.now_s()
        self.ask(lambda: self.lack(self._outbox.now_s()))
        self._come_back()

    def _come_back(self) -> None:
        self._outbox.never(self._timer)
        self._timer = self._outbox.later(self._outbox.settings.look_down_s, self._again)

    def _again(self) -> None:
        self._timer = None
        if not self.lack(self._outbox.now_s()):
            return
        if self._asked_s >= self._wanted_s:
            self._ask_soon()
        else:  # what was asked is not answered yet
            self._come_back()

    def answered(self, began_s: float) -> None:
        """A question about fills that left then was answered, and taken in."""
        self._asked_s = max(self._asked_s, began_s)
        if self._lacking:
            before = [each.order for each in self._lacking.values()]
            self.lack(self._outbox.now_s())
            for order in before:
                known = self._lacking.get(order.order_id)
                if known is None:
                    self._moved(order.instrument)
                else:
                    left = known._replace(qty=self._outbox.ledger.lacks(order))
                    self._lacking[order.order_id] = left

    def is_news(self, order: OrderState) -> bool:
        """Whether an order shows that something is lacking, and nobody asks for it yet."""
        known = self._lacking.get(order.order_id)
        asked = self._given_up.get(order.order_id, 0) if known is None else known.order.cum_qty
        return order.cum_qty > asked and self._outbox.ledger.lacks(order) > 0

    def lack(self, now_s: float) -> bool:
        """Whether something is lacking still, and may be shown yet."""
        ledger, lacking = self._outbox.ledger, {}
        for order_id, each in self._lacking.items():
            order, until_s = each.order, each.until_s
            over = until_s <= now_s and self._asked_s >= until_s - self._visible_s
            if not over and ledger.lacks(order):
                lacking[order_id] = each
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
        symbols = [each.order.instrument.symbol for each in self._lacking.values()]
        return instrument.symbol in symbols
