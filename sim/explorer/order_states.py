"""What a search has reached of the life of orders: state × event × command in flight."""

from collections import Counter

from ...trading.words import ExecType, OrdStatus
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
        self._met: Counter[tuple[OrdStatus | None, ExecType, str]] = Counter()
        self._scene = scene
        self._state: dict[str, OrdStatus] = {}
        self._flying: dict[str, list[Sent]] = {}
        self._on: dict[int, str] = {}  # by command on its way: whose order it is about

    @property
    def cells(self) -> dict[str, int]:
        """How often each was met."""
        return {
            f"{NONE if state is None else state.name} {event.name} {command}": times
            for (state, event, command), times in self._met.items()
        }

    def on_command(self, event: Sent) -> None:
        if event.do in COMMANDS:
            # Kept: by its end the order may go by another name, its tag having become known.
            about = self._on[id(event)] = self._about(event)
            self._flying.setdefault(about, []).append(event)

    def on_outcome(self, event: Answered) -> None:
        if event.sent.do in COMMANDS:
            self._flying[self._on.pop(id(event.sent))].remove(event.sent)

    def on_report(self, event: Delivered) -> None:
        report = event.report
        order = report.order
        about = self._name(order.cl_ord_id, order.order_id)
        flying = self._flying.get(about)
        command = flying[-1].do if flying else NONE
        self._met[self._state.get(about), report.exec_type, command] += 1
        self._state[about] = order.ord_status

    def _about(self, sent: Sent) -> str:
        if sent.request is not None:
            return sent.request.cl_ord_id
        return self._name("", sent.order_id)

    def _name(self, cl_ord_id: str, order_id: str) -> str:
        """The client's tag, or for what the broker keeps for an entry, the broker's id: the client
        may call that otherwise from some moment on, and gives the name to an order of its own."""
        record = self._scene.record_of(order_id)
        if record is not None and record.parent is not None:
            return order_id
        return (cl_ord_id if record is None else record.request.cl_ord_id) or order_id
