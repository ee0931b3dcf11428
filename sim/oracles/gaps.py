"""INV-19: after a gap nothing that adds risk is sent before the client knows where it stands."""

from .bounds import in_ns
from .contract import CLOSING, BrokerSaid, Contract, duty_in
from .knowable import Moment
from .oracle import Oracle
from .port import Answered, Delivered, Read, Sent
from .scene import Scene

_NEEDED: tuple[Read, ...] = ("open-orders", "orders-since", "executions-since", "positions")


class GapIsClosed(Oracle):
    """INV-19: once the stream is back with a gap, no order that could open or add to a position
    leaves before working orders, orders and fills since, and positions were asked for and answered;
    that is done within T_sync of reachable time. Premise: gaps.

    What reduces risk stays allowed: a bracket's legs and closing orders, and any other order that
    can do no more than close what is held, or what the client could know to be held: one of a pair
    of exits may go while nobody can be asked whether the other one has closed all (explored, all,
    wire 19). A pair's orders are judged by that and not by what they are called, because neither
    INV-02 nor 03 would find one that opens. How far back the questions reach is INV-07's to find
    out.
    """

    name = "INV-19"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._gap_ns = 0
        self._fills: dict[str, list[tuple[Moment, int]]] = {}  # by symbol, signed: may be unknown
        self.timed = self._missing = list[Read]()
        self._said = False

    def on_stream(self, event: Delivered) -> None:
        state = event.stream
        if state.up and state.gap:
            self.premise += 1
            self._gap_ns, self._missing[:], self._said = event.time_ns, _NEEDED, False
        elif not state.up:
            self._missing.clear()  # what is missed now is asked for when it is back

    def on_answer(self, event: Answered) -> None:
        sent = event.sent
        if sent.read in self._missing and event.error is None and sent.time_ns >= self._gap_ns:
            self._missing.remove(sent.read)

    def on_broker(self, said: BrokerSaid) -> None:
        if said.filled:
            symbol, now_ns = said.contract.instrument.symbol, said.report.time_ns
            recent = self._fills.get(symbol, ())
            left = [f for f in recent if f[0].known_ns is None and now_ns <= f[0].asked_by_ns]
            self._fills[symbol] = [*left, (said.moment, said.filled)]

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
        contract = self._scene.contract(request.instrument)
        for held in (contract.position, contract.position - self._unknown(contract)):
            if request.side.sign * held < 0 and request.order_qty <= abs(held):
                return
        self._scene.violate(
            self.name,
            f"{request.cl_ord_id} left after a gap, before {', '.join(self._missing)} were known",
        )

    def _unknown(self, contract: Contract) -> int:
        """Contracts, signed, that were filled or taken back and of which nobody could know."""
        now_ns, from_ns = self._scene.now_ns(), self._scene.knowledge.from_ns
        fills = self._fills.get(contract.instrument.symbol, ())
        return sum([qty for moment, qty in fills if from_ns(moment) > now_ns])
