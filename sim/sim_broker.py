"""`SimBroker`: the broker port onto the simulated desk, through the wire like everyone."""

from asyncio import Future
from collections.abc import Callable
from typing import TypeVar

from ..trading.broker import AccountState, Ack, BrokerEvent, Offers, Urgency
from ..trading.errors import OutcomeUnknown, Refused
from ..trading.instrument import Instrument
from ..trading.order import Execution, OrderChange, OrderRequest, OrderState, PositionState
from ..trading.words import OrdType, TimeInForce
from .desk.broker_desk import BrokerDesk
from .loop import VirtualLoop
from .process import Process
from .wire import Leg, Wire

T = TypeVar("T")

_OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    lossless_stream=True,
)


class SimBroker:
    """One account at the simulated exchange, seen from the client's process.

    Every call is a message on the request leg and an answer on the response leg; events come on the
    leg of their own, in order, and may overtake an answer. A call that is not answered within its
    `deadline_s` ends in `OutcomeUnknown`; without one it waits. After a crash of `process` nothing
    is sent and nothing is heard.
    """

    def __init__(self, loop: VirtualLoop, wire: Wire, desk: BrokerDesk, process: Process) -> None:
        self._loop = loop
        self._wire = wire
        self._desk = desk
        self._process = process
        self._sinks: list[Callable[[BrokerEvent], None]] = []
        self._call = process.fence(self._send)
        desk.tell = self._told

    @property
    def account_name(self) -> str:
        return self._desk.account.name

    @property
    def offers(self) -> Offers:
        return _OFFERS

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._sinks.append(sink)

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        return self._call(lambda: Ack(self._desk.place(request)), deadline_s)

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        return self._call(lambda: self._desk.modify(order_id, change), deadline_s)

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        return self._call(lambda: self._desk.cancel(order_id), deadline_s)

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        return self._call(lambda: Ack(self._desk.close_position(instrument, qty)), deadline_s)

    def open_orders(self, instrument: Instrument | None = None) -> "Future[list[OrderState]]":
        return self._call(lambda: self._desk.open_orders(instrument))

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
    ) -> "Future[OrderState | None]":
        return self._call(lambda: self._desk.order(order_id, cl_ord_id))

    def orders_since(self, time_ns: int) -> "Future[list[OrderState]]":
        return self._call(lambda: self._desk.orders_since(time_ns))

    def executions_since(self, time_ns: int) -> "Future[list[Execution]]":
        return self._call(lambda: self._desk.executions_since(time_ns))

    def positions(self) -> "Future[list[PositionState]]":
        return self._call(self._desk.positions)

    def account(self) -> "Future[AccountState]":
        return self._call(self._desk.account_state)

    # --- how -------------------------------------------------------------------------------------

    def _send(self, act: Callable[[], T], deadline_s: float | None = None) -> "Future[T]":
        answer: Future[T] = self._loop.create_future()
        self._wire.send(Leg.REQUEST, lambda: self._at_the_desk(act, answer))
        if deadline_s is not None:
            timer = self._loop.call_later(deadline_s, self._too_late, answer, deadline_s)
            answer.add_done_callback(lambda _: timer.cancel())
        return answer

    def _at_the_desk(self, act: Callable[[], T], answer: "Future[T]") -> None:
        try:
            result = act()
        except Refused as refusal:
            self._fail_later(answer, refusal)
        except Exception as bug:
            # The caller is told, so that it does not wait for ever, and the run fails with it.
            self._fail_later(answer, bug)
            raise
        else:
            self._wire.send(Leg.RESPONSE, lambda: self._answer(answer, result))

    def _fail_later(self, answer: "Future[T]", error: Exception) -> None:
        self._wire.send(Leg.RESPONSE, lambda: self._fail(answer, error))

    def _answer(self, answer: "Future[T]", result: T) -> None:
        if self._process.alive and not answer.done():
            answer.set_result(result)

    def _fail(self, answer: "Future[T]", error: Exception) -> None:
        if self._process.alive and not answer.done():
            answer.set_exception(error)

    def _too_late(self, answer: "Future[T]", deadline_s: float) -> None:
        if not answer.done():
            answer.set_exception(
                OutcomeUnknown(f"no answer within {deadline_s} s; it may have happened")
            )

    def _told(self, event: BrokerEvent) -> None:
        self._wire.send(Leg.EVENTS, lambda: self._process.run(self._hear, event))

    def _hear(self, event: BrokerEvent) -> None:
        for sink in self._sinks:
            sink(event)
