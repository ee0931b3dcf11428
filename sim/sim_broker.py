"""`SimBroker`: the broker port onto the simulated desk, through the wire like everyone."""

from asyncio import Future
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from ..scenarios.garbling import GARBLED
from ..trading.broker import AccountState, Ack, BrokerEvent, Offers, StreamState, Urgency
from ..trading.errors import OutcomeUnknown, Refused
from ..trading.instrument import Instrument
from ..trading.order import Execution, OrderChange, OrderRequest, OrderState, PositionState
from ..trading.words import OrdType, Reason, TimeInForce
from .desk.broker_desk import BrokerDesk
from .faults.passing import Call, Fate, Leaves, Message
from .loop.moments import Tie
from .loop.process import Client, Process
from .loop.timers import BrokerTimers
from .wire.wire import Leg, Wire

if TYPE_CHECKING:
    from .faults.injector import Faults

T = TypeVar("T")

_OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    auto_oco=False,
    lossless_stream=True,
    sure_stops=True,
)
UNREADABLE = StreamState(up=True, gap=True, text="a message could not be read")
"""What a client is told in place of an event that came garbled: it may have missed one."""
_LOSSY = structs.replace(_OFFERS, lossless_stream=False)


class SimBroker:
    """One account at the simulated exchange, seen from the client's process.

    Every call is a message on the request leg and an answer on the response leg; events come on the
    leg of their own, in order, and may overtake an answer. A call that is not answered within its
    `deadline_s` ends in `OutcomeUnknown`; without one it waits. After a crash of `process` nothing
    is sent and nothing is heard. Without `modify_in_place` every change is refused. `faults` may
    give a call another fate and an event another way; `lossless`: what the broker says of its
    stream, None: that it is while no fault touches it. `leaves`, where somebody follows the calls,
    hears of each as it goes on the wire; what it gives back is called when the desk has it.
    """

    def __init__(
        self,
        loop: BrokerTimers,
        wire: Wire,
        desk: BrokerDesk,
        process: Client,
        faults: "Faults | None" = None,
        *,
        modify_in_place: bool = True,
        lossless: bool | None = None,
    ) -> None:
        self._loop = loop
        self._wire = wire
        self._desk = desk
        self._process = process
        self._sinks: list[Callable[[BrokerEvent], None]] = []
        self._call = process.fence(self._send)
        self._faults = faults
        self._in_place = modify_in_place
        self.leaves: Leaves | None = None
        self._lossless = lossless
        if faults is None:
            desk.tell = self._told
        else:
            assert isinstance(process, Process), "who may be killed is a process"
            faults.check_no_wire()
            faults.connect(process, self._carry)
            desk.tell = faults.told

    @property
    def account_name(self) -> str:
        return self._desk.account.name

    @property
    def offers(self) -> Offers:
        lossless, brackets = self._lossless, self._desk.brackets
        if lossless is None:
            lossless = self._faults is None or not self._faults.log.plan.touches_stream
        offers = _OFFERS if lossless else _LOSSY
        if self._faults is not None:
            offers = structs.replace(offers, sure_stops=False)
        if not self._in_place:
            offers = structs.replace(offers, modify_in_place=False)
        if brackets is None:
            return offers
        return structs.replace(
            offers,
            native_brackets=True,
            auto_oco=brackets.auto_oco,
            attached_ticks_least=brackets.stop_ticks_least,
        )

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._sinks.append(sink)

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        call = Call(name="place", request=request, instrument=request.instrument)
        return self._call(call, lambda: Ack(self._desk.place(request)), deadline_s)

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        call = Call(name="modify", order_id=order_id, instrument=instrument)
        act = partial(self._desk.modify, order_id, change) if self._in_place else _take_no_change
        return self._call(call, act, deadline_s)

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        call = Call(name="cancel", order_id=order_id, instrument=instrument)
        return self._call(call, lambda: self._desk.cancel(order_id), deadline_s)

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        call = Call(name="close-position", instrument=instrument)
        return self._call(call, lambda: Ack(self._desk.close_position(instrument, qty)), deadline_s)

    def open_orders(
        self,
        instrument: Instrument | None = None,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        call = Call(name="open-orders", instrument=instrument)
        return self._call(call, lambda: self._desk.open_orders(instrument), deadline_s)

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[OrderState | None]":
        call = Call(name="order", order_id=order_id, cl_ord_id=cl_ord_id, instrument=instrument)
        return self._call(call, lambda: self._desk.order(order_id, cl_ord_id), deadline_s)

    def orders_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        call = Call(name="orders-since", time_ns=time_ns)
        return self._call(call, lambda: self._desk.orders_since(time_ns), deadline_s)

    def executions_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[Execution]]":
        call = Call(name="executions-since", time_ns=time_ns)
        return self._call(call, lambda: self._desk.executions_since(time_ns), deadline_s)

    def positions(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[PositionState]]":
        return self._call(Call(name="positions"), self._desk.positions, deadline_s)

    def account(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[AccountState]":
        return self._call(Call(name="account"), self._desk.account_state, deadline_s)

    # --- how -------------------------------------------------------------------------------------

    def _send(self, call: Call, act: Callable[[], T], deadline_s: float | None) -> "Future[T]":
        answer: Future[T] = self._loop.create_future()
        fate = None if self._faults is None else self._faults.fate_of(call)
        if self.leaves is not None and (fate is None or fate.leaves):
            arrived = self.leaves(call)
            act = _after(arrived, act)
            if fate is not None and fate.act is not None:
                fate.act = _after(arrived, fate.act)
        if fate is None:
            self._wire.send(Leg.REQUEST, lambda: self._at_the_desk(act, answer))
        else:
            self._send_as_fated(fate, act, answer)
        if deadline_s is not None:
            timer = self._loop.call_later(deadline_s, self._too_late, answer, deadline_s)
            answer.add_done_callback(lambda _: timer.cancel())
        return answer

    def _at_the_desk(self, act: Callable[[], T], answer: "Future[T]", extra_ns: int = 0) -> None:
        try:
            result = act()
        except Refused as refusal:
            self._fail_later(answer, refusal, extra_ns)
        except Exception as bug:
            # The caller is told, so that it does not wait for ever, and the run fails with it.
            self._fail_later(answer, bug)
            raise
        else:
            self._wire.send(Leg.RESPONSE, lambda: self._answer(answer, result), extra_ns)

    def _send_as_fated(self, fate: Fate, act: Callable[[], T], answer: "Future[T]") -> None:
        if not fate.leaves:
            return
        if fate.error is not None and fate.error_after_ns is not None:
            at_ns = self._loop.now_ns + fate.error_after_ns
            self._loop.call_at_ns(
                at_ns, self._fail, answer, fate.error, tie=Tie.REPORT, context=Context()
            )
        arrive = partial(self._at_the_desk_as_fated, fate, act, answer)
        self._wire.send(Leg.REQUEST, arrive, fate.request_ns)
        if fate.when_sent is not None:
            fate.when_sent()

    def _at_the_desk_as_fated(self, fate: Fate, act: Callable[[], T], answer: "Future[T]") -> None:
        if fate.error is None:
            self._at_the_desk(fate.act or act, answer, fate.response_ns)  # type: ignore[arg-type]  # a fate's act answers as the call does
        else:
            if fate.arrives:
                with suppress(Refused):  # the answer that would have said so is lost
                    act()
            if fate.error_after_ns is None:
                self._fail_later(answer, fate.error, fate.response_ns)
        if fate.arrives and fate.when_acted is not None:
            fate.when_acted()

    def _fail_later(self, answer: "Future[T]", error: Exception, extra_ns: int = 0) -> None:
        self._wire.send(Leg.RESPONSE, lambda: self._fail(answer, error), extra_ns)

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
        self._wire.send(Leg.EVENTS, partial(self._process.run, self._hear, event))

    def _carry(self, message: Message, extra_ns: int = 0, ordered: bool = True) -> None:
        event = UNREADABLE if message.form in GARBLED else message.event
        arrive = message.instead or (lambda: self._process.run(self._hear, event))
        self._wire.send(Leg.EVENTS, arrive, extra_ns, ordered)

    def _hear(self, event: BrokerEvent) -> None:
        for sink in self._sinks:
            sink(event)


def _after(first: Callable[[], None], act: Callable[[], T]) -> Callable[[], T]:
    def both() -> T:
        first()
        return act()

    return both


def _take_no_change() -> None:
    raise Refused("this broker changes no order in place", reason=Reason.NOT_SUPPORTED)
