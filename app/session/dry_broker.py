"""A broker that does everything but send: questions and events are the real one's."""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from typing import Any

from ...trading.broker import Ack, Broker, Offers, Urgency
from ...trading.errors import RefusedByUs
from ...trading.instrument import Instrument
from ...trading.order import OrderChange, OrderRequest
from .order_text import request_text


class DryBroker:
    """Stands before a broker and keeps back every command: each is said, and refused by us.

    So a strategy sees what it would see behind a risk gate that lets nothing through; what the
    market does, what is held and what works is true.
    """

    def __init__(self, broker: Broker, say: Callable[[str], None]) -> None:
        self._broker = broker
        self._say = say
        self.listen = broker.listen
        self.open_orders = broker.open_orders
        self.order = broker.order
        self.orders_since = broker.orders_since
        self.executions_since = broker.executions_since
        self.positions = broker.positions
        self.account = broker.account

    @property
    def account_name(self) -> str:
        return self._broker.account_name

    @property
    def offers(self) -> Offers:
        return self._broker.offers

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        return self._kept_back(f"place {request_text(request)}")

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        return self._kept_back(f"modify order {order_id} in {instrument.symbol}: {change}")

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        return self._kept_back(f"cancel order {order_id} in {instrument.symbol}")

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        much = "the position" if qty is None else f"{qty} contracts"
        return self._kept_back(f"close {much} in {instrument.symbol}")

    def _kept_back(self, what: str) -> "Future[Any]":
        self._say(f"dry run, not sent: {what}")
        answer: Future[Any] = get_running_loop().create_future()
        answer.set_exception(RefusedByUs(f"a dry run sends nothing; this was kept back: {what}"))
        return answer
