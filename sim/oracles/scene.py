"""What the oracles look at together: broker truth by contract, and the manager's own view."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from msgspec import Struct

from ...matching.reports import Report
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest
from ...trading.orders import tags
from ...trading.orders.handle import Order
from ...trading.orders.manager import Incident, OrderManager
from ...trading.orders.tags import Tag
from ...trading.words import ExecType, OrdStatus, OrdType
from ..desk.broker_desk import BrokerDesk
from ..desk.orders import OrderRecord
from ..record.unprotected import Intents
from .bounds import Bounds, in_ns
from .doubtful import Doubts
from .knowable import Backlog, Covered, Knowledge, Moment, Reachable, Stopwatch
from .port import Answered, Delivered, FlattenCall, PortEvent, Sent

CLOSING = ("stop", "target", "exit", "close")
"""Duties of orders that only ever close what an entry opened, or what is held; several targets have
one duty."""

STOPS = (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP)
_COVERS = (*STOPS, OrdType.MARKET)


class Contract:
    """One instrument at the broker: what is held, and the client's own orders that work.

    Its own are those that it sent and those that the broker attached to them. `suspended` are such
    as wait for their entry.
    `position` is the sum of fills, whoever made them; `meant` what of it brackets opened. `awaited`
    are entries that left the client and are not at the broker yet, by tag.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.position = 0
        self.meant = 0
        self.working: dict[int, OrderRecord] = {}
        self.closers: dict[int, OrderRecord] = {}
        self.suspended: dict[int, OrderRecord] = {}
        self.awaited: dict[str, OrderRequest] = {}
        self._brackets: dict[str, None] = {}  # intents that had an entry
        self._intents = Intents()
        self.moved: Moment | None = None  # when the position last changed
        self.fills: list[Moment] = []  # changes of it of which the client may not know yet
        self.came: list[Moment] = []  # the same of orders that came into the books

    @property
    def sign(self) -> int:
        return (self.position > 0) - (self.position < 0)

    @property
    def cover(self) -> int:
        """Contracts that working stops of the client's would close; or that the rest of a market
        order will, which works at the price where its protection ends, as that of a stop does that
        was set off: there was nobody to trade with, and what is more cannot be
        done."""
        return sum(
            record.leaves_qty
            for record in self.working.values()
            if record.request.ord_type in _COVERS and record.request.side.sign == -self.sign
        )

    @property
    def protection(self) -> int:
        """Contracts that the stops of brackets would close."""
        return self._stops(of_brackets=True)

    @property
    def guarded(self) -> int:
        """Contracts that the stops of guards would close: what no bracket holds."""
        return self._stops(of_brackets=False)

    def _stops(self, *, of_brackets: bool) -> int:
        return sum(
            record.leaves_qty
            for record in self.closers.values()
            if duty_of(record) == "stop"
            and record.request.side.sign == -self.sign
            and (_leg(record).intent in self._brackets) is of_brackets
        )

    @property
    def closing(self) -> int:
        """Contracts that closing orders could close, of each bracket its stops or its targets,
        whichever are more, and its closing orders; on both sides while nothing is held. Guards and
        closes at a limit are one group, these being targets to that."""
        legs: dict[str, dict[str, int]] = {}
        for record in self.closers.values():
            if self.sign and record.request.side.sign == self.sign:
                continue
            tag = _leg(record)
            name = tag.intent if tag.intent in self._brackets else "of no bracket"
            group = legs.setdefault(f"{tag.intent}.exit" if tag.role == "exit" else name, {})
            duty = "target" if tag.duty == "close" else tag.duty
            group[duty] = group.get(duty, 0) + record.leaves_qty
        return sum(max(group.values()) for group in legs.values())

    @property
    def wrong_sided(self) -> list[OrderRecord]:
        """Stops, targets and closes at a limit that would add to what is held, and whose bracket
        holds nothing that they close: what they were for was turned over."""
        return [
            record
            for record in self.closers.values()
            if record.request.side.sign == self.sign
            and duty_of(record) != "exit"
            and self._intents.held(_leg(record).intent) * self.sign >= 0
        ]

    @property
    def entries(self) -> bool:
        """Whether an order of the client's that may open something works or is on its way."""
        return len(self.working) > len(self.closers) or bool(self.awaited)

    def apply(self, record: OrderRecord, report: Report, own: bool) -> None:
        """Take a report in."""
        tag_text = record.known_as
        self.awaited.pop(tag_text, None)
        if own:
            for orders in (self.working, self.closers, self.suspended):
                if record.status.terminal or orders is self.suspended:
                    orders.pop(record.number, None)
            if record.tag is not None and record.tag.role == "entry":
                self._brackets[record.tag.intent] = None
            if record.status is OrdStatus.SUSPENDED:
                self.suspended[record.number] = record
            elif not record.status.terminal:
                self.working[record.number] = record
                if duty_of(record) in CLOSING:
                    self.closers[record.number] = record
        if report.exec_type is ExecType.TRADE:
            signed = record.request.side.sign * report.last_qty
            self.position += signed
            self._intents.fill(tag_text, signed)
        self.meant = self._intents.settle(self.position)


class BrokerSaid(Struct, frozen=True):
    """An order changed at the broker. `own`: the client sent it. `before`: the position before.
    `moments`: this change and the last of the position, which must be known, too, to judge by."""

    record: OrderRecord
    report: Report
    tag: Tag | None
    own: bool
    moment: Moment
    moments: tuple[Moment, ...]
    contract: Contract
    before: int

    @property
    def filled(self) -> int:
        """Contracts filled by this report, signed."""
        return self.record.request.side.sign * self.report.last_qty


class Scene:
    """Shared by the oracles of one run. `violate(oracle, text)` says that a rule was broken."""

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
        self.managers: list[OrderManager] = []  # one for each life of the client
        self.handles: dict[str, Order] = {}  # the manager's orders by tag, until both sides agree
        self.numbers: dict[str, int] = {}  # the broker's number of each tag of the client's
        self.flattening: dict[str, int] = {}  # by symbol: calls under way
        self._asked_away: dict[str, None] = {}  # tags that a caller wants gone
        self._sent: dict[str, None] = {}  # tags of the client's
        self._children: dict[int, str] = {}  # the manager's tag of each child, by number

    @property
    def manager(self) -> OrderManager | None:
        """The manager that lives; None before there is one."""
        return self.managers[-1] if self.managers else None

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
        return None if number is None else self.desk.orders[number]

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
        own = self._own(record)
        if own:
            self.numbers[record.known_as] = record.number
        contract = self.contract(record.request.instrument)
        before = contract.position
        contract.apply(record, report, own)
        moment = self.knowledge.reported(record, report)
        self.doubts.heard(record.known_as, moment, rejected=record.status is OrdStatus.REJECTED)
        if report.exec_type is ExecType.TRADE or contract.moved is None:
            contract.moved = moment
            contract.fills = [*_untold(contract.fills, report.time_ns), moment]
        if record.parent is not None or report.exec_type is ExecType.NEW:
            contract.came = [*_untold(contract.came, report.time_ns), moment]
        moments = (moment, contract.moved)
        return BrokerSaid(record, report, record.tag, own, moment, moments, contract, before)

    def passed(self, event: PortEvent) -> None:
        """Keep the books by what passed the port."""
        if isinstance(event, Sent) and event.request is not None:
            self._placed(event.request)
            self.doubts.sent(event, self.handles.get(event.request.cl_ord_id))
        elif isinstance(event, Sent) and event.do == "modify":
            self.doubts.changes(event, self.tag_of(event.order_id))
        elif isinstance(event, Sent) and event.do == "read":
            covered = self._covered(event)
            if covered is not None:
                due_ns = event.time_ns + in_ns(event.deadline_s or 0)
                self.knowledge.asked(event, event.time_ns, due_ns, covered)
        elif isinstance(event, Delivered):
            state = getattr(event.event, "order", None)
            if state is not None:
                self.knowledge.told(state, event.time_ns)
                if state.parent_id is not None:
                    self.meet(state.instrument)
        elif isinstance(event, FlattenCall):
            symbol, more = event.instrument.symbol, 1 if event.result is None else -1
            self.flattening[symbol] = self.flattening.get(symbol, 0) + more
        elif isinstance(event, Answered):
            placed = event.sent.request
            if placed is not None:
                self.contract(placed.instrument).awaited.pop(placed.cl_ord_id, None)
            heard = placed is not None and placed.cl_ord_id in self.numbers
            self.doubts.answered(event, heard)
            self._read(event)

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
        sent, listed = event.sent, dict[str, None]()
        found = event.result if isinstance(event.result, list) else [event.result]
        for each in found:
            state = getattr(each, "ord_status", None)
            if state is not None:
                listed[each.order_id] = None
                self.knowledge.told(each, event.time_ns)
            elif getattr(each, "exec_id", None) is not None:
                self.knowledge.told_fill(each, event.time_ns)
        covered = self._covered(sent)
        if covered is None:
            return
        if event.error is not None:
            self.knowledge.asked_in_vain(sent, event.time_ns)
        elif sent.read == "open-orders":  # that one is over is told by its absence
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
            return lambda _, moment: moment.fill
        if sent.read in ("open-orders", "orders-since"):
            return lambda *_: True
        return None


def duty_of(record: OrderRecord) -> str:
    """What an order does in its bracket; "" for one that has none."""
    return "" if record.tag is None else record.tag.duty


def duty_in(tag_text: str) -> str:
    """The same, by its tag."""
    tag = tags.parse(tag_text)
    return "" if tag is None else tag.duty


def _leg(record: OrderRecord) -> Tag:
    assert record.tag is not None, "a closer has a role, and so a tag of ours"
    return record.tag


def _untold(moments: list[Moment], now_ns: int) -> list[Moment]:
    """Those of which the client was not told, and need not have asked."""
    return [moment for moment in moments if moment.known_ns is None and now_ns <= moment.due_ns]
