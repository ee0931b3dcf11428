"""What a search has reached of the life of orders: state × event × command in flight."""

from collections import Counter

from ..oracles.oracle import Oracle
from ..oracles.port import Answered, Delivered, Sent
from ..oracles.scene import Scene
from .order_cells import COMMANDS, NONE


class OrderStates(Oracle):
    """Judges nothing; counts in which state of an order which event came while which command was
    on its way, as the client saw them. `cells` by "state event command"."""

    name = "STATES"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self.cells: Counter[str] = Counter()
        self._scene = scene
        self._state: dict[str, str] = {}
        self._flying: dict[str, list[Sent]] = {}
        self._on: dict[int, str] = {}  # by command on its way: whose order it is about

    def on_command(self, event: Sent) -> None:
        if event.do in COMMANDS:
            # Kept: by its end the order may go by another name, its tag having become known.
            about = self._on[id(event)] = self._about(event)
            self._flying.setdefault(about, []).append(event)

    def on_outcome(self, event: Answered) -> None:
        if event.sent.do in COMMANDS:
            self._flying[self._on.pop(id(event.sent))].remove(event.sent)

    def on_report(self, event: Delivered) -> None:
        order = event.report.order
        about = self._name(order.cl_ord_id, order.order_id)
        before, flying = self._state.get(about, NONE), self._flying.get(about)
        command = flying[-1].do if flying else NONE
        self.cells[f"{before} {event.report.exec_type.name} {command}"] += 1
        self._state[about] = order.ord_status.name

    def _about(self, sent: Sent) -> str:
        if sent.request is not None:
            return sent.request.cl_ord_id
        return self._name("", sent.order_id)

    def _name(self, cl_ord_id: str, order_id: str) -> str:
        """The client's tag, or for what the broker keeps for an entry, the broker's."""
        return cl_ord_id or self._scene.tag_of(order_id) or order_id
