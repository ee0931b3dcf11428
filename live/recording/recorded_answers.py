"""What of an answer is news: orders, fills and positions that nobody had told of, or otherwise.

A recording has each thing once, as it was told first; a question asked every few seconds would say
the same again and again. What only a question brought to light is what an incident is made of.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from ...trading.broker import BrokerEvent
from ...trading.order import Execution, ExecutionReport, OrderState, PositionState

_MOST = 10_000  # orders and fills that are remembered; one that was forgotten is news again

Known = Execution | OrderState | PositionState


class Heard:
    """What was told so far: by events, and by answers."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, tuple[Any, ...]] = OrderedDict()
        self._fills: OrderedDict[str, None] = OrderedDict()
        self._held: dict[str, int] = {}

    def event(self, event: BrokerEvent) -> None:
        """An event was told."""
        if isinstance(event, ExecutionReport):
            self._is_news(event.order)
            if event.exec_id is not None:
                self._remember(self._fills, event.exec_id, None)
        elif isinstance(event, PositionState):
            self._is_news(event)

    def news(self, answer: object) -> list[Known]:
        """What of an answer was not told before, or was otherwise; it is told now."""
        told = answer if isinstance(answer, Sequence) else [answer]
        return [each for each in told if isinstance(each, Known) and self._is_news(each)]

    def _is_news(self, told: Known) -> bool:
        if isinstance(told, Execution):
            known = told.exec_id in self._fills
            self._remember(self._fills, told.exec_id, None)
            return not known
        if isinstance(told, PositionState):
            before = self._held.get(told.instrument.symbol, 0)
            self._held[told.instrument.symbol] = told.qty
            return before != told.qty
        now = (told.ord_status, told.order_qty, told.cum_qty, told.price, told.stop_px)
        before_ = self._orders.get(told.order_id)
        self._remember(self._orders, told.order_id, now)
        return before_ != now

    def _remember(self, kept: OrderedDict[str, Any], key: str, value: Any) -> None:
        kept[key] = value
        kept.move_to_end(key)
        if len(kept) > _MOST:
            kept.popitem(last=False)
