"""INV-09: what became of an order is known or called unknown, and never guessed."""

from ...trading.errors import NotSent, OutcomeUnknown, Refused
from ...trading.order import ExecutionReport
from ...trading.orders.handle import Order
from ...trading.words import OrdStatus
from .bounds import in_ns
from .changes import UnprovedChanges
from .oracle import Oracle
from .orders import order_of
from .port import Answered, Delivered, PortEvent
from .scene import Scene


class _Evidence:
    """What was heard of one order that was sent. `late_ns`: when its answer was given up;
    `suspect_ns`: since when it is called rejected without evidence."""

    __slots__ = ("late_ns", "misses", "refused", "said", "settled", "suspect_ns")

    def __init__(self) -> None:
        self.late_ns: int | None = None
        self.suspect_ns: int | None = None
        self.misses = 0
        self.refused = False
        self.settled = False
        self.said = False


class NothingGuessed(Oracle):
    """INV-09: the manager calls an order rejected only after the broker refused it, in an answer,
    an event or what it shows of the order when it is asked, or nobody was reached, or `misses`
    look-ups by its tag that began T_vis after its answer was given up found nothing; a look-up that
    failed is no evidence. What became of one whose answer was lost is known within T_unknown of
    reachable time. A change whose answer was lost counts as made only once the broker shows the
    order so. Premise: lost answers, and orders called rejected.
    """

    name = "INV-09"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._heard: dict[str, _Evidence] = {}
        self._unknown: dict[str, _Evidence] = {}
        self._told: dict[str, Order] = {}  # since the last look: the manager takes it in after us
        self._changes = UnprovedChanges(scene)

    def on_manager(self, event: PortEvent) -> None:
        lost = self._changes.lost
        self._changes.on_manager(event)
        self.premise += self._changes.lost - lost
        if isinstance(event, Answered):
            self._answered(event)
        elif isinstance(event, Delivered) and isinstance(event.event, ExecutionReport):
            state = event.event.order
            if state.ord_status is OrdStatus.REJECTED:
                self._of(state.cl_ord_id or self._scene.tag_of(state.order_id)).refused = True
        order = order_of(self._scene, event)
        if order is not None:
            self._told[order.cl_ord_id] = order

    def on_step(self, now_ns: int) -> None:
        for order in list(self._told.values()):
            if self._settled(order, now_ns):
                del self._told[order.cl_ord_id]
        changed = self._changes.guessed(now_ns)
        if changed is not None:
            self._scene.violate(
                self.name, f"{changed} is taken for changed, and nobody said that it was"
            )
        for tag_text, evidence in list(self._unknown.items()):
            known = self._scene.order(tag_text)
            if known is not None and not known.core.uncertain:
                del self._unknown[tag_text]  # a fill or a list of orders told it as well
                continue
            assert evidence.late_ns is not None, "only lost answers are waited for"
            spent_ns = self._scene.reachable.between(evidence.late_ns, now_ns)
            if spent_ns > in_ns(self._scene.bounds.unknown_s) and not evidence.said:
                evidence.said = True
                self._scene.violate(
                    self.name,
                    f"nobody knows what became of {tag_text}, {self._scene.bounds.unknown_s} s "
                    f"after its answer was lost",
                )

    @property
    def waits(self) -> bool:
        """Whether the answer to an order was lost, and nobody knows yet what became of it."""
        return bool(self._unknown)

    def at_quiescence(self) -> None:
        self.on_step(self._scene.now_ns() + 1)
        for tag_text in [t for t, e in self._heard.items() if e.settled]:
            del self._heard[tag_text]

    def at_end(self) -> None:
        self.on_step(self._scene.now_ns() + 1)

    def _answered(self, event: Answered) -> None:
        sent, error = event.sent, event.error
        if sent.request is not None:
            evidence = self._of(sent.request.cl_ord_id)
            if isinstance(error, OutcomeUnknown):
                self.premise += 1
                evidence.late_ns = event.time_ns
                self._unknown[sent.request.cl_ord_id] = evidence
            elif isinstance(error, Refused | NotSent):
                evidence.refused = True
            return
        found = event.result if isinstance(event.result, list) else [event.result]
        for each in found:
            if getattr(each, "ord_status", None) is OrdStatus.REJECTED:
                self._of(each.cl_ord_id or self._scene.tag_of(each.order_id)).refused = True
        if sent.read == "order" and error is None and event.result is None:
            evidence = self._of(sent.key)
            visible_ns = in_ns(self._scene.bounds.visible_s)
            if evidence.late_ns is not None and sent.time_ns >= evidence.late_ns + visible_ns:
                evidence.misses += 1

    def _settled(self, order: Order, now_ns: int) -> bool:
        """Judge an order; False where what the manager took in may not have been heard here yet."""
        evidence = self._of(order.cl_ord_id)
        core = order.core
        if not core.uncertain:
            self._unknown.pop(order.cl_ord_id, None)
        if not core.terminal or evidence.settled:
            return True
        if core.venue_status is OrdStatus.REJECTED:
            if not evidence.refused and evidence.misses < self._scene.bounds.misses:
                if evidence.suspect_ns is None:
                    evidence.suspect_ns = now_ns
                if now_ns <= evidence.suspect_ns:
                    return False
                self._scene.violate(
                    self.name,
                    f"{order.describe()} is called rejected; nobody refused it, and "
                    f"{evidence.misses} look-ups late enough to count did not find it",
                )
            self.premise += 1
        evidence.settled = True
        return True

    def _of(self, tag_text: str) -> _Evidence:
        return self._heard.setdefault(tag_text, _Evidence())
