"""The way of the order events from the broker to the client, and what happens to them on it."""

from collections.abc import Callable
from contextvars import Context
from typing import Protocol

from msgspec import structs

from ...scenarios.garbling import GARBLED
from ...scenarios.plan import Fault
from ...trading.broker import AccountState, BrokerEvent, StreamState
from ...trading.order import ExecutionReport, PositionState
from ...trading.words import ExecType
from ..loop.moments import Tie
from ..loop.timers import Timers
from .passing import Message

_NAMES = {
    ExecType.NEW: "new",
    ExecType.TRADE: "fill",
    ExecType.TRADE_CANCEL: "void",
    ExecType.CANCELED: "canceled",
    ExecType.REJECTED: "rejected",
    ExecType.EXPIRED: "expired",
    ExecType.SUSPENDED: "suspended",
    ExecType.REPLACED: "replaced",
    ExecType.TRIGGERED: "triggered",
}
DELIVERY = ("duplicate", "drop", "reorder", "late", "summed", "reshaped", "garbled")
"""Kinds of faults that concern one event's delivery; of several the first in the plan counts."""


class Carry(Protocol):
    """Sends a message to the client, after `extra_ns` more; one that is not `ordered` may be
    overtaken."""

    def __call__(self, message: Message, extra_ns: int = 0, ordered: bool = True) -> None: ...


class EventPath:
    """One connection of the client's: what is told at the broker goes in, in order.

    `note(place, what)` hears of each fault that had an effect.
    """

    def __init__(self, loop: Timers, carry: Carry, note: Callable[[int, str], None]) -> None:
        self._loop = loop
        self._carry = carry
        self._note = note
        self._swapped: Message | None = None
        self._window: list[Message] | None = None
        self._down: list[Message] | None = None  # what waits for the stream, while it is down
        self._queues = False
        self._summed: dict[str, Message] = {}  # by order: how much is filled, not told yet

    @property
    def down(self) -> bool:
        return self._down is not None

    def tell(self, message: Message, place: int | None, fault: Fault | None) -> None:
        """An event leaves the broker, with the fault of its delivery."""
        summed = self._summed.get(_order_of(message))
        if summed is not None and (fault is None or fault.kind != "summed"):
            self._end_sum(summed)  # what is told of an order stays in order
        if self._down is not None:
            if self._queues:
                self._down.append(message)
        elif place is None or fault is None:
            self._pass(message)
        else:
            self._treat(message, place, fault)

    def go_down(self, queues: bool) -> None:
        """From here on nothing passes; `queues`: it comes later instead of never."""
        self._down = []
        self._queues = queues

    def come_up(self) -> list[Message]:
        """Events pass again; what waited for it."""
        waited, self._down = self._down, None
        return waited or []

    # --- how -------------------------------------------------------------------------------------

    def _treat(self, message: Message, place: int, fault: Fault) -> None:
        what = describe(message.event)
        if fault.kind == "drop":
            self._note(place, f"{what} never comes")
        elif fault.kind == "duplicate":
            self._note(place, f"{what} comes {fault.copies + 1} times")
            self._pass(message)
            for n in range(1, fault.copies + 1):
                self._later(n * fault.gap, self._send, message)
        elif fault.kind == "summed":
            self._note(place, f"{what} is told with others, as one sum")
            self._sum(message, fault)
        elif fault.kind == "late":
            self._note(place, f"{what} comes late")
            self._carry(message, fault.delay, fault.blocks)
        elif fault.kind in ("reshaped", "garbled"):
            form = fault.form or GARBLED[0]
            self._note(place, f"{what} is {fault.kind}: {form}")
            self._pass(structs.replace(message, form=form))
        elif self._swapped is not None or self._window is not None:
            self._pass(message)  # one disorder at a time
        else:
            self._note(place, f"{what} comes out of order")
            if fault.form == "reverse":
                self._window = [message]
                self._later(fault.window, self._end_window)
            else:
                self._swapped = message
                self._later(fault.window, self._end_swap, message)

    def _sum(self, message: Message, fault: Fault) -> None:
        order_id, event = _order_of(message), message.event
        assert isinstance(event, ExecutionReport), "the kind is for fills"
        waits = order_id in self._summed
        whole = structs.replace(event, last_qty=0, last_px=None, exec_id=None)
        self._summed[order_id] = structs.replace(message, event=whole)
        if not waits:
            self._later(fault.window, self._end_window_of, order_id)

    def _end_window_of(self, order_id: str) -> None:
        if order_id in self._summed:
            self._end_sum(self._summed[order_id])

    def _end_sum(self, summed: Message) -> None:
        del self._summed[_order_of(summed)]
        self._pass(summed)

    def _pass(self, message: Message) -> None:
        if self._window is not None:
            self._window.append(message)
            return
        self._send(message)
        if self._swapped is not None:
            self._end_swap(self._swapped)

    def _send(self, message: Message) -> None:
        if self._down is None:
            self._carry(message)
        elif self._queues:
            self._down.append(message)

    def _end_swap(self, held: Message) -> None:
        if self._swapped is held:
            self._swapped = None
            self._send(held)

    def _end_window(self) -> None:
        held, self._window = self._window or [], None
        for message in reversed(held):
            self._send(message)

    def _later(self, delay_ns: int, call: Callable[..., None], *args: object) -> None:
        at_ns = self._loop.now_ns + delay_ns
        self._loop.call_at_ns(at_ns, call, *args, tie=Tie.REPORT, context=Context())


def _order_of(message: Message) -> str:
    event = message.event
    return event.order.order_id if isinstance(event, ExecutionReport) else ""


def event_name(event: BrokerEvent) -> str:
    """What plans call an event."""
    if isinstance(event, ExecutionReport):
        return _NAMES[event.exec_type]
    if isinstance(event, PositionState):
        return "position"
    return "account" if isinstance(event, AccountState) else "stream"


def describe(event: BrokerEvent) -> str:
    """An event in a few words, for the log."""
    if isinstance(event, ExecutionReport):
        return f"{event_name(event)} of {event.order.cl_ord_id}"
    if isinstance(event, StreamState):
        return f"stream {'up' if event.up else 'down'}"
    return event_name(event)
