"""A rehearsal: the real live adapter and the real gateway twin, on a simulated network.

    record = Rehearsal(setup).run(trader)

The trader's program logs in, subscribes and trades as it would live; every byte of it passes
`sim/network`, in virtual time. The same setup, trader and seed give the same run, as in a backtest,
and what stands at the exchange is the twin's own account.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import cached_property
from random import Random
from typing import Any, cast

from ..live.broker import offers_of
from ..live.hubs.carrier import CarrierLost, Denied
from ..live.session import ProjectXSession
from ..live.settings import LiveSettings
from ..matching.reports import Report
from ..scenarios.plan import Plan
from ..sim.desk.account import Account
from ..sim.desk.broker_desk import BrokerDesk
from ..sim.desk.orders import OrderRecord
from ..sim.determinism.guards import guarded
from ..sim.exchange import Exchange
from ..sim.faults.injector import Faults
from ..sim.faults.passing import Leaves
from ..sim.life import Life
from ..sim.loop.loop import VirtualLoop
from ..sim.loop.process import Process
from ..sim.loop.run import run_on
from ..sim.network.fated import FatedCourses
from ..sim.network.rest import Courses, SimTransport
from ..sim.network.road import Road
from ..sim.network.sockets import Losses, SimDial
from ..sim.network.subscribing import fated_text
from ..sim.network.telling import Telling
from ..sim.record.marks import Marks
from ..sim.record.outside_hours import outside_hours
from ..sim.record.record import Record, make_record
from ..sim.record.unprotected import UnprotectedMeter
from ..sim.setup import Setup
from ..sim.streams import named_stream
from ..sim.tracing.requests import FollowedCourses
from ..sim.wire.wire import Leg, Wire
from ..trading import instruments
from ..trading.broker import Broker, BrokerEvent, Offers
from ..trading.desk import Desk
from ..trading.errors import UsageError
from ..trading.instrument import Instrument
from ..trading.strategy import Trader
from .live_settings import rehearsed_settings
from .twin import ACCOUNT, Twin

Script = Callable[[ProjectXSession], Awaitable[None]]
Trades = Callable[[ProjectXSession], Awaitable[list[str]]]


class Rehearsal:
    """One run's parts, joined; `run` gives what came out. It is to oracles and scripts what
    `sim.backtest.World` is: see there for `broker`, `opened`, `on_crash` and `restart`.

    `live`: settings of the adapter that are not the usual ones; `twin`: fields of the gateway's
    setup. `session` is the trader's, once it has logged in. `twin.crash()` and `twin.restart()` end
    and begin the gateway's process while the exchange goes on.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        live: Mapping[str, Any] | None = None,
        twin: Mapping[str, Any] | None = None,
    ) -> None:
        self.setup = setup
        self.end_ns = setup.end_ns
        self.loop = VirtualLoop(setup.start_ns, schedule=setup.schedule)
        self.twin = Twin(self.loop, setup, **(twin or {}))
        self.desk: BrokerDesk = self.twin.account.desk
        self.exchange: Exchange = self.twin.account.exchange
        self.account: Account = self.desk.account
        self.digest = self.twin.gateway.venue.digest
        self.meter = UnprotectedMeter(self.account)
        self.desk.heard = self._heard
        self.unknown_size_fills = 0
        self.settings: LiveSettings = rehearsed_settings(
            **{"auto_oco": setup.brackets is not None and setup.brackets.auto_oco, **(live or {})}
        )
        self.wire = Wire(self.loop, setup.latency, setup.seed)
        self.roads = {"user": Road(), "market": Road()}
        self._courses = Courses()
        self.faults: Faults | None = None
        if setup.plan is not None:
            self.faults = self._faults_of(setup.plan)
        self.opened: Callable[[Desk], None] = lambda desk: None
        self.on_crash: Callable[[], None] = lambda: None
        self.session: ProjectXSession | None = None
        self._life = Life(self.loop, self.end_ns)
        if self.faults is not None:
            self._life.kept_by = self.faults.disk.before
        self._lives = 0
        self._connect()

    def run(self, trader: Trader) -> Record:
        """Run to the end of the data, or until the trader ends by itself, before that. Raises what
        the trader raises, `DeadlockError` when it still waits long after the end, and
        `StalePlan`."""
        return self._record(self._run(lambda session: self._trade(trader, session)))

    def run_session(self, script: Script) -> None:
        """Run a program that trades on the bare session, without a desk and its order manager:
        `broker` is there, and the contract is known."""

        async def play(session: ProjectXSession) -> list[str]:
            await script(session)
            return []

        self._run(play)

    def restart(self, trader: Trader) -> None:
        """Start the trader's program again after a crash: a new process, session and connections.

        Raises `UsageError` while the old one lives.
        """
        if self.process.alive:
            raise UsageError("the trader's process lives; only one that has crashed is restarted")
        self._connect()
        self._life.begin(self.process, self._program(lambda session: self._trade(trader, session)))

    def follow_calls(self, leaves: Leaves) -> None:
        """Tell of every request that goes on the wire and is about orders, positions, trades or
        accounts, and of its arrival."""
        self._courses = FollowedCourses(self._courses, leaves)

    # --- the trader's program ---------------------------------------------------------------------

    def _faults_of(self, plan: Plan) -> Faults:
        """The plan at work on this run's bytes."""
        faults = Faults(plan, self.loop, self.desk, self.setup.instrument)
        faults.on_crash = lambda: self.on_crash()
        twin, account, user = self.twin, self.twin.account, self.roads["user"]
        telling = Telling(self.loop, lambda: twin.gateway, account, user, faults)
        twin.on_restart = telling.listen
        self._courses = FatedCourses(self.loop, twin.gateway.venue, account, faults)
        return faults

    def _filter(self, road: Road, text: str) -> str | None:
        if self.faults is None or road is not self.roads["user"]:
            return text
        return fated_text(self.faults, text)

    def _connect(self) -> None:
        """Everything of a new life that is there before it logs in."""
        self.process = Process("strategy", self.loop)
        if self.faults is not None:
            self.faults.connect_client(self.process)
        self._lives += 1
        self._port = _Soon(offers_of(self.settings))
        self.broker: Broker = cast(Broker, self._port)

    def _run(self, trades: Trades) -> list[str]:
        with guarded(self.loop):
            notes = run_on(self.loop, self._life.run(self.process, lambda: self._program(trades)))
        if self.faults is not None:
            self.faults.log.check()
        return notes

    async def _program(self, trades: Trades) -> list[str]:
        setup, server = self.setup, self.twin.server
        numbers = named_stream(setup.seed, f"session.{self._lives}")
        session = await ProjectXSession.open(
            self.settings,
            now_ns=self._client_now_ns,
            random=Random(numbers.getrandbits(64)),
            transport=SimTransport(self.loop, self.wire, server, self.process, self._courses),
            dial=SimDial(
                self.loop,
                self.wire,
                server,
                self.process,
                Losses(lost=CarrierLost, denied=Denied),
                road_of=self._road_of,
                leg_of=_leg_of,
                filter_sent=self._filter,
            ),
            find=self._find,
        )
        self.session = session
        try:
            await session.market.find(setup.instrument.symbol)
            self._port.found(await session.broker(ACCOUNT))
            return await trades(session)
        finally:
            await session.close()

    async def _trade(self, trader: Trader, session: ProjectXSession) -> list[str]:
        try:
            return await self._life.trade(
                self.setup, session.market, self.broker, self._client_now_ns, self.opened, trader
            )
        finally:
            if self._life.desk is not None:
                self._life.desk.manager.close()

    def _road_of(self, url: str) -> Road:
        return self.roads["user" if "/hubs/user" in url else "market"]

    def _find(self, name: str, on: date) -> Instrument:
        mine = self.setup.instrument
        return mine if name in (mine.symbol, mine.root) else instruments.find(name, on=on)

    def _client_now_ns(self) -> int:
        """What the trader's wall clock shows."""
        return self.loop.now_ns + (0 if self.faults is None else self.faults.clock_ns)

    # --- what came out ----------------------------------------------------------------------------

    def _heard(self, record: OrderRecord, report: Report) -> None:
        self.meter.heard(record, report)
        self.unknown_size_fills += report.unknown_size

    @cached_property
    def _traded(self) -> Any:
        return self.setup.tape.between(self.setup.start_ns, self.setup.tape.end_ns + 1)

    def _record(self, notes: list[str]) -> Record:
        setup, desk = self.setup, self._life.desk
        marks, ended_ns = Marks(self._traded), self.loop.now_ns
        return make_record(
            setup=setup,
            end_ns=ended_ns,
            broker_desk=self.desk,
            unprotected=self.meter.finish(ended_ns, {setup.instrument.symbol: marks}),
            marks=marks,
            digest=self.digest.hex,
            ambiguous_bars=0,
            suspect_bars=0,
            unknown_size_fills=self.unknown_size_fills,
            incidents=[] if desk is None else desk.manager.view.incidents,
            conflated=0 if desk is None else desk.inbox.conflated,
            notes=[*outside_hours(self._traded, setup.calendar), *notes],
        )


class _Soon:
    """The broker of a session, for who wants to stand before it while there is no session yet."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self._sinks: list[Callable[[BrokerEvent], None]] = []

    def found(self, broker: Broker) -> None:
        """There it is."""
        self._broker = broker

    def __getattr__(self, name: str) -> Any:
        if name == "_broker":
            raise UsageError("the session has no broker yet; it is there when the desk opens")
        return getattr(self._broker, name)


def _leg_of(url: str) -> Leg:
    return Leg.EVENTS if "/hubs/user" in url else Leg.FEED
