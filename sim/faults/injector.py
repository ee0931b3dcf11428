"""A plan at work on one run: who is asked about every call and told every event."""

from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Literal, Protocol

from ...scenarios.plan import Fault, Plan
from ...scenarios.plan_kinds import CALLS
from ...trading.broker import BrokerEvent, StreamState
from ...trading.errors import ScenarioError
from ...trading.instrument import Instrument
from ...trading.order import ExecutionReport
from ...trading.orders import tags
from ..desk.broker_desk import BrokerDesk
from ..loop.loop import VirtualLoop
from ..loop.moments import Tie
from ..loop.process import Process
from ..loop.timers import Timers
from .acts import About, Acts
from .calls import CallFaults
from .disk import FullDisk
from .event_path import DELIVERY, Carry, EventPath, describe, event_name
from .log import FaultLog
from .moments import Moments, Passed
from .passing import Call, Fate, Message
from .past import Past
from .stalls import Stalls
from .steps import Steps

_OF_CALLS = (
    "latency",
    "ack-lost",
    "request-lost",
    "refused",
    "rejected-later",
    "rate-limited",
    "server-error",
    "unreachable",
    "stale-read",
)


class WireFaults(Protocol):
    """What may be done to a session's connections, where there is one."""

    @property
    def down(self) -> bool: ...

    def go_down(self, *, told: bool, queues: bool) -> None: ...

    def come_up(self) -> None: ...

    def end_tokens(self, *, logout: bool) -> None: ...


class Faults:
    """Carries a plan out; `log` says what fired. One for a run, over restarts of the client.

    A broker connects, asks `fate_of` every call and lets the desk tell `told`. After a crash
    `on_crash` is called, in no process, for the harness to restart what died; `on_outage` when one
    begins, a halt included: `fault.duration` from then on; `on_passed` with every call and event
    that a plan may name, in order.
    """

    def __init__(self, plan: Plan, loop: Timers, desk: BrokerDesk, instrument: Instrument) -> None:
        self.log = FaultLog(plan)
        self.on_crash: Callable[[], None] = lambda: None
        self.on_outage: Callable[[Fault], None] = lambda fault: None
        self.on_passed: Callable[[Passed], None] = lambda passed: None
        self._faults = plan.faults
        self._loop = loop
        self._desk = desk
        self._moments = Moments(plan.faults)
        self._past = Past(desk)
        self._reads_past = any(fault.lag for fault in plan.faults)
        self._calls = CallFaults(loop, desk, self._past)
        self._acts = Acts(loop, desk, instrument)
        self._outages: list[tuple[int, int]] = []  # (until, place)
        self.halts = self._acts.halts
        self._wire: WireFaults | None = None
        self._process: Process | None = None
        self._subscriptions = 0
        self._path: EventPath | None = None
        by_step = {fault.step: place for place, fault in self._placed("step")}
        self.steps: Steps | None = None
        if by_step:
            assert isinstance(loop, VirtualLoop), "only a virtual run has steps"
            self.steps = Steps(loop, partial(self._before_step, by_step))
        self.disk = FullDisk(loop)
        self._stalls: Stalls | None = None
        if any(fault.kind == "stall" for fault in plan.faults):
            assert isinstance(loop, VirtualLoop), "only in virtual time a program can be held"
            self._stalls = Stalls(loop)
        for place, fault in self._placed("at"):
            if fault.kind == "clock" and not fault.at:
                self._act(place, About())  # it is off before the client looks at it
                continue
            tie = Tie.SESSION if fault.duration is not None else Tie.ORDER
            self._in(fault.at or 0, partial(self._begin, place, About()), tie)

    @property
    def clock_ns(self) -> int:
        """By how much the client's wall clock is ahead."""
        return self._acts.clock_ns

    @property
    def subscriptions(self) -> int:
        """How often a session has asked for one so far."""
        return self._subscriptions

    def connect(self, process: Process, carry: Carry) -> None:
        """A client has connected: events go its way, and a crash is its own."""
        self._path = EventPath(self._loop, carry, self._note)
        self.connect_client(process)

    def connect_wire(self, carry: Carry, wire: "WireFaults") -> None:
        """There are bytes between broker and clients: events go over them, whoever the client is,
        and `wire` does what is done to connections."""
        self._path = EventPath(self._loop, carry, self._note)
        self._wire = wire

    def connect_client(self, process: Process) -> None:
        """A client has connected over the wire: a crash is its own."""
        self._process = process
        if self.steps is not None:
            self.steps.follow(process)
        if self._stalls is not None:
            self._stalls.follow(process)

    def check_no_wire(self) -> None:
        """Raise `ScenarioError` for a plan that needs bytes, where there are none."""
        for fault in self.log.plan.of_the_wire:
            raise ScenarioError(
                f"{fault}: a session has it, and this broker is reached without one; play the plan "
                f"in a rehearsal"
            )

    # --- calls -----------------------------------------------------------------------------------

    def fate_of(self, call: Call) -> Fate | None:
        """What becomes of a call that is made now; None for what would have become of it."""
        tag = self._tag_of(call)
        self._subscriptions += call.name == "subscribe"
        due = self._due("call", call.name, tag)
        outages = self._outages_of(call)
        if not due and not outages:
            return None
        fate = Fate()
        for place in sorted({*due, *outages}):
            fault = self._faults[place]
            if fault.kind == "not-subscribed":
                fate.fault = fate.fault or fault
                self._note(place, f"{call.name} is {fault.form or 'refused'}")
            elif fault.kind in _OF_CALLS:
                if place in due and fault.duration is not None:
                    self._break_down(place)
                if self._calls.apply(fault, call, fate):
                    self._note(place, call.name if tag is None else f"{call.name} of {tag}")
            elif fault.kind == "crash" and not fault.after:
                self._crash_at(fault, place, call, fate)
            else:
                self._begin(place, About(tag, call.order_id))
        return fate

    def _crash_at(self, fault: Fault, place: int, call: Call, fate: Fate) -> None:
        what = f"{fault.point or 'sent'}: {call.name}"
        crash = partial(self._crash, place, what, self._process)
        if fault.point == "before":
            fate.leaves = False
            crash()
        elif fault.point == "acted":
            fate.when_acted = crash
        else:
            fate.when_sent = crash

    def _outages_of(self, call: Call) -> list[int]:
        if not self._outages:
            return []
        now_ns = self._loop.now_ns
        self._outages = [outage for outage in self._outages if outage[0] > now_ns]
        return [place for _, place in self._outages if call.name in CALLS[self._faults[place].on]]

    def _tag_of(self, call: Call) -> str | None:
        if call.request is not None:
            return call.request.cl_ord_id
        if call.cl_ord_id is not None or call.order_id is None:
            return call.cl_ord_id
        return self._desk.known_as(call.order_id) or None

    # --- events ----------------------------------------------------------------------------------

    def told(self, event: BrokerEvent, body: object = None) -> None:
        """The broker tells an event: it goes to the client that connected last. `body`: what it is
        in bytes."""
        assert self._path is not None, "a broker connects before its desk tells"
        if self._reads_past:
            self._past.hear(self._loop.now_ns, event)
        tag, about = None, About()
        if isinstance(event, ExecutionReport):
            order_id = event.order.order_id
            tag = self._desk.known_as(order_id)
            about = About(tag, order_id, event.exec_id)
        treated: int | None = None
        instead: Callable[[], None] | None = None
        for place in self._due("event", event_name(event), tag):
            fault = self._faults[place]
            if fault.kind in DELIVERY:
                treated = place if treated is None else treated
            elif fault.kind == "crash" and not fault.after and fault.point != "told":
                what = f"heard: {describe(event)}"
                instead = partial(self._crash, place, what, self._process)
            else:
                self._begin(place, about)
        fault_of = None if treated is None else self._faults[treated]
        self._path.tell(Message(event, instead, body), treated, fault_of)

    # --- what is no matter of one call or event --------------------------------------------------

    def _begin(self, place: int, about: About) -> None:
        """A fault's moment is now: it acts, now or `after` it."""
        fault = self._faults[place]
        if fault.kind in _OF_CALLS:
            self._break_down(place)
        elif fault.kind in ("stream-down", "crash") and not fault.after:
            self._act(place, about)
        else:
            # Never inside a report: the exchange is still telling.
            self._in(fault.after or 0, partial(self._act, place, about), Tie.ORDER)

    def _break_down(self, place: int) -> None:
        fault = self._faults[place]
        self._outages.append((self._loop.now_ns + (fault.duration or 0), place))
        self.on_outage(fault)

    def _act(self, place: int, about: About) -> None:
        fault = self._faults[place]
        if fault.kind == "stream-down":
            self._stream_down(place, fault)
        elif fault.kind == "token-ended":
            assert self._wire is not None, "checked before the run"
            self._note(place, "every token is over")
            self._wire.end_tokens(logout=fault.form == "logout")
        elif fault.kind == "crash":
            self._crash(place, "now", self._process)
        elif fault.kind == "stall":
            self._stall(place, fault)
        elif fault.kind == "disk-full":
            if self.disk.there:
                self._note(place, "the disk of the journal is full")
                self.disk.begin(fault.duration or 0)
        else:
            did = self._acts.do(fault, about)
            if did is not None:
                self._note(place, did)
                if fault.kind == "halt":
                    self.on_outage(fault)

    def _stream_down(self, place: int, fault: Fault) -> None:
        path, wire = self._path, self._wire
        if path is None or path.down or (wire is not None and wire.down):
            return
        self._note(place, "the stream is down" if fault.told else "the stream is dead, untold")
        if wire is not None:
            wire.go_down(told=fault.told, queues=not fault.lost)
            self._in(fault.duration or 0, wire.come_up, Tie.SESSION)
            return
        if fault.told:
            self.told(StreamState(up=False, gap=False, text="the stream was lost"))
        path.go_down(queues=not fault.lost)
        self._in(fault.duration or 0, partial(self._stream_up, path), Tie.SESSION)

    def _stream_up(self, path: EventPath) -> None:
        waited = path.come_up()
        if path is not self._path:
            return  # that client is gone, and another has connected
        self.told(StreamState(up=True, gap=True, text="the stream is back"))
        for message in waited:
            path.tell(message, None, None)

    def _before_step(self, by_step: dict[int | None, int], step: int) -> None:
        if step in by_step:
            self._crash(by_step[step], f"before step {step}", self._process)

    def _crash(self, place: int, what: str, process: Process | None) -> None:
        # What was meant for a client that is dead by now must not kill the next one.
        if process is None or not process.alive:
            return
        lost = self.disk.dies(self._faults[place].journal)
        self._note(place, f"{process.name} dies, {what}{lost}")
        process.crash()
        self._in(0, self._died, Tie.TIMER)

    def _stall(self, place: int, fault: Fault) -> None:
        process = self._process
        if process is None or not process.alive:
            return
        assert self._stalls is not None, "made where the plan has one"
        self._note(place, f"{process.name} stands still")
        self._stalls.begin(fault.duration or 0)
        self.on_outage(fault)

    def _died(self) -> None:
        self.on_crash()

    # --- how -------------------------------------------------------------------------------------

    def _placed(self, moment: str) -> list[tuple[int, Fault]]:
        each = enumerate(self._faults)
        return [(place, fault) for place, fault in each if getattr(fault, moment) is not None]

    def _due(self, key: Literal["call", "event"], name: str, tag: str | None) -> list[int]:
        at_ns = self._loop.now_ns - self._loop.origin_ns
        parsed = None if tag is None else tags.parse(tag)
        passed = Passed(at_ns, key, name, parsed)
        self.on_passed(passed)
        return self._moments.see(passed)

    def _in(self, delay_ns: int, call: Callable[[], None], tie: Tie) -> None:
        self._loop.call_at_ns(self._loop.now_ns + delay_ns, call, tie=tie, context=Context())

    def _note(self, place: int, what: str) -> None:
        self.log.note(self._loop.now_ns - self._loop.origin_ns, place, what)
