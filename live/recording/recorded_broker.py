"""A broker port in front of another that has a recorder hear calls, answers and events.

Each row says what (`place`, `modify`, `cancel`, `close` or `ask` and then `done`, `refused`,
`unknown`, `failed` or `abandoned`; `report`, `position`, `account`, `stream`), the number of the
call, whose order it is, and the whole of it as JSON with exact numbers. Of an answer to a question
what was not told before follows, in rows of its own (`learned`), then how many there were.
"""

from asyncio import Future
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import msgspec
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
from ...trading.errors import NotSent, OutcomeUnknown, Refused
from ...trading.instrument import Instrument
from ...trading.order import (
    Execution,
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderState,
    PositionState,
)
from ...trading.price import Ticks
from .recorded_answers import Heard
from .recorder import Recorder

T = TypeVar("T")


class RecordedBroker:
    """The port of `inner`, heard by `recorder` as well."""

    def __init__(self, inner: Broker, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._calls = 0
        self._told = Heard()
        self._sinks: list[Callable[[BrokerEvent], None]] = []
        inner.listen(self._heard)

    @property
    def account_name(self) -> str:
        return self._inner.account_name

    @property
    def offers(self) -> Offers:
        return self._inner.offers

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._sinks.append(sink)

    # --- commands ---------------------------------------------------------------------------------

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        call = self._said("place", request.instrument, None, request.cl_ord_id, request)
        return self._watched(
            call, self._inner.place(request, urgency=urgency, deadline_s=deadline_s)
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
        call = self._said("modify", instrument, order_id, None, change)
        return self._watched(
            call,
            self._inner.modify(
                instrument, order_id, change, urgency=urgency, deadline_s=deadline_s
            ),
        )

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        call = self._said("cancel", instrument, order_id, None, {})
        return self._watched(
            call,
            self._inner.cancel(instrument, order_id, urgency=urgency, deadline_s=deadline_s),
        )

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        call = self._said("close", instrument, None, None, {"qty": qty})
        return self._watched(
            call,
            self._inner.close_position(instrument, qty, urgency=urgency, deadline_s=deadline_s),
        )

    # --- questions --------------------------------------------------------------------------------

    def open_orders(
        self,
        instrument: Instrument | None = None,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        call = self._asked("open-orders", instrument)
        return self._watched(
            call, self._inner.open_orders(instrument, urgency=urgency, deadline_s=deadline_s)
        )

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[OrderState | None]":
        call = self._asked("order", instrument, order_id, cl_ord_id)
        return self._watched(
            call,
            self._inner.order(
                instrument,
                order_id=order_id,
                cl_ord_id=cl_ord_id,
                urgency=urgency,
                deadline_s=deadline_s,
            ),
        )

    def orders_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        call = self._asked("orders-since")
        return self._watched(
            call, self._inner.orders_since(time_ns, urgency=urgency, deadline_s=deadline_s)
        )

    def executions_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[Execution]]":
        call = self._asked("executions-since")
        return self._watched(
            call, self._inner.executions_since(time_ns, urgency=urgency, deadline_s=deadline_s)
        )

    def positions(
        self, *, urgency: Urgency = Urgency.ORDINARY, deadline_s: float | None = None
    ) -> "Future[list[PositionState]]":
        call = self._asked("positions")
        return self._watched(call, self._inner.positions(urgency=urgency, deadline_s=deadline_s))

    def account(
        self, *, urgency: Urgency = Urgency.ORDINARY, deadline_s: float | None = None
    ) -> "Future[AccountState]":
        call = self._asked("account")
        return self._watched(call, self._inner.account(urgency=urgency, deadline_s=deadline_s))

    # --- how --------------------------------------------------------------------------------------

    def _said(
        self,
        what: str,
        instrument: Instrument | None,
        order_id: str | None,
        cl_ord_id: str | None,
        body: object,
    ) -> int:
        """A call goes; its number. Recorded before it is sent, as a journal would."""
        self._calls += 1
        symbol = None if instrument is None else instrument.symbol
        self._recorder.order((what, self._calls, symbol, order_id, cl_ord_id, _json(body)))
        return self._calls

    def _asked(
        self,
        what: str,
        instrument: Instrument | None = None,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
    ) -> int:
        """A question goes; its number."""
        return self._said("ask", instrument, order_id, cl_ord_id, {"of": what})

    def _watched(self, call: int, answer: "Future[T]") -> "Future[T]":
        answer.add_done_callback(partial(self._answered, call))
        return answer

    def _answered(self, call: int, answer: "Future[Any]") -> None:
        what, order_id, body = "abandoned", None, "{}"
        if not answer.cancelled():
            error = answer.exception()
            if error is None:
                what, result = "done", answer.result()
                order_id = result.order_id if isinstance(result, Ack) else None
                body = self._learned(call, result)
            else:
                kinds = {Refused: "refused", OutcomeUnknown: "unknown"}
                found = (word for kind, word in kinds.items() if isinstance(error, kind))
                what = next(found, "failed")
                body = _json(_told_of(error))
        self._recorder.order((what, call, None, order_id, None, body))

    def _learned(self, call: int, result: object) -> str:
        """Record what of an answer is news; what the row of the answer itself says."""
        if result is None or isinstance(result, Ack | AccountState):
            return "{}"
        for each in self._told.news(result):
            ids: tuple[str | None, str | None] = (None, None)
            if not isinstance(each, PositionState):
                ids = each.order_id, each.cl_ord_id
            self._recorder.order(("learned", call, each.instrument.symbol, *ids, _json(each)))
        return _json({"found": len(result) if isinstance(result, list) else 1})

    def _heard(self, event: BrokerEvent) -> None:
        self._told.event(event)
        self._recorder.order(_event_row(event))
        for sink in self._sinks:
            sink(event)


def _event_row(event: BrokerEvent) -> tuple[str, None, str | None, str | None, str | None, str]:
    if isinstance(event, ExecutionReport):
        order = event.order
        ids = order.instrument.symbol, order.order_id, order.cl_ord_id
        return "report", None, *ids, _json(event)
    if isinstance(event, PositionState):
        return "position", None, event.instrument.symbol, None, None, _json(event)
    what = "stream" if isinstance(event, StreamState) else "account"
    return what, None, None, None, None, _json(event)


def _told_of(error: BaseException) -> dict[str, Any]:
    """An error as a row has it: its class, its text, and what a refusal says beside."""
    told: dict[str, Any] = {"error": type(error).__name__, "text": str(error)}
    if isinstance(error, Refused):
        told["reason"] = int(error.reason)
    if isinstance(error, NotSent):
        told |= {"limited": error.limited, "retry_after_s": error.retry_after_s}
    return told


def _json(value: object) -> str:
    return msgspec.json.encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    """A value as JSON has it: an instrument by its symbol, a Decimal as its digits."""
    if isinstance(value, Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Instrument):
        return value.symbol
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Ticks):
        return value.n
    return value
