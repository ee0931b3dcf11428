"""`watch(world)`: every oracle on one run, from before it begins."""

from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from decimal import Decimal

from msgspec import Struct

from ...matching.reports import Report
from ...scenarios.plan import Fault
from ...trading.desk import Desk
from ...trading.errors import NotSent
from ...trading.instrument import Instrument
from ...trading.market import Channel
from ...trading.order import ExecutionReport
from ...trading.orders.brackets.bracket import Bracket
from ...trading.orders.exits.cancel_all import CancelAllResult
from ...trading.orders.exits.flatten_core import FlattenResult
from ...trading.orders.groups.group import Group
from ...trading.orders.groups.outcome import GroupOutcome
from ...trading.orders.handle import CancelResult, Order
from ...trading.price import Ticks
from ...trading.words import TradingStatus
from ..desk.orders import OrderRecord
from .bounded import MemoryBounded, TasksBounded
from .bounds import Bounds, in_ns
from .flattening import Flattening
from .gaps import GapIsClosed
from .groups import OneCancelsOther, OneFill
from .guessing import NothingGuessed
from .hearing import Hearing, heard_as, own
from .liveness import Lively, Quiet
from .moved_stops import StopStays
from .newer import NewerWins
from .oracle import Oracle, OracleError, Violation
from .orders import CancelTruth, FillsConserved, OneEnd
from .passed_stops import PassedStops, Trades
from .plan_outages import unreachable_ns
from .port import (
    Answered,
    CancelTold,
    Delivered,
    FlattenCall,
    GroupTold,
    PortEvent,
    Sent,
    StopMove,
    WatchedPort,
)
from .port_rules import HandsOff, OnTick, Relation, RetriesBounded
from .protection import NoOrphan, Protected, RightSize
from .rate import BreaksOff, WithinRate
from .scene import Scene
from .unanswered import Unanswered
from .views import Money, ViewIsTruth
from .watched import World

Maker = Callable[[Scene], Oracle]


class Findings(Struct, frozen=True):
    """What the oracles said. `counts`: violations by oracle, those not kept included; `premises`:
    how often each had something to judge; `quiet`: quiescent moments."""

    violations: list[Violation]
    counts: dict[str, int]
    premises: dict[str, int]
    quiet: int


class Watch:
    """The oracles of one run, and where they look.

    It finds quiescence by itself (`Bounds.quiet_s`); a harness that knows better calls
    `quiescent()`. Times in which the broker cannot be reached are said with `unreachable`.
    `on_broken` is called whenever a rule is broken.
    """

    def __init__(self, world: World, bounds: Bounds, more: Sequence[Maker] = ()) -> None:
        self.on_broken: Callable[[], None] = lambda: None
        self._world = world
        self._loop = world.loop
        self._quiet_ns = in_ns(bounds.quiet_s)
        self._violations: list[Violation] = []
        self._trace: deque[tuple[int, object]] = deque(maxlen=bounds.trace_lines)
        self._scene = scene = Scene(
            world.desk,
            bounds,
            self._now_ns,
            self._violate,
            lossless=world.broker.offers.lossless_stream,
            in_place=world.broker.offers.modify_in_place,
        )
        self._guessing = guessing = NothingGuessed(scene)
        frozen, left = _trades(world, "frozen"), _trades(world, "frozen", "halt")
        self._oracles: list[Oracle] = [
            Protected(scene),
            RightSize(scene),
            NoOrphan(scene),
            OneCancelsOther(scene, left),
            OneEnd(scene),
            ViewIsTruth(scene),
            FillsConserved(scene),
            OneFill(scene),
            guessing,
            CancelTruth(scene),
            TasksBounded(scene),
            MemoryBounded(scene),
            OnTick(scene),
            Relation(scene),
            WithinRate(scene),
            NewerWins(scene),
            GapIsClosed(scene),
            HandsOff(scene),
            Flattening(scene),
            BreaksOff(scene),
            RetriesBounded(scene),
            Lively(scene),
            Money(scene, world.account.cash),
            PassedStops(scene, frozen),
            StopStays(scene),
            Quiet(scene),
            *(make(scene) for make in more),
        ]
        # Each is only told of what it listens to: most of them sleep through most of it.
        self._hearing = Hearing((scene, *self._oracles))
        self._of_broker = [each.on_broker for each in self._oracles if own(each, "on_broker")]
        self._of_time = [
            (each.timed, each.on_step) for each in self._oracles if own(each, "on_step")
        ]
        self._counts = {oracle.name: 0 for oracle in self._oracles}
        self._unanswered = Unanswered()
        self._told_status = False  # whether the feed tells the market's state
        self._writes = 0  # requests that may change something and have no answer yet
        self._active_ns = 0
        self._armed = False
        self._quiet = 0
        self._ended = False

    # --- for whoever runs it ----------------------------------------------------------------------

    def unreachable(self, from_ns: int, to_ns: int) -> None:
        """Say that the broker cannot be reached, or takes nothing, in a span of time; before it is
        over."""
        self._scene.reachable.unreachable(from_ns, to_ns)

    def quiescent(self) -> None:
        """Let every oracle judge this moment as one of quiescence."""
        self._step()
        self._quiet += 1
        for oracle in self._oracles:
            oracle.at_quiescence()

    def report(self) -> Findings:
        """What was found; the first call is the end of the run for the oracles."""
        if not self._ended:
            self._ended = True
            self._step()
            for oracle in self._oracles:
                oracle.at_end()
        premises = {oracle.name: oracle.premise for oracle in self._oracles}
        return Findings(list(self._violations), dict(self._counts), premises, self._quiet)

    def check(self) -> None:
        """Raise `OracleError` where any invariant was broken."""
        found = self.report().violations
        if found:
            raise OracleError(found)

    @property
    def quiet(self) -> int:
        """Quiescent moments so far."""
        return self._quiet

    @property
    def trace(self) -> tuple[str, ...]:
        """What happened last, a line each, with its seconds from the run's start."""
        origin_ns = self._world.loop.origin_ns
        return tuple(f"{(at - origin_ns) / 1e9:11.6f} {_line(what)}" for at, what in self._trace)

    async def cancel(self, desk: Desk, order: Order) -> CancelResult:
        """As `desk.cancel`, and let INV-10 hear what the caller is told."""
        self._scene.want_away([order])
        result = await desk.cancel(order)
        self._passed(CancelTold(order, result, self._now_ns()))
        return result

    async def cancel_all(self, desk: Desk) -> CancelAllResult:
        """As `desk.cancel_all`, and let INV-10 hear of each order what the caller is told."""
        self._scene.want_away(desk.manager.view.orders_of(desk.instrument))
        outcome = await desk.cancel_all()
        for order, result in outcome.results.items():
            self._passed(CancelTold(order, result, self._now_ns()))
        return outcome

    async def move_stop(self, bracket: Bracket, level: Ticks | Decimal) -> None:
        """As `bracket.move_stop`, and let STOP-BACK hear that the caller is told so."""
        await bracket.move_stop(level)
        told = StopMove(bracket.intent, bracket.instrument, level, self._now_ns())
        self._passed(told)

    async def done(self, group: Group, timeout: float | None = None) -> GroupOutcome:
        """As `group.done`, and let INV-04 hear where the caller is told that it is finished."""
        outcome = await group.done(timeout)
        if group.finished:
            self._passed(GroupTold(group, self._now_ns()))
        return outcome

    async def flatten(
        self, desk: Desk, *, reason: object = "", instrument: Instrument | None = None
    ) -> FlattenResult:
        """As `desk.flatten`, and let INV-22 hear when it began and how it ended."""
        instrument = instrument or desk.instrument
        self._passed(FlattenCall(instrument, None, self._now_ns()))
        result = await desk.flatten(reason=reason, instrument=instrument)
        self._passed(FlattenCall(instrument, result, self._now_ns()))
        return result

    # --- where it looks ---------------------------------------------------------------------------

    def attach(self) -> None:
        """Stand where events pass: at the broker's desk, at the client's port, at the trader's."""
        world = self._world
        self._booked = world.desk.heard
        world.desk.heard = self._heard
        self.restarted()
        self._opened_before = world.opened
        world.opened = self._opened
        self._mark_closed_hours()
        if world.faults is not None:
            world.faults.on_outage = self._outage

    def restarted(self) -> None:
        """Stand before the world's new broker port: call it right after `World.restart`."""
        port = WatchedPort(self._world.broker, self._now_ns, self._passed)
        self._world.broker = port

    def _heard(self, record: OrderRecord, report: Report) -> None:
        self._booked(record, report)
        self._step()
        said = self._scene.heard(record, report)
        self._note((record.known_as, report, said.contract.position))
        for on_broker in self._of_broker:
            on_broker(said)
        self._alive()

    def _passed(self, event: PortEvent) -> None:
        heard = heard_as(event)
        if isinstance(event, Answered):
            self._reached(event, command=heard == "outcome")
        elif isinstance(event, Sent) and heard == "command":
            self._unanswered.sent(event)
        self._step()
        self._writes += (heard == "command") - (heard == "outcome")
        if heard not in ("stream", "account"):
            self._note(event)
        self._hearing.tell(heard, event)
        if heard in ("report", "command"):
            self._alive()

    def _reached(self, event: Answered, *, command: bool) -> None:
        if isinstance(event.error, NotSent):
            # It reached nobody, and nobody is to ask again before this.
            wait_ns = in_ns(event.error.retry_after_s or 0)
            since_ns = event.sent.time_ns
            if command:
                since_ns = self._unanswered.reached_nobody(event.sent)
            self.unreachable(since_ns, event.time_ns + wait_ns)
        elif command:
            self._unanswered.answered(event)

    def _opened(self, desk: Desk) -> None:
        self._opened_before(desk)
        self._unanswered, self._writes = Unanswered(), 0
        self._told_status = Channel.STATUS in desk.market.offers.channels
        self._scene.opened(desk.manager)

    def _outage(self, fault: Fault) -> None:
        """A fault of the plan begins that may take order entry away for a while."""
        now_ns = self._now_ns()
        self._scene.halts += fault.kind == "halt"
        self.unreachable(now_ns, now_ns + unreachable_ns(fault, told=self._told_status))

    def _mark_closed_hours(self) -> None:
        setup, end_ns = self._world.setup, self._world.end_ns
        since_ns, status = setup.start_ns, setup.calendar.status_at(setup.start_ns)
        changes = setup.calendar.changes(setup.start_ns + 1, end_ns)
        for at_ns, after in (*changes, (end_ns, TradingStatus.OPEN)):
            if status is not TradingStatus.OPEN:
                self.unreachable(since_ns, at_ns)
            since_ns, status = at_ns, after

    # --- how --------------------------------------------------------------------------------------

    def _now_ns(self) -> int:
        return self._loop.now_ns

    def _step(self) -> None:
        now_ns = self._loop.now_ns
        for timed, on_step in self._of_time:
            if timed:
                on_step(now_ns)

    def _alive(self) -> None:
        """Something happened: look again when it has been quiet for long enough."""
        self._active_ns = self._loop.now_ns
        if not self._armed:
            self._arm(self._active_ns)

    def _arm(self, from_ns: int) -> None:
        self._armed = True
        at_ns = from_ns + self._quiet_ns
        self._world.loop.call_at_ns(at_ns, self._look, context=Context())

    def _look(self) -> None:
        self._armed = False
        self._step()
        now_ns, quiet_ns = self._now_ns(), self._quiet_ns
        if now_ns < self._active_ns + quiet_ns:
            self._arm(self._active_ns)
        elif self._scene.reachable.between(now_ns - quiet_ns, now_ns) < quiet_ns:
            self._alive()  # whoever could not be asked is not at rest
        elif self._guessing.waits:
            self._alive()  # nor is who asks still what became of an order (INV-09 says how long)
        elif self._writes:
            self._alive()  # … and whoever waits for the answer to a command
        elif self._world.process.alive:
            self.quiescent()

    def _note(self, what: object) -> None:
        self._trace.append((self._loop.now_ns, what))

    def _violate(self, name: str, text: str) -> None:
        self._counts[name] += 1
        if self._counts[name] <= self._scene.bounds.kept_most:
            self._violations.append(Violation(name, self._now_ns(), text, self.trace))
        self.on_broken()


def watch(world: World, bounds: Bounds | None = None, more: Sequence[Maker] = ()) -> Watch:
    """Attach every oracle to a world that has not run yet. `bounds`: None for the defaults; `more`
    makes oracles that are no invariants, but what is expected of this run."""
    watching = Watch(world, bounds or Bounds(), more)
    watching.attach()
    return watching


def _trades(world: World, *kinds: str) -> Trades | None:
    """The market of a run whose venue may leave stops alone, by faults of these kinds; None for any
    other. In a halt it does, too: the tape's prices go on."""
    plan = world.setup.plan
    leaves = plan is not None and any(fault.kind in kinds for fault in plan.faults)
    return Trades.of(world.setup.tape) if leaves else None


def _line(what: object) -> str:
    """One line of the trace; written only when a violation needs it."""
    if isinstance(what, tuple):
        tag_text, report, position = what
        return (
            f"broker    {tag_text} {report.exec_type.name} -> {report.ord_status.name} "
            f"{report.cum_qty}/{report.order_qty}, position {position}"
        )
    if isinstance(what, Sent):
        return f"sent      {_asked(what)}"
    if isinstance(what, Answered):
        about = what.sent.request.cl_ord_id if what.sent.request else what.sent.order_id
        end = "done" if what.error is None else repr(what.error)
        return f"answered  {what.sent.read or what.sent.do} {about or what.sent.key}: {end}"
    if isinstance(what, Delivered) and isinstance(what.event, ExecutionReport):
        order = what.event.order
        return (
            f"delivered {order.cl_ord_id} {what.event.exec_type.name} -> {order.ord_status.name} "
            f"{order.cum_qty}/{order.order_qty}"
        )
    return f"told      {what!r}"


def _asked(sent: Sent) -> str:
    """What a request asks for."""
    request, change = sent.request, sent.change
    if request is not None:
        prices = (request.price, request.stop_px)
        at = " ".join(str(px) for px in prices if px is not None)
        kind = request.ord_type.name.lower()
        side = request.side.name.lower()
        return f"{sent.do} {request.cl_ord_id} {side} {request.order_qty} {kind} {at}".rstrip()
    if change is not None:
        given = ((name, getattr(change, name)) for name in change.__struct_fields__)
        asked = ", ".join(f"{name} {value}" for name, value in given if value is not None)
        return f"{sent.do} {sent.order_id} to {asked}"
    return f"{sent.read or sent.do} {sent.order_id}{sent.key}".rstrip()
