"""Who follows what the manager does: its journal, its statistics, its log, the stream of events.

An observer never decides anything. It is told in the order in which things happen, before the
trader is; it may override whichever of these it needs, and one that it leaves out costs nothing.
What an observer raises is an incident, told once; the others are told all the same.
"""

from collections.abc import Callable
from typing import Any

from ..order import Execution, ExecutionReport, PositionState
from .commands import Command, Do
from .handle import Order
from .incident import Incident
from .positions import Position


class Observer:
    """Base of all observers: nothing is done about anything."""

    def on_intent(self, order: Order) -> None:
        """An order, or its next attempt under a new tag, is about to be sent for the first time."""

    def on_adopted(self, order: Order) -> None:
        """An order that the broker made for an entry of ours was taken in: its tag is known here
        alone, at the broker it has `order.order_id`."""

    def on_resent(self, order: Order, tag: str) -> None:
        """The attempt under `tag` reached nobody; the intent goes out as the order's new tag says.
        Comes before its `on_intent`."""

    def on_command(self, order: Order, command: Command) -> None:
        """A command leaves for the broker now."""

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        """The broker answered, or its time was up; the order knows already. None: done."""

    def on_unsent(self, order: Order) -> None:
        """An order ended before it was sent: nothing will come of it, and nobody answers."""

    def on_report(self, order: Order, report: ExecutionReport, fill: Execution | None) -> None:
        """An order of ours changed, by the stream or by a look. `fill`: it was filled, which is
        told once for each fill."""

    def on_void(
        self, order: Order, report: ExecutionReport, fill: Execution, counted: bool
    ) -> None:
        """The venue took a fill of an order of ours back; once for each. `counted`: the fill was
        told before; else it never will be. No `on_report` comes for it."""

    def on_strange_fill(self, fill: Execution) -> None:
        """A fill of an order that we do not know moved a position; once for each."""

    def on_strange_void(self, fill: Execution) -> None:
        """A fill of an order that we do not know was taken back; once for each."""

    def on_taken_over(self, told: PositionState) -> None:
        """The broker's word on a position took the place of ours."""

    def on_position(self, position: Position) -> None:
        """A position moved."""

    def on_others_closed(self, intent: str, contracts: int) -> None:
        """Other hands closed so many contracts of what an intent holds; below zero: they had not,
        after all."""

    def on_incident(self, incident: Incident) -> None:
        """Something went wrong."""

    def on_close(self) -> None:
        """The manager is closed: nothing comes after this."""


OBSERVER = "observer "
"""How the place begins of what an observer raised."""

_HOOKS = tuple(name for name in vars(Observer) if name.startswith("on_"))

Failed = Callable[[Exception, str, str], None]
"""`failed(error, where, about)`: something of ours raised; `about` is a client tag, an intent, or
"" (see `supervision.Supervision.failed`)."""


class Observers:
    """Tells all of them, in the order in which they were added."""

    def __init__(self, failed: Failed) -> None:
        self._failed = failed
        self._hooks: dict[str, list[Callable[..., None]]] = {name: [] for name in _HOOKS}
        self._intent = self._hooks["on_intent"]
        self._adopted = self._hooks["on_adopted"]
        self._command = self._hooks["on_command"]
        self._answer = self._hooks["on_answer"]
        self._unsent = self._hooks["on_unsent"]
        self._report = self._hooks["on_report"]
        self._resent = self._hooks["on_resent"]
        self._strange = self._hooks["on_strange_fill"]
        self._void = self._hooks["on_void"]
        self._strange_void = self._hooks["on_strange_void"]
        self._taken_over = self._hooks["on_taken_over"]
        self._position = self._hooks["on_position"]
        self._others_closed = self._hooks["on_others_closed"]
        self._incident = self._hooks["on_incident"]
        self._close = self._hooks["on_close"]

    def add(self, observer: Observer) -> None:
        for name, hooks in self._hooks.items():
            if getattr(type(observer), name) is not getattr(Observer, name):
                hooks.append(getattr(observer, name))

    def on_intent(self, order: Order) -> None:
        if self._intent:
            self._tell(self._intent, order, order)

    def on_adopted(self, order: Order) -> None:
        if self._adopted:
            self._tell(self._adopted, order, order)

    def on_resent(self, order: Order, tag: str) -> None:
        if self._resent:
            self._tell(self._resent, order, order, tag)

    def on_command(self, order: Order, command: Command) -> None:
        if self._command:
            self._tell(self._command, order, order, command)

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        if self._answer:
            self._tell(self._answer, order, order, do, error, took_s)

    def on_unsent(self, order: Order) -> None:
        if self._unsent:
            self._tell(self._unsent, order, order)

    def on_report(self, order: Order, report: ExecutionReport, fill: Execution | None) -> None:
        for hook in self._report:  # as `_tell`, for what comes most often
            try:
                hook(order, report, fill)
            except Exception as error:  # noqa: BLE001  an observer's fault is nobody else's
                self._failed(error, f"{OBSERVER}{_name(hook)}", order.cl_ord_id)

    def on_void(
        self,
        order: Order,
        report: ExecutionReport,
        fill: Execution,
        counted: bool,
        position: Position,
    ) -> None:
        """A fill that was taken back, and after it the position that was left."""
        if self._void:
            self._tell(self._void, order, order, report, fill, counted)
        if self._position:
            self._tell(self._position, None, position)

    def on_strange_fill(self, fill: Execution) -> None:
        if self._strange:
            self._tell(self._strange, None, fill)

    def on_strange_void(self, fill: Execution) -> None:
        if self._strange_void:
            self._tell(self._strange_void, None, fill)

    def on_taken_over(self, told: PositionState) -> None:
        if self._taken_over:
            self._tell(self._taken_over, None, told)

    def on_position(self, position: Position) -> None:
        if self._position:
            self._tell(self._position, None, position)

    def on_others_closed(self, intent: str, contracts: int) -> None:
        if self._others_closed:
            self._tell(self._others_closed, None, intent, contracts)

    def on_incident(self, incident: Incident) -> None:
        if self._incident:
            self._tell(self._incident, None, incident)

    def on_close(self) -> None:
        self._tell(self._close, None)

    def _tell(self, hooks: list[Callable[..., None]], about: Order | None, *told: Any) -> None:
        for hook in hooks:
            try:
                hook(*told)
            except Exception as error:  # noqa: BLE001  an observer's fault is nobody else's
                where = f"{OBSERVER}{_name(hook)}"
                self._failed(error, where, "" if about is None else about.cl_ord_id)


def _name(hook: Any) -> str:
    return f"{type(hook.__self__).__name__}.{hook.__name__}"
