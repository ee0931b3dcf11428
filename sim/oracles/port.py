"""The client's port, watched: every request that leaves, every answer and event that comes."""

from asyncio import Future
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, TypeVar

from msgspec import Struct

from ...trading.broker import (
    AccountState,
    Ack,
    Broker,
    BrokerEvent,
    Offers,
    StreamState,
    Urgency,
)
from ...trading.instrument import Instrument
from ...trading.order import (
    Execution,
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderState,
    PositionState,
)
from ...trading.orders.exits.flatten_core import FlattenResult
from ...trading.orders.groups.group import Group
from ...trading.orders.handle import CancelResult, Order
from ...trading.price import Ticks
from ..loop.schedule import LOOKS_ON

T = TypeVar("T")
Do = Literal["place", "modify", "cancel", "close", "read"]
Read = Literal[
    "", "open-orders", "order", "orders-since", "executions-since", "positions", "account"
]


class Sent(Struct, frozen=True, kw_only=True):
    """A request leaves the client. `key`: the order that a read asks for, "" where it asks for all
    there are; `read`: what it asks for, "" where it is a command."""

    do: Do
    time_ns: int
    instrument: Instrument | None = None
    order_id: str = ""
    request: OrderRequest | None = None
    change: OrderChange | None = None
    key: str = ""
    read: Read = ""
    urgency: Urgency = Urgency.ORDINARY
    deadline_s: float | None = None


class Answered(Struct, frozen=True):
    """A request of the client's ended, as the client sees it, with a result or an error."""

    sent: Sent
    time_ns: int
    result: Any
    error: BaseException | None


class Delivered(Struct, frozen=True):
    """An event reached the client, and the manager has taken it in."""

    event: BrokerEvent
    time_ns: int

    @property
    def report(self) -> ExecutionReport:
        """What it is where the stream told of an order."""
        assert isinstance(self.event, ExecutionReport)
        return self.event

    @property
    def stream(self) -> StreamState:
        """What it is where the stream told of itself."""
        assert isinstance(self.event, StreamState)
        return self.event


class CancelTold(Struct, frozen=True):
    """A caller was told how its cancel ended."""

    order: Order
    result: CancelResult
    time_ns: int


class FlattenCall(Struct, frozen=True):
    """A caller asked for a flatten; `result` is None when it begins."""

    instrument: Instrument
    result: FlattenResult | None
    time_ns: int


class GroupTold(Struct, frozen=True):
    """A caller was told that a group is finished."""

    group: Group
    time_ns: int


class StopMove(Struct, frozen=True):
    """A caller was told that the stop of an intent's bracket was moved to a level."""

    intent: str
    instrument: Instrument
    level: Ticks | Decimal
    time_ns: int


PortEvent = Sent | Answered | Delivered | CancelTold | FlattenCall | GroupTold | StopMove


class WatchedPort:
    """A broker port that tells `hear` of all that passes, and changes nothing.

    It reads the error of every answer, so that the loop no longer complains of one that the client
    never looked at.
    """

    def __init__(
        self, broker: Broker, now_ns: Callable[[], int], hear: Callable[[PortEvent], None]
    ) -> None:
        self._broker = broker
        self._now_ns = now_ns
        self._hear = hear

    @property
    def account_name(self) -> str:
        return self._broker.account_name

    @property
    def offers(self) -> Offers:
        return self._broker.offers

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        def heard(event: BrokerEvent) -> None:
            sink(event)
            self._hear(Delivered(event, self._now_ns()))

        self._broker.listen(heard)

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        sent = Sent(
            do="place",
            time_ns=self._now_ns(),
            instrument=request.instrument,
            request=request,
            urgency=urgency,
            deadline_s=deadline_s,
        )
        self._hear(sent)
        return self._follow(
            sent, self._broker.place(request, urgency=urgency, deadline_s=deadline_s)
        )

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        sent = self._about(instrument, order_id, "modify", urgency, deadline_s, change)
        future = self._broker.modify(
            instrument, order_id, change, urgency=urgency, deadline_s=deadline_s
        )
        return self._follow(sent, future)

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        sent = self._about(instrument, order_id, "cancel", urgency, deadline_s)
        future = self._broker.cancel(instrument, order_id, urgency=urgency, deadline_s=deadline_s)
        return self._follow(sent, future)

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        sent = self._about(instrument, "", "close", urgency, deadline_s)
        future = self._broker.close_position(
            instrument, qty, urgency=urgency, deadline_s=deadline_s
        )
        return self._follow(sent, future)

    def open_orders(
        self,
        instrument: Instrument | None = None,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        sent = self._question("open-orders", urgency, deadline_s)
        future = self._broker.open_orders(instrument, urgency=urgency, deadline_s=deadline_s)
        return self._follow(sent, future)

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[OrderState | None]":
        sent = self._question("order", urgency, deadline_s, cl_ord_id or order_id or "")
        future = self._broker.order(
            instrument,
            order_id=order_id,
            cl_ord_id=cl_ord_id,
            urgency=urgency,
            deadline_s=deadline_s,
        )
        return self._follow(sent, future)

    def orders_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        sent = self._question("orders-since", urgency, deadline_s)
        future = self._broker.orders_since(time_ns, urgency=urgency, deadline_s=deadline_s)
        return self._follow(sent, future)

    def executions_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[Execution]]":
        sent = self._question("executions-since", urgency, deadline_s)
        future = self._broker.executions_since(time_ns, urgency=urgency, deadline_s=deadline_s)
        return self._follow(sent, future)

    def positions(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[PositionState]]":
        sent = self._question("positions", urgency, deadline_s)
        future = self._broker.positions(urgency=urgency, deadline_s=deadline_s)
        return self._follow(sent, future)

    def account(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[AccountState]":
        sent = self._question("account", urgency, deadline_s)
        return self._follow(sent, self._broker.account(urgency=urgency, deadline_s=deadline_s))

    # --- how -------------------------------------------------------------------------------------

    def _about(
        self,
        instrument: Instrument,
        order_id: str,
        do: Do,
        urgency: Urgency,
        deadline_s: float | None,
        change: OrderChange | None = None,
    ) -> Sent:
        sent = Sent(
            do=do,
            time_ns=self._now_ns(),
            instrument=instrument,
            order_id=order_id,
            change=change,
            urgency=urgency,
            deadline_s=deadline_s,
        )
        self._hear(sent)
        return sent

    def _question(
        self, read: Read, urgency: Urgency, deadline_s: float | None, key: str = ""
    ) -> Sent:
        sent = Sent(
            do="read",
            time_ns=self._now_ns(),
            key=key,
            read=read,
            urgency=urgency,
            deadline_s=deadline_s,
        )
        self._hear(sent)
        return sent

    def _follow(self, sent: Sent, future: "Future[T]") -> "Future[T]":
        def answered(done: "Future[T]") -> None:
            if not done.cancelled():
                error = done.exception()
                result = None if error is not None else done.result()
                self._hear(Answered(sent, self._now_ns(), result, error))

        setattr(answered, LOOKS_ON, True)
        future.add_done_callback(answered)
        return future
