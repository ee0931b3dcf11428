"""What was true before: the broker's state at an earlier moment, for reads that lag behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...trading.broker import AccountState, BrokerEvent
from ...trading.order import Execution, ExecutionReport, OrderState, PositionState
from ..desk.broker_desk import BrokerDesk

if TYPE_CHECKING:
    from .passing import Call


class Past:
    """Keeps every event of a desk with its time, and answers queries as of a moment.

    An order is visible from its first event on.
    """

    def __init__(self, desk: BrokerDesk) -> None:
        self._desk = desk
        self._told: list[tuple[int, BrokerEvent]] = []
        self._first = desk.account_state()

    def hear(self, now_ns: int, event: BrokerEvent) -> None:
        self._told.append((now_ns, event))

    def answer(self, call: Call, at_ns: int) -> object:
        """The answer to a query as it was at a moment; what happened at it is in."""
        answers = {
            "open-orders": self._open_orders,
            "order": self._order,
            "orders-since": self._orders_since,
            "executions-since": self._executions_since,
            "positions": self._positions,
            "account": self._account,
        }
        return answers[call.name](call, at_ns)

    def _open_orders(self, call: Call, at_ns: int) -> list[OrderState]:
        symbol = None if call.instrument is None else call.instrument.symbol
        return [
            order
            for order in self._orders(at_ns)
            if not order.ord_status.terminal and symbol in (None, order.instrument.symbol)
        ]

    def _order(self, call: Call, at_ns: int) -> OrderState | None:
        orders = self._orders(at_ns)
        for key, wanted in (("cl_ord_id", call.cl_ord_id), ("order_id", call.order_id)):
            for order in orders:
                if wanted is not None and getattr(order, key) == wanted:
                    return order
        return None

    def _orders_since(self, call: Call, at_ns: int) -> list[OrderState]:
        entered = {str(r.number): r.entered_ns for r in self._desk.orders.values()}
        return [o for o in self._orders(at_ns) if entered[o.order_id] >= call.time_ns]

    def _executions_since(self, call: Call, at_ns: int) -> list[Execution]:
        return self._desk.fills.as_of(at_ns, call.time_ns)

    def _positions(self, call: Call, at_ns: int) -> list[PositionState]:
        held: dict[str, PositionState] = {}
        for time_ns, event in self._told:
            if time_ns <= at_ns and isinstance(event, PositionState):
                held[event.instrument.symbol] = event
        return [position for position in held.values() if position.qty]

    def _account(self, call: Call, at_ns: int) -> AccountState:
        found = self._first
        for time_ns, event in self._told:
            if time_ns <= at_ns and isinstance(event, AccountState):
                found = event
        return found

    def _orders(self, at_ns: int) -> list[OrderState]:
        found: dict[int, OrderState] = {}
        for time_ns, event in self._told:
            if time_ns <= at_ns and isinstance(event, ExecutionReport):
                found[int(event.order.order_id)] = event.order
        return [found[number] for number in sorted(found)]
