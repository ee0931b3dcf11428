"""INV-05, 06 and 10: what is said of one order is true, said once, and never taken back."""

from ...trading.errors import ProtocolError
from ...trading.lifecycle import step
from ...trading.orders.handle import Order
from ...trading.words import ExecType, OrdStatus
from .contract import BrokerSaid
from .oracle import Oracle
from .port import Answered, CancelTold, Delivered, Sent
from .scene import Scene


class OneEnd(Oracle):
    """INV-05: an order goes the ways of the published table, ends once, and for the manager stays
    as it ended; a fill from before that is told later changes only what is filled. Premise: ends at
    the broker."""

    name = "INV-05"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._status: dict[int, OrdStatus] = {}
        self._ended: dict[str, OrdStatus] = {}  # as the manager has it, by tag

    def on_broker(self, said: BrokerSaid) -> None:
        number, report = said.record.number, said.report
        before = self._status.get(number, OrdStatus.PENDING_NEW)
        cancelled = before in (OrdStatus.CANCELED, OrdStatus.EXPIRED)
        if cancelled and report.exec_type is ExecType.TRADE and report.ord_status is before:
            return  # a correction: it filled before it ended, and that is told now (F23)
        try:
            self._status[number] = step(before, report.exec_type, report.ord_status)
        except ProtocolError as error:
            self._scene.violate(self.name, f"order {number} at the broker: {error}")
        else:
            self.premise += report.ord_status.terminal

    def on_report(self, event: Delivered) -> None:
        self._look(self._scene.subject)

    def on_outcome(self, event: Answered) -> None:
        self._look(self._scene.subject)

    def on_answer(self, event: Answered) -> None:
        self._look(self._scene.subject)

    def _look(self, order: Order | None) -> None:
        if order is None or (order.working and order.cl_ord_id not in self._ended):
            return
        status = order.core.venue_status
        first = self._ended.setdefault(order.cl_ord_id, status)
        if status is not first:
            self._ended[order.cl_ord_id] = status
            self._scene.violate(
                self.name,
                f"{order.describe()} had ended {first.name} for the manager and is {status.name}",
            )

    def at_quiescence(self) -> None:
        for order in list(self._scene.handles.values()):
            record = self._scene.record(order.cl_ord_id)
            if record is not None and record.status.terminal and order.working:
                self._scene.violate(
                    self.name,
                    f"all is quiet, {order.describe()} ended {record.status.name} at the broker, "
                    f"and for the manager it works",
                )


class FillsConserved(Oracle):
    """INV-06: the manager counts the fills it was told of, each once, never more than the broker
    or the order's size, fewer than before only where the venue took one back, and at quiescence as
    many. What was taken back and not told by the stream it may count until then, and what was of an
    order that it had forgotten by then, being over for long, for good: only the position is another
    one (explored, voids, all, hostile 11). Premise: fills it was told of, and such as were taken
    back."""

    name = "INV-06"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._told: dict[str, dict[str, int]] = {}  # by broker's id: contracts by execution
        self._known: dict[str, int] = {}  # the same of all orders
        self._most: dict[str, int] = {}
        self._voided: dict[str, None] = {}  # ids of fills that the stream took back

    def on_broker(self, said: BrokerSaid) -> None:
        if said.voids and said.own:
            self.premise += 1
            name = self._scene.name_of(said.record)
            order = self._scene.order(name)
            if order is not None:  # what both sides were through with is to be compared again
                self._scene.handles[name] = order

    def on_report(self, event: Delivered) -> None:
        report = event.report
        if report.exec_id is not None:
            qty = report.last_qty
            if report.exec_type is ExecType.TRADE_CANCEL:
                self._voided[report.exec_id] = None
            if report.exec_id in self._voided:
                qty = 0
            self._tell(report.order.order_id, report.exec_id, qty)
        self._check(self._scene.subject)

    def on_outcome(self, event: Answered) -> None:
        self._check(self._scene.subject)

    def on_answer(self, event: Answered) -> None:
        known = self._known
        for fill in self._scene.fills:  # all there are, mostly, again and again
            if known.get(fill.exec_id) != fill.qty and fill.exec_id not in self._voided:
                self._tell(fill.order_id, fill.exec_id, fill.qty)
        self._check(self._scene.subject)

    def at_quiescence(self) -> None:
        for order in list(self._scene.handles.values()):
            record = self._scene.record(order.cl_ord_id)
            at_broker = 0 if record is None else record.cum_qty
            over = record is None or record.status.terminal
            if order.cum_qty != at_broker and not self._was_forgotten(order, at_broker):
                self._say(order, f"all is quiet, and the broker has {at_broker}")
            elif over and not order.working:
                # Both sides are through with it: nothing is left to compare.
                self._scene.handles.pop(order.cl_ord_id, None)
                for exec_id in self._told.pop(order.order_id or "", ()):
                    self._known.pop(exec_id, None)
                self._most.pop(order.cl_ord_id, None)

    def _was_forgotten(self, order: Order, at_broker: int) -> bool:
        """Whether what the broker has less was taken back of an order that the manager has no
        more."""
        voids, manager = self._scene.voids.of(order.order_id), self._scene.manager
        gone = manager is None or manager.view.order(order.cl_ord_id) is None
        return gone and not order.working and 0 < order.cum_qty - at_broker <= voids

    def _tell(self, order_id: str, exec_id: str, qty: int) -> None:
        """By a report or by the answer to a question; of what is over on both sides no more."""
        if self._scene.tag_of(order_id) in self._scene.handles or self._scene.unmet(order_id):
            told = self._told.setdefault(order_id, {})
            self.premise += exec_id not in told
            told[exec_id] = self._known[exec_id] = qty

    def _check(self, order: Order | None) -> None:
        if order is None:
            return
        tag_text = order.cl_ord_id
        record = self._scene.record(tag_text)
        at_broker = 0 if record is None else record.cum_qty
        told = sum(self._told.get(order.order_id or "", {}).values())
        counted, cum_qty = sum([fill.qty for fill in order.fills]), order.cum_qty
        voids = self._scene.voids
        if cum_qty > at_broker + voids.untold_of(order.order_id):
            self._say(order, f"the broker filled {at_broker}")
        if counted > told:
            self._say(order, f"its fills sum up to {counted}, told were {told}")
        size = 0 if record is None else max(record.order_qty, record.request.order_qty)
        if record is not None and cum_qty > size + voids.untold_of(order.order_id):
            self._say(order, f"it is for {record.order_qty}")
        if cum_qty < self._most.get(tag_text, 0) - voids.of(order.order_id):
            self._say(order, f"it was {self._most[tag_text]} before")
        self._most[tag_text] = max(cum_qty, self._most.get(tag_text, 0))

    def _say(self, order: Order, why: str) -> None:
        self._scene.violate(
            self.name, f"the manager has {order.cum_qty} filled of {order.describe()}; {why}"
        )


class CancelTruth(Oracle):
    """INV-10: how a cancel ended is so at the broker, and nobody is told that it is not known
    before it was tried as often as the settings allow. A fill that the broker's word on the end
    denied, and that was not told yet, is in nobody's answer (F23). Premise: cancels that were told.

    Hears of cancels that are made through `Watch.cancel` and `Watch.cancel_all`.
    """

    name = "INV-10"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._tries: dict[str, int] = {}  # by the broker's id

    def on_command(self, event: Sent) -> None:
        if event.do == "cancel":
            self._tries[event.order_id] = self._tries.get(event.order_id, 0) + 1

    def on_cancel_told(self, event: CancelTold) -> None:
        self.premise += 1
        self._given_up(event)
        record = self._scene.record(event.order.cl_ord_id)
        status = OrdStatus.CANCELED if record is None else record.status  # None: it never left
        filled = 0 if record is None else record.cum_qty
        state, told = event.result.state, event.result.filled
        denied = 0 if record is None else self._scene.knowledge.denied(record)
        untold = self._scene.voids.untold_of(event.order.order_id)
        if filled - denied < told <= filled - denied + untold:
            filled = told + denied  # that some of it was taken back since, nobody told
        true = {
            "cancelled": status is OrdStatus.CANCELED and told == filled - denied,
            "already_filled": status is OrdStatus.FILLED and told == filled,
            "already_done": status.terminal and status is not OrdStatus.FILLED and told == filled,
            "unknown": told <= filled,
        }[state]
        if not true:
            self._scene.violate(
                self.name,
                f"the cancel of {event.order.describe()} ended as {event.result}; at the broker it "
                f"is {status.name} with {filled} filled",
            )

    def _given_up(self, event: CancelTold) -> None:
        manager = self._scene.manager
        tries = self._tries.pop(event.order.order_id or "", 0)
        if event.result.state != "unknown" or manager is None:
            return
        if tries < manager.settings.cancel_tries:
            self._scene.violate(
                self.name,
                f"the cancel of {event.order.describe()} ended as {event.result} after {tries} "
                f"tries, {manager.settings.cancel_tries} are allowed",
            )
