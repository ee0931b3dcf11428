"""Who follows what the manager does: its journal, its statistics, its log, the stream of events.

An observer never decides anything. It is told in the order in which things happen, before the
trader is; it may override whichever of these it needs.
"""

from ..order import Execution, ExecutionReport
from .commands import Command, Do
from .handle import Order
from .incident import Incident
from .positions import Position


class Observer:
    """Base of all observers: nothing is done about anything."""

    def on_intent(self, order: Order) -> None:
        """An order, or its next attempt under a new tag, is about to be sent for the first time."""

    def on_command(self, order: Order, command: Command) -> None:
        """A command leaves for the broker now."""

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        """The broker answered, or its time was up; the order knows already. None: done."""

    def on_report(self, order: Order, report: ExecutionReport) -> None:
        """An order of ours changed, by the stream or by a look."""

    def on_fill(self, order: Order, fill: Execution) -> None:
        """An order of ours was filled; comes after its report, once for each fill."""

    def on_position(self, position: Position) -> None:
        """A position moved."""

    def on_incident(self, incident: Incident) -> None:
        """Something went wrong."""


class Observers(Observer):
    """Tells all of them, in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Observer] = []

    def add(self, observer: Observer) -> None:
        self._all.append(observer)

    def on_intent(self, order: Order) -> None:
        for observer in self._all:
            observer.on_intent(order)

    def on_command(self, order: Order, command: Command) -> None:
        for observer in self._all:
            observer.on_command(order, command)

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        for observer in self._all:
            observer.on_answer(order, do, error, took_s)

    def on_report(self, order: Order, report: ExecutionReport) -> None:
        for observer in self._all:
            observer.on_report(order, report)

    def on_fill(self, order: Order, fill: Execution) -> None:
        for observer in self._all:
            observer.on_fill(order, fill)

    def on_position(self, position: Position) -> None:
        for observer in self._all:
            observer.on_position(position)

    def on_incident(self, incident: Incident) -> None:
        for observer in self._all:
            observer.on_incident(incident)
