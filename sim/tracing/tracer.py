"""`trace(world)`: note what happens in a run, from before it begins.

    tracing = trace(world)
    world.run(trader)
    found = tracing.finish()

A world that nobody traces does none of this. Everything is noted in the world's time, which no
fault touches, and by stable names: one seed gives one trace, in every process.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ...matching.reports import Report
from ...trading.broker import BrokerEvent
from ...trading.desk import Desk
from ...trading.errors import NotSent, OutcomeUnknown
from ...trading.order import Execution, ExecutionReport, OrderState, PositionState
from ...trading.orders import tags
from ...trading.orders.handle import Order
from ...trading.orders.incident import Incident
from ...trading.orders.observing import Observer
from ...trading.strategy import Trader
from ...trading.words import ExecType, OrdStatus
from ..desk.orders import OrderRecord
from ..faults.passing import Call, Leaves
from ..loop.process import Process
from ..oracles import watched
from ..oracles.port import Answered, PortEvent, Sent
from ..record.marks import Marks
from ..record.unprotected import Exposure, UnprotectedMeter
from . import told
from .desk_calls import follow_calls, follow_inbox
from .market_near import market_near
from .rows import Bare, Kind, Lane, Row, Trace
from .told_first import ToldFirst

ROWS_MOST = 50_000
"""Rows that are kept unless somebody says otherwise."""

_REMEMBERED = 4_096
"""How many reports and requests are remembered, for what is told of them later."""


class World(watched.World, Protocol):
    """A run that can be traced: a backtest's world, or a rehearsal."""

    meter: UnprotectedMeter

    def restart(self, trader: Trader) -> None:
        """Start the trader's program again after a crash."""

    def follow_calls(self, leaves: Leaves) -> None:
        """Tell of every request that goes on the wire, and when it arrives."""


class Tracer:
    """Keeps the rows of one run. `most`: as many of the newest are kept, None: all."""

    def __init__(self, world: World, most: int | None = ROWS_MOST) -> None:
        self._world = world
        self._rows: deque[Row] = deque(maxlen=most)
        self._n = 0
        self._lives = 0
        self._pending: dict[tuple[str, str], list[int]] = {}  # requests without an end, by name
        self._last: dict[int, int] = {}  # by row of SENT: how far it came
        self._tags: dict[str, str] = {}  # by the broker's id
        self._told_of: OrderedDict[Any, int] = OrderedDict()  # a report's marks: its row
        self._held: dict[str, int] = {}
        self._known: dict[str, tuple[OrdStatus, int]] = {}  # by tag, as the client was told

    # --- for whoever runs it ----------------------------------------------------------------------

    def attach(self) -> None:
        """Stand where things pass: at the desk of the broker, at the client's port, at the
        trader's desk, and on the wire."""
        world = self._world
        self._heard_before = world.desk.heard
        world.desk.heard = self._heard
        self._opened_before = world.opened
        world.opened = self._opened
        world.follow_calls(self._left)
        self._stand_before()
        # An attribute of this one world: whoever restarts it need not know that it is traced.
        setattr(world, "restart", partial(self._restart, world.restart))  # noqa: B010  no method is assigned to

    def _restart(self, restart: Callable[[Trader], None], trader: Trader) -> None:
        restart(trader)
        self._stand_before()

    def _stand_before(self) -> None:
        """Put a port before the broker's of this life."""
        world = self._world
        world.broker = ToldFirst(world.broker, self._now_ns, self._passed, self._told)
        world.process.when_dead(partial(self._died, world.process))

    def finish(self) -> Trace:
        """What was noted so far, with what only the end knows. Works after a run that failed,
        too."""
        world, setup = self._world, self._world.setup
        end_ns = world.loop.now_ns
        rows = sorted([*self._fault_rows(), *self._rows], key=_order)
        tape = setup.tape.between(setup.start_ns, end_ns + 1)
        marks = Marks(setup.tape.between(setup.start_ns, setup.tape.end_ns + 1))
        bare = world.meter.finish(end_ns, {setup.instrument.symbol: marks})
        return Trace(
            instrument=setup.instrument,
            start_ns=setup.start_ns,
            end_ns=end_ns,
            rows=tuple(rows),
            dropped=self._n - len(self._rows),
            market=market_near(tape, [row.at_ns for row in rows]),
            bare=(*_bare(bare.meant, True), *_bare(bare.others, False)),
            seed=setup.seed,
            latency=setup.latency.name,
        )

    # --- commands ---------------------------------------------------------------------------------

    def _passed(self, event: PortEvent) -> None:
        if isinstance(event, Sent):
            tag = self._tag_of(event)
            text, record = told.of_sent(event, tag)
            n = self._note(Lane.MANAGER, Kind.SENT, text, tag, event.order_id, detail=record)
            key = (told.call_name(event), told.call_key(event))
            self._pending.setdefault(key, []).append(n)
        elif isinstance(event, Answered):
            self._answered(event)

    def _left(self, call: Call) -> Callable[[], None]:
        """A call goes on the wire; what is to be called when it arrives."""
        placed = None if call.request is None else call.request.cl_ord_id
        key = placed or call.cl_ord_id or call.order_id or ""
        sent = self._pending.get((call.name, key), [])
        if not sent and call.name == "orders-since":
            # Where there are bytes an order that is looked for by its tag is asked for so.
            orders = [ns for (name, _), ns in self._pending.items() if name == "order"]
            sent = orders[-1] if orders else []
        of = sent[-1] if sent else 0
        tag = self._tags.get(key, key if tags.parse(key) else "")
        text = f"{call.name} {tag}".rstrip()
        n = self._note(Lane.UP, Kind.LEFT, text, tag, of=of)
        self._last[of] = n
        return lambda: self._reached(text, tag, n, of)

    def _reached(self, text: str, tag: str, left: int, sent: int) -> None:
        n = self._note(Lane.EXCHANGE, Kind.REACHED, text, tag, of=left)
        if sent in self._last:
            self._last[sent] = n

    def _answered(self, event: Answered) -> None:
        sent = event.sent
        key = (told.call_name(sent), told.call_key(sent))
        waiting = self._pending.get(key, [])
        first = waiting.pop(0) if waiting else 0
        if not waiting:
            self._pending.pop(key, None)
        of = self._last.pop(first, first)
        tag = self._tag_of(sent)
        text, record = told.of_answer(event, tag)
        order = record.get("order id", sent.order_id)
        if sent.request is not None and order:
            self._tags.setdefault(order, tag)
        if isinstance(event.error, OutcomeUnknown | NotSent):
            of = first  # nothing came from the broker
        self._note(
            Lane.MANAGER,
            Kind.ANSWERED,
            text,
            tag,
            order,
            of=of,
            failed=event.error is not None,
            detail=record,
        )
        found = event.result if isinstance(event.result, list) else [event.result]
        for state in found:
            if isinstance(state, OrderState):
                self._knows(state.cl_ord_id or self._tags.get(state.order_id, ""), state)

    # --- events -----------------------------------------------------------------------------------

    def _heard(self, record: OrderRecord, report: Report) -> None:
        request = record.request
        symbol, order = request.instrument.symbol, str(record.number)
        sign = request.side.sign * (-1 if report.exec_type is ExecType.TRADE_CANCEL else 1)
        self._held[symbol] = self._held.get(symbol, 0) + sign * report.last_qty
        self._tags[order] = record.known_as
        text, said = told.of_report(record, report, self._held[symbol])
        n = self._note(
            Lane.EXCHANGE, Kind.REPORT, text, record.known_as, order, failed=_bad(said), detail=said
        )
        state = (order, report.ord_status, record.cum_qty, record.price, record.stop_px)
        self._remember(state, n)
        self._remember((*state, report.exec_type), n)
        if report.last_qty:
            self._remember((symbol, self._held[symbol], report.time_ns), n)
        self._heard_before(record, report)

    def _told(self, event: BrokerEvent) -> None:
        of, tag, order = 0, "", ""
        if isinstance(event, ExecutionReport):
            state = event.order
            order = state.order_id
            tag = state.cl_ord_id or self._tags.get(order, "")
            self._known[tag] = (state.ord_status, state.cum_qty)
            key = (order, state.ord_status, state.cum_qty, state.price, state.stop_px)
            # By bytes nobody is told what kind of report it was; then by what it left.
            of = self._told_of.get((*key, event.exec_type)) or self._told_of.get(key, 0)
        elif isinstance(event, PositionState):
            of = self._told_of.get((event.instrument.symbol, event.qty, event.time_ns), 0)
        text, record = told.of_event(event, tag)
        failed = "down" in text if not order else _bad(record)
        self._note(Lane.MANAGER, Kind.TOLD, text, tag, order, of=of, failed=failed, detail=record)

    # --- the trader's side ------------------------------------------------------------------------

    def _opened(self, desk: Desk) -> None:
        self._opened_before(desk)
        self._lives += 1
        text = "the desk opens" if self._lives == 1 else f"the desk opens again, life {self._lives}"
        self._note(Lane.STRATEGY, Kind.OPENED, text)
        follow_calls(desk, partial(self._note, Lane.STRATEGY, Kind.CALL))
        follow_inbox(desk, self._note)
        desk.manager.observe(_Manager(self._incident, self._learned))

    def _learned(self, order: Order, report: ExecutionReport) -> None:
        self._knows(order.cl_ord_id, report.order)

    def _knows(self, tag: str, state: OrderState) -> None:
        """The client was told how an order stands, or worked it out; noted where that is news."""
        known = (state.ord_status, state.cum_qty)
        if self._known.get(tag) == known:
            return
        self._known[tag] = known
        text, record = told.of_state(state, tag)
        self._note(
            Lane.MANAGER,
            Kind.LEARNED,
            text,
            tag,
            state.order_id,
            failed=_bad(record),
            detail=record,
        )

    def _incident(self, incident: Incident) -> None:
        record = {"kind": incident.kind, "says": incident.text}
        if incident.intent:
            record["intent"] = incident.intent
        text = incident.kind.replace("_", " ")
        self._note(Lane.MANAGER, Kind.INCIDENT, text, incident.tag, "", failed=True, detail=record)

    def _died(self, process: Process) -> None:
        text = f"the {process.name} process is dead"
        self._note(Lane.STRATEGY, Kind.CRASHED, text, failed=True)
        self._pending.clear()
        self._known.clear()
        self._last.clear()

    # --- how --------------------------------------------------------------------------------------

    def _now_ns(self) -> int:
        return self._world.loop.now_ns

    def _note(
        self,
        lane: Lane,
        kind: Kind,
        text: str,
        tag: str = "",
        order: str = "",
        *,
        of: int = 0,
        failed: bool = False,
        detail: dict[str, str] | None = None,
    ) -> int:
        self._n += 1
        row = Row(
            n=self._n,
            at_ns=self._now_ns(),
            lane=lane,
            kind=kind,
            text=text,
            tag=tag,
            order=order,
            of=of,
            failed=failed,
            detail=detail or {},
        )
        self._rows.append(row)
        return self._n

    def _tag_of(self, sent: Sent) -> str:
        if sent.request is not None:
            return sent.request.cl_ord_id
        return self._tags.get(sent.order_id, "") or (sent.key if tags.parse(sent.key) else "")

    def _remember(self, key: Any, n: int) -> None:
        self._told_of[key] = n
        if len(self._told_of) > _REMEMBERED:
            self._told_of.popitem(last=False)

    def _fault_rows(self) -> list[Row]:
        faults = self._world.faults
        if faults is None:
            return []
        start_ns = self._world.setup.start_ns
        return [
            Row(
                n=self._n + i,
                at_ns=start_ns + fired.at_ns,
                lane=_struck(fired.kind, fired.what),
                kind=Kind.FAULT,
                text=f"{fired.kind}: {fired.what}",
                tag=_tag_in(fired.what),
                failed=True,
                detail={
                    "fault": f"{fired.kind}, number {fired.number} of the plan",
                    "what": fired.what,
                    "as planned": str(faults.log.plan.faults[fired.number - 1]),
                },
            )
            for i, fired in enumerate(faults.log.entries, 1)
        ]


def trace(world: World, most: int | None = ROWS_MOST) -> Tracer:
    """Trace a world that has not run yet. Attach oracles before it or after it, as you like."""
    tracer = Tracer(world, most)
    tracer.attach()
    return tracer


class _Manager(Observer):
    def __init__(
        self,
        incident: Callable[[Incident], None],
        learned: Callable[[Order, ExecutionReport], None],
    ) -> None:
        self._incident = incident
        self._learned = learned

    def on_incident(self, incident: Incident) -> None:
        self._incident(incident)

    def on_report(self, order: Order, report: ExecutionReport, fill: Execution | None) -> None:
        self._learned(order, report)


_AT_THE_VENUE = (
    "halt",
    "venue-cancel",
    "venue-replace",
    "frozen",
    "late-fill",
    "void",
    "liquidation",
    "trader",
    "stale-read",
)
_OF_EVENTS = ("duplicate", "drop", "reorder", "late", "reshaped", "garbled", "summed")


def _struck(kind: str, what: str) -> Lane:
    """Where a fault strikes."""
    if kind in ("crash", "clock", "stall", "disk-full"):
        return Lane.STRATEGY
    if kind in _OF_EVENTS or kind in ("stream-down", "not-subscribed"):
        return Lane.DOWN
    return Lane.EXCHANGE if kind in _AT_THE_VENUE else Lane.UP


def _tag_in(what: str) -> str:
    words = (word.strip(",:;") for word in what.split())
    return next((word for word in words if tags.parse(word) is not None), "")


def _bad(record: dict[str, str]) -> bool:
    return record.get("status") == "REJECTED"


def _order(row: Row) -> tuple[int, bool, int]:
    return row.at_ns, row.kind is not Kind.FAULT, row.n


def _bare(exposure: Exposure, meant: bool) -> list[Bare]:
    return [Bare(span.qty, span.from_ns, span.to_ns, meant, span.at_end) for span in exposure.spans]
