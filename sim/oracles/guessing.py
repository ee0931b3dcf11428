"""INV-09: what became of an order is known or called unknown, and never guessed."""

from ...trading.errors import NotSent, OutcomeUnknown, Refused
from ...trading.order import OrderState
from ...trading.orders.handle import Order
from ...trading.orders.manager import OrderManager
from ...trading.words import OrdStatus
from .bounds import in_ns
from .changes import UnprovedChanges
from .oracle import Oracle
from .port import Answered, Delivered, Sent
from .scene import Scene


class _Evidence:
    """What was heard of one order that was sent. `late_ns`: when its answer was given up, and by
    which manager, `given_up_by`; `suspect_ns`: since when it is called rejected without evidence.
    """

    __slots__ = ("given_up_by", "late_ns", "misses", "refused", "said", "settled", "suspect_ns")

    def __init__(self) -> None:
        self.given_up_by: OrderManager | None = None
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
        self._visible_ns = in_ns(scene.bounds.visible_s)
        self._unknown_ns = in_ns(scene.bounds.unknown_s)

    def on_command(self, event: Sent) -> None:
        self._changes.on_command(event)

    def on_report(self, event: Delivered) -> None:
        self._shown([event.report.order])
        self._look_at(self._scene.subject)

    def on_outcome(self, event: Answered) -> None:
        lost = self._changes.lost
        self._changes.on_outcome(event)
        self.premise += self._changes.lost - lost
        if event.sent.request is not None:
            self._ended(event.sent.request.cl_ord_id, event)
        self._look_at(self._scene.subject)

    def on_answer(self, event: Answered) -> None:
        self._shown(self._scene.shown)
        sent = event.sent
        if sent.read == "order" and event.error is None and event.result is None:
            evidence = self._of(sent.key)
            if evidence.late_ns is not None and sent.time_ns >= evidence.late_ns + self._visible_ns:
                evidence.misses += 1
        self._look_at(self._scene.subject)

    def on_step(self, now_ns: int) -> None:
        if self._told:
            for order in list(self._told.values()):
                if self._settled(order, now_ns):
                    del self._told[order.cl_ord_id]
        if self._changes.open:
            changed = self._changes.guessed(now_ns)
            if changed is not None:
                self._scene.violate(
                    self.name, f"{changed} is taken for changed, and nobody said that it was"
                )
        if self._unknown:
            self._wait(now_ns)

    def _wait(self, now_ns: int) -> None:
        """Judge how long nobody knows what became of an order."""
        for tag_text, evidence in list(self._unknown.items()):
            known = self._scene.order(tag_text)
            told = known is not None and not known.core.uncertain
            # Another life knows nothing of an order whose record was lost with the one before.
            lost = known is None and self._scene.manager is not evidence.given_up_by
            if told or lost:
                del self._unknown[tag_text]  # a fill or a list of orders told it as well
                continue
            assert evidence.late_ns is not None, "only lost answers are waited for"
            spent_ns = self._scene.reachable.between(evidence.late_ns, now_ns)
            if spent_ns > self._unknown_ns and not evidence.said:
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

    def _shown(self, states: list[OrderState]) -> None:
        """The broker's word on orders, told or asked for."""
        if self._changes.open:
            self._changes.shown(states)
        for state in states:
            if state.ord_status is OrdStatus.REJECTED:
                self._of(state.cl_ord_id or self._scene.tag_of(state.order_id)).refused = True

    def _ended(self, tag_text: str, event: Answered) -> None:
        """The request for an order had its answer, or none."""
        evidence = self._of(tag_text)
        if isinstance(event.error, OutcomeUnknown):
            self.premise += 1
            evidence.late_ns, evidence.given_up_by = event.time_ns, self._scene.manager
            self._unknown[tag_text] = evidence
        elif isinstance(event.error, Refused | NotSent):
            evidence.refused = True

    def _look_at(self, order: Order | None) -> None:
        if order is not None:
            self._told[order.cl_ord_id] = order

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
        evidence = self._heard.get(tag_text)
        if evidence is None:
            evidence = self._heard[tag_text] = _Evidence()
        return evidence
