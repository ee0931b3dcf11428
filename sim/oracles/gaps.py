"""INV-19: after a gap nothing that adds risk is sent before the client knows where it stands."""

from .bounds import in_ns
from .contract import CLOSING, duty_in
from .oracle import Oracle
from .port import Answered, Delivered, Read, Sent
from .scene import Scene

_NEEDED: tuple[Read, ...] = ("open-orders", "orders-since", "executions-since", "positions")


class GapIsClosed(Oracle):
    """INV-19: once the stream is back with a gap, no order that could open or add to a position
    leaves before working orders, orders and fills since, and positions were asked for and answered;
    that is done within T_sync of reachable time. Premise: gaps.

    What reduces risk stays allowed: legs and closing orders, and a plain order that can do no more
    than close what is held. How far back the questions reach is INV-07's to find out.
    """

    name = "INV-19"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._gap_ns = 0
        self._missing: list[Read] = []
        self._said = False

    def on_stream(self, event: Delivered) -> None:
        state = event.stream
        if state.up and state.gap:
            self.premise += 1
            self._gap_ns, self._missing, self._said = event.time_ns, list(_NEEDED), False
        elif not state.up:
            self._missing = []  # what is missed now is asked for when it is back

    def on_answer(self, event: Answered) -> None:
        sent = event.sent
        if sent.read in self._missing and event.error is None and sent.time_ns >= self._gap_ns:
            self._missing.remove(sent.read)

    def on_command(self, event: Sent) -> None:
        if self._missing:
            self._check(event)

    def on_step(self, now_ns: int) -> None:
        if not self._missing or self._said:
            return
        spent_ns = self._scene.reachable.between(self._gap_ns, now_ns)
        if spent_ns > in_ns(self._scene.bounds.sync_s):
            self._said = True
            self._scene.violate(
                self.name,
                f"the stream is back for more than {self._scene.bounds.sync_s} s, and "
                f"{', '.join(self._missing)} are not known",
            )

    def _check(self, event: Sent) -> None:
        request = event.request
        if request is None or duty_in(request.cl_ord_id) in CLOSING:
            return
        held = self._scene.contract(request.instrument).position
        if request.side.sign * held < 0 and request.order_qty <= abs(held):
            return
        self._scene.violate(
            self.name,
            f"{request.cl_ord_id} left after a gap, before {', '.join(self._missing)} were known",
        )
