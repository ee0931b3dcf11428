"""What passes a broker's port and its desk, in a few words and as a record."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from ...matching.reports import Report
from ...trading.broker import AccountState, Ack, BrokerEvent, StreamState, Urgency
from ...trading.order import (
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderSpec,
    OrderState,
    PositionState,
)
from ...trading.price import Ticks
from ...trading.words import Reason
from ..desk.orders import OrderRecord
from ..oracles.port import Answered, Sent

Told = tuple[str, dict[str, str]]
"""A line, and the record behind it, name by name."""


def call_name(sent: Sent) -> str:
    """What a plan calls this request."""
    if sent.do == "read":
        return sent.read
    return "close-position" if sent.do == "close" else sent.do


def call_key(sent: Sent) -> str:
    """What tells this request from others of its name: the order's tag, or its id."""
    return sent.request.cl_ord_id if sent.request is not None else sent.order_id or sent.key


def of_sent(sent: Sent, tag: str) -> Told:
    """A request leaves its client."""
    record = {"call": call_name(sent)}
    if sent.request is not None:
        text = f"place {order_text(sent.request)}"
        record |= _fields(sent.request)
    elif sent.change is not None:
        text = f"modify {tag or sent.order_id}: {change_text(sent.change)}"
        record |= _fields(sent.change)
    else:
        about = tag or sent.order_id or sent.key
        text = f"{call_name(sent)} {about}".rstrip()
    if sent.order_id:
        record["order id"] = sent.order_id
    record["urgency"] = Urgency(sent.urgency).name.lower().replace("_", " ")
    if sent.deadline_s is not None:
        record["deadline"] = f"{sent.deadline_s:g} s"
    return text, record


def of_answer(answered: Answered, tag: str) -> Told:
    """A request ended for its client."""
    name, error, result = call_name(answered.sent), answered.error, answered.result
    about = f"{name} {tag}".rstrip()
    if error is not None:
        kind = type(error).__name__
        return f"{about}: {kind}", {"outcome": kind, "says": str(error)}
    if isinstance(result, Ack):
        return f"{about}: done", {"outcome": "done", "order id": result.order_id}
    if isinstance(result, list):
        said = f"{len(result)} {'row' if len(result) == 1 else 'rows'}"
        return f"{about}: {said}", {"outcome": "done"} | _listed(result)
    if result is None and answered.sent.do == "read":
        return f"{about}: there is none", {"outcome": "done, none found"}
    if isinstance(result, Struct):
        return f"{about}: done", {"outcome": "done"} | _fields(result)
    return f"{about}: done", {"outcome": "done"}


def of_report(record: OrderRecord, report: Report, position: int) -> Told:
    """The exchange, or the broker's desk, says what happened to an order."""
    grid, what = record.request.instrument, report.exec_type.name.lower()
    text = f"{what} {record.known_as or record.number}"
    said = {
        "exec type": report.exec_type.name,
        "status": report.ord_status.name,
        "order": order_text(record.request),
        "filled": f"{record.cum_qty} of {record.order_qty}",
        "leaves": str(report.leaves_qty),
    }
    if report.last_qty:
        px = grid.decimal(report.last_px)
        text += f" {report.last_qty} @ {px}"
        said |= {"last": f"{report.last_qty} @ {px}", "exec id": str(report.exec_id)}
    for name, value in (("price", record.price), ("stop price", record.stop_px)):
        if value is not None:
            said[name] = str(value)
    if report.reason is not Reason.NONE or record.text:
        said["reason"] = record.text or Reason(report.reason).name
    said["position after"] = f"{position:+d}"
    return text, said


def of_event(event: BrokerEvent, tag: str) -> Told:
    """An event as the client hears it."""
    if isinstance(event, ExecutionReport):
        order = event.order
        text = f"{event.exec_type.name.lower()} {tag}"
        if event.last_qty:
            text += f" {event.last_qty} @ {event.last_px}"
        record = {
            "exec type": event.exec_type.name,
            "status": order.ord_status.name,
            "filled": f"{order.cum_qty} of {order.order_qty}",
            "order id": order.order_id,
        }
        if event.exec_id is not None:
            record["exec id"] = event.exec_id
        return text, record | ({"says": order.text} if order.text else {})
    if isinstance(event, PositionState):
        return f"position {event.qty:+d}", _fields(event)
    if isinstance(event, AccountState):
        return "account", _fields(event)
    assert isinstance(event, StreamState)
    text = f"stream {'up' if event.up else 'down'}{', with a gap' if event.gap else ''}"
    return text, {"says": event.text} if event.text else {}


def of_state(state: OrderState, tag: str) -> Told:
    """How an order stands, as the client learns it otherwise than by an event."""
    status = state.ord_status.name
    text = f"learns {tag or state.order_id} is {status.lower().replace('_', ' ')}"
    record = {
        "status": status,
        "filled": f"{state.cum_qty} of {state.order_qty}",
        "order id": state.order_id,
    }
    return text, record | ({"says": state.text} if state.text else {})


def order_text(request: OrderRequest) -> str:
    """An order as a trader says it.

    >>> from ...trading import instruments
    >>> from ...trading.words import OrdType, Side
    >>> mnq = instruments.find("MNQ")
    >>> order_text(OrderRequest(cl_ord_id="7.stop#1", instrument=mnq, side=Side.SELL,
    ...     ord_type=OrdType.STOP, order_qty=2, stop_px=Decimal("19990.25")))
    '7.stop#1 sell 2 stop 19990.25'
    """
    words = [request.cl_ord_id, request.side.name.lower(), str(request.order_qty)]
    words.append(request.ord_type.name.lower().replace("_", " "))
    words += [str(px) for px in (request.stop_px, request.price) if px is not None]
    return " ".join(word for word in words if word)


def change_text(change: OrderChange) -> str:
    """What is to be changed."""
    names = {"order_qty": "qty", "price": "limit", "stop_px": "stop", "trail": "trail"}
    given = ((name, getattr(change, field)) for field, name in names.items())
    return ", ".join(f"{name} {value}" for name, value in given if value is not None)


def of_argument(value: Any) -> str:
    """An argument of a call of the desk's; never an address in memory."""
    if isinstance(value, OrderSpec):
        prices = (("limit", value.limit), ("stop", value.stop), ("trail", value.trail))
        given = "".join(f" {name} {of_argument(px)}" for name, px in prices if px is not None)
        return f"{value.side.name.lower()} {value.qty} {value.ord_type.name.lower()}{given}"
    if isinstance(value, Ticks):
        return f"{value.n} ticks"
    if value is None or isinstance(value, str | int | float | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(of_argument(each) for each in value)}]"
    for name in ("cl_ord_id", "intent", "symbol"):
        named = getattr(value, name, None)
        if isinstance(named, str):
            return named
    return type(value).__name__


def _fields(value: Struct) -> dict[str, str]:
    found = {}
    for name in value.__struct_fields__:
        given = getattr(value, name)
        if given is not None and given != "" and name != "instrument":
            shown = getattr(given, "name", None) if hasattr(type(given), "__members__") else None
            found[name.replace("_", " ")] = shown or str(given)
    return found


def _listed(rows: list[Any]) -> dict[str, str]:
    """The first rows of an answer, each by what names it."""
    shown = {}
    for i, row in enumerate(rows[:_ROWS_SHOWN], 1):
        tag = getattr(row, "cl_ord_id", "")
        status = getattr(row, "ord_status", None)
        qty = getattr(row, "qty", getattr(row, "cum_qty", ""))
        shown[f"row {i}"] = " ".join(
            str(word) for word in (tag, "" if status is None else status.name, qty) if word != ""
        )
    if len(rows) > _ROWS_SHOWN:
        shown["and"] = f"{len(rows) - _ROWS_SHOWN} more"
    return shown


_ROWS_SHOWN = 8
