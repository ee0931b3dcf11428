"""What the oracles look at together: broker truth by contract, and the manager's own view."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from ...matching.reports import Report
from ...trading.instrument import Instrument
from ...trading.order import Execution, OrderRequest, OrderState
from ...trading.orders import tags
from ...trading.orders.handle import Order
from ...trading.orders.manager import Incident, OrderManager
from ...trading.words import ExecType, OrdStatus
from ..desk.broker_desk import BrokerDesk
from ..desk.orders import OrderRecord
from .bounds import Bounds, in_ns
from .contract import CLOSING, BrokerSaid, Contract
from .doubtful import Doubts
from .knowable import Backlog, Covered, Knowledge, Moment, Reachable, Stopwatch
from .port import Answered, Delivered, FlattenCall, Sent
from .voids import Voids


class Scene:
    """Shared by the oracles of one run. `violate(oracle, text)` says that a rule was broken.

    `subject`: the manager's order that the report, outcome or answer of this moment is about, None
    where that is not watched; `shown`, `fills`: what the answer of this moment has in it.
    """

    def __init__(
        self,
        desk: BrokerDesk,
        bounds: Bounds,
        now_ns: Callable[[], int],
        violate: Callable[[str, str], None],
        *,
        lossless: bool,
        in_place: bool = True,
    ) -> None:
        self.desk = desk
        self.bounds = bounds
        self.now_ns = now_ns
        self.violate = violate
        self.in_place = in_place  # the broker changes orders as they are
        self.reachable = Reachable()
        look_s = bounds.late_s if lossless else bounds.look_s
        self.knowledge = Knowledge(
            in_ns(look_s), in_ns(bounds.look_again_s), in_ns(bounds.ask_s), self.reachable
        )
        self.doubts = Doubts()
        self.contracts: dict[str, Contract] = {}
        self.manager: OrderManager | None = None  # the one that lives; None before there is one
        self.managers: list[OrderManager] = []  # one for each life of the client
        self.handles: dict[str, Order] = {}  # the manager's orders by tag, until both sides agree
        self.numbers: dict[str, int] = {}  # the broker's number of each tag of the client's
        self.flattening: dict[str, int] = {}  # by symbol: calls under way
        self.subject: Order | None = None
        self.shown: list[OrderState] = []
        self.fills: list[Execution] = []
        self.voids = Voids()
        self.halts = 0  # that began so far
        self._asked_away: dict[str, None] = {}  # tags that a caller wants gone
        self._sent: dict[str, None] = {}  # tags of the client's
        self._children: dict[int, str] = {}  # the manager's tag of each child, by number

    def opened(self, manager: OrderManager) -> None:
        """A life of the client begins, with a manager of its own."""
        self.manager = manager
        self.managers.append(manager)
        self.handles.clear()
        self.doubts.reopened(self.now_ns())
        self.flattening.clear()

    def incidents(self) -> Iterator[Incident]:
        """Every incident so far, of earlier lives too."""
        return chain.from_iterable(manager.view.incidents for manager in self.managers)

    def contract(self, instrument: Instrument) -> Contract:
        known = self.contracts.get(instrument.symbol)
        if known is None:
            known = self.contracts[instrument.symbol] = Contract(instrument)
        return known

    def stopwatch(self, bound_s: float) -> Stopwatch:
        return Stopwatch(self.knowledge, self.reachable, in_ns(bound_s))

    def backlog(self, bound_s: float) -> Backlog:
        return Backlog(self.knowledge, self.reachable, in_ns(bound_s))

    def now(self) -> Moment:
        """A moment that the client knows of already."""
        return self.knowledge.told_at(self.now_ns())

    def record(self, tag_text: str) -> OrderRecord | None:
        """The broker's record of an order of the client's; None while there is none."""
        number = self.numbers.get(tag_text)
        record = None if number is None else self.desk.orders[number]
        # A child has a name of that kind, too, until the manager gives it one: none that was sent.
        if record is not None and record.parent is not None and tag_text in self._sent:
            return None
        return record

    def order(self, tag_text: str) -> Order | None:
        """The manager's order with a tag; None while it has none such, or no more."""
        known = self.handles.get(tag_text)
        if known is None and self.manager is not None:
            return self.manager.view.order(tag_text)
        return known

    def want_away(self, orders: Iterable[Order]) -> None:
        """A caller wants orders gone, from now on."""
        self._asked_away.update(dict.fromkeys(order.cl_ord_id for order in orders))

    def asked_away(self, tag_text: str, symbol: str) -> bool:
        """Whether a caller wants an order gone, or all that works in its instrument."""
        return tag_text in self._asked_away or bool(self.flattening.get(symbol))

    def owns(self, order_id: str) -> bool:
        """Whether an order of the broker's was sent by the client; unknown ids are nobody's."""
        record = self.record_of(order_id)
        return record is None or self._own(record)

    def _own(self, record: OrderRecord) -> bool:
        return (record.parent or record).request.cl_ord_id in self._sent

    def name_of(self, record: OrderRecord) -> str:
        """The tag under which the manager knows an order; what it is for, while it does not."""
        if record.parent is None:
            return record.request.cl_ord_id
        return self._children.get(record.number, record.known_as)

    def unmet(self, order_id: str) -> bool:
        """Whether an order is a child that the manager is not known to have taken in."""
        record = self.record_of(order_id)
        return (
            record is not None and record.parent is not None and record.number not in self._children
        )

    def meet(self, instrument: Instrument) -> None:
        """Get to know the children that the manager took in since the last time."""
        if self.manager is None:
            return
        for order in self.manager.view.orders_of(instrument):
            if order.core.adopted and order.cl_ord_id not in self.handles:
                number = int(order.order_id or 0)
                self.handles[order.cl_ord_id] = order
                self.numbers[order.cl_ord_id] = number
                self._children[number] = order.cl_ord_id

    def heard(self, record: OrderRecord, report: Report) -> BrokerSaid:
        """Keep the books by a report."""
        own, tag, tag_text = self._own(record), record.tag, record.known_as
        contract = self.contract(record.request.instrument)
        before, filled = contract.position, record.request.side.sign * report.last_qty
        voids = report.exec_type is ExecType.TRADE_CANCEL
        contract.awaited.pop(tag_text, None)
        if own:
            self.numbers[tag_text] = record.number
            contract.own(record, tag)
        idle = voids and not any(each.busy for each in self.contracts.values())
        moment = self.knowledge.reported(record, report)
        if voids:
            if idle:  # a client has no reason to look before it compares everything
                moment.look_ns = report.time_ns + in_ns(self.bounds.idle_s)
            contract.void(tag_text, filled)
            filled = -filled
            self.voids.happened(record, report, moment)
        else:
            contract.fill(tag_text, filled)
        self.doubts.heard(tag_text, moment, rejected=record.status is OrdStatus.REJECTED)
        if filled or contract.moved is None:
            contract.moved = moment
            contract.fills = [*_untold(contract.fills, report.time_ns), moment]
        if record.parent is not None or report.exec_type is ExecType.NEW:
            contract.came = [*_untold(contract.came, report.time_ns), moment]
        moments = (moment, contract.moved)
        return BrokerSaid(
            record, report, tag, own, moment, moments, contract, before, filled, voids
        )

    # --- what passed the port, told before any oracle is ------------------------------------------

    def on_command(self, event: Sent) -> None:
        if event.request is not None:
            self._placed(event.request)
            self.doubts.sent(event, self.handles.get(event.request.cl_ord_id))
        elif event.do == "modify":
            self.doubts.changes(event, self.tag_of(event.order_id))

    def on_question(self, event: Sent) -> None:
        covered = self._covered(event)
        if covered is not None:
            due_ns = event.time_ns + in_ns(event.deadline_s or 0)
            self.knowledge.asked(event, event.time_ns, due_ns, covered)

    def on_outcome(self, event: Answered) -> None:
        placed, tag_text = event.sent.request, ""
        if placed is not None:
            tag_text = placed.cl_ord_id
            self.contract(placed.instrument).awaited.pop(tag_text, None)
        self.doubts.answered(event, tag_text in self.numbers)
        self.subject = self.handles.get(tag_text or self.tag_of(event.sent.order_id))

    def on_answer(self, event: Answered) -> None:
        self.shown, self.fills = [], []
        if isinstance(event.result, OrderState):
            self.shown = [event.result]
        elif event.sent.read in ("open-orders", "orders-since"):
            self.shown = event.result or []
        elif event.sent.read == "executions-since":
            self.fills = event.result or []
        self._read(event)
        self.subject = self.handles.get(event.sent.key)

    def on_report(self, event: Delivered) -> None:
        state = event.report.order
        self.knowledge.told(state, event.time_ns)
        if event.report.exec_type is ExecType.TRADE_CANCEL:
            self.voids.told(event.report)
        if state.parent_id is not None:
            self.meet(state.instrument)
        self.subject = self.handles.get(state.cl_ord_id or self.tag_of(state.order_id))

    def on_flatten(self, event: FlattenCall) -> None:
        symbol, more = event.instrument.symbol, 1 if event.result is None else -1
        self.flattening[symbol] = self.flattening.get(symbol, 0) + more

    def record_of(self, order_id: str) -> OrderRecord | None:
        """An order of the broker's, by its id; None where it has none such."""
        return self.desk.orders.get(int(order_id)) if order_id.isdigit() else None

    def tag_of(self, order_id: str) -> str:
        """The tag of an order of the broker's, "" where it has none such."""
        record = self.record_of(order_id)
        return "" if record is None else self.name_of(record)

    def _placed(self, request: OrderRequest) -> None:
        tag_text = request.cl_ord_id
        self._sent[tag_text] = None
        tag = tags.parse(tag_text)
        if tag is None or tag.duty not in CLOSING:
            self.contract(request.instrument).awaited[tag_text] = request
        if self.manager is not None:
            for order in reversed(self.manager.view.orders_of(request.instrument)):
                if order.cl_ord_id == tag_text:
                    self.handles[tag_text] = order
                    return

    def _read(self, event: Answered) -> None:
        """What a question was answered is known from now on."""
        sent = event.sent
        untold = self.knowledge.untold  # of few, and most of what is shown is of others
        for state in self.shown:
            if state.order_id in untold:
                self.knowledge.told(state, event.time_ns)
        for fill in self.fills:
            if fill.order_id in untold and fill.voided:
                void = self.voids.moment(fill)
                if void is not None:
                    self.knowledge.told_void(fill.order_id, void, event.time_ns)
            elif fill.order_id in untold:
                self.knowledge.told_fill(fill, event.time_ns)
        covered = self._covered(sent)
        if covered is None:
            return
        if event.error is not None:
            self.knowledge.asked_in_vain(sent, event.time_ns)
        elif sent.read == "open-orders":  # that one is over is told by its absence
            listed = {state.order_id for state in self.shown}
            self.knowledge.answered(sent, event.time_ns, lambda number, _: number in listed)
        else:
            self.knowledge.answered(sent, event.time_ns, covered)

    def _covered(self, sent: Sent) -> Covered | None:
        """What a question would tell of; None for what tells of no order."""
        if sent.read == "order":
            number = self.numbers.get(sent.key)
            wanted = sent.key if number is None else str(number)
            return lambda order_id, _: order_id == wanted
        if sent.read == "executions-since":
            return lambda _, moment: moment.fill > 0
        if sent.read in ("open-orders", "orders-since"):
            return lambda *_: True
        return None


def _untold(moments: list[Moment], now_ns: int) -> list[Moment]:
    """Those of which the client was not told, and need not have asked."""
    return [moment for moment in moments if moment.known_ns is None and now_ns <= moment.due_ns]
