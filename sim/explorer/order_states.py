"""What a search has reached of the life of orders: state × event × command in flight."""

from collections import Counter

from ...trading.order import ExecutionReport
from ..oracles.oracle import Oracle
from ..oracles.port import Answered, Delivered, PortEvent, Sent
from ..oracles.scene import Scene

NONE = "-"


class OrderStates(Oracle):
    """Judges nothing; counts in which state of an order which event came while which command was
    on its way, as the client saw them. `cells` by "state event command"."""

    name = "STATES"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self.cells: Counter[str] = Counter()
        self._scene = scene
        self._state: dict[str, str] = {}
        self._flying: dict[str, list[str]] = {}

    def on_manager(self, event: PortEvent) -> None:
        if isinstance(event, Sent) and event.do != "read":
            self._flying.setdefault(self._about(event), []).append(event.do)
        elif isinstance(event, Answered) and event.sent.do != "read":
            self._flying[self._about(event.sent)].remove(event.sent.do)
        elif isinstance(event, Delivered) and isinstance(event.event, ExecutionReport):
            order = event.event.order
            about = order.cl_ord_id or order.order_id
            before, flying = self._state.get(about, NONE), self._flying.get(about)
            command = flying[-1] if flying else NONE
            self.cells[f"{before} {event.event.exec_type.name} {command}"] += 1
            self._state[about] = order.ord_status.name

    def _about(self, sent: Sent) -> str:
        if sent.request is not None:
            return sent.request.cl_ord_id
        return self._scene.tag_of(sent.order_id) or sent.order_id
