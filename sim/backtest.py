"""A backtest: a trader, a broker's desk and an exchange on one tape, run in virtual time.

This is where the parts meet; each decides in its own room. The trader's side is one process, so
that it could crash without taking the exchange along.
"""

from collections.abc import Callable
from contextvars import Context
from importlib import import_module
from typing import TYPE_CHECKING

from ..matching.commands import SetStatus
from ..matching.engines import make_engine
from ..matching.reports import Report
from ..trading.broker import Broker
from ..trading.desk import Desk
from ..trading.errors import UsageError
from ..trading.strategy import Trader
from .desk.account import Account
from .desk.broker_desk import BrokerDesk
from .desk.orders import OrderRecord
from .determinism.guards import guarded
from .digest import DomainDigest
from .exchange import Exchange
from .faults.passing import Leaves
from .feed.market_states import MarketStates
from .feed.sim_market import SimMarket
from .life import Life
from .loop.loop import VirtualLoop
from .loop.process import Process
from .loop.run import run_on
from .record.marks import Marks
from .record.outside_hours import outside_hours
from .record.record import Record, make_record
from .record.stale_fills import stale_fills
from .record.unprotected import UnprotectedMeter
from .setup import Setup
from .sim_broker import SimBroker
from .supply import Supply
from .wire.wire import Wire

if TYPE_CHECKING:
    from .faults.injector import Faults
    from .faults.log import Fired

_PROGRESS_STEPS = 200


class World:
    """One run's parts, joined; `run` gives what came out.

    Before it, `broker` may be replaced by a port that stands before it, and `opened` hears the
    trader's desk as soon as there is one: that is how oracles look on. `on_crash` is called, in no
    process, when a fault of the plan has ended the trader's; it may `restart`, then or later.
    """

    def __init__(self, setup: Setup) -> None:
        symbol = setup.instrument.symbol
        self.setup = setup
        self.end_ns = setup.end_ns
        self.loop = VirtualLoop(setup.start_ns, schedule=setup.schedule)
        self.digest = DomainDigest(setup.start_ns)
        self.engine = make_engine(setup.engine, setup.rules, setup.suspects)
        supply = Supply(self.engine, setup.tape.between(setup.start_ns, setup.tape.end_ns + 1))
        self.account = Account("SIM", setup.cash, setup.fees, setup.instrument.currency)
        self.meter = UnprotectedMeter(self.account)
        self.desk = BrokerDesk(self.account, self._now_ns, setup.margin, setup.brackets)
        self.desk.heard = self._heard
        self.unknown_size_fills = 0
        self.exchange = Exchange(
            self._now_ns, {symbol: self.engine}, self.digest, self.desk.on_report
        )
        self.desk.connect(self.exchange)
        changes = setup.calendar.changes(setup.start_ns + 1, self.end_ns)
        at_start = (setup.start_ns, setup.calendar.status_at(setup.start_ns))
        for at_ns, status in (at_start, *changes):
            self.exchange.schedule(symbol, at_ns, SetStatus(status))
        self._states = MarketStates(setup.instrument, changes, self._now_ns)
        self._wire = Wire(self.loop, setup.latency, setup.seed)
        self.faults: Faults | None = None
        if setup.plan is not None:
            # Loaded only now: most runs have no plan, and it brings pydantic and much of its own.
            at_work = import_module(".faults.injector", __package__)
            self.faults = at_work.Faults(setup.plan, self.loop, self.desk, setup.instrument)
            assert self.faults is not None
            self.faults.on_crash = lambda: self.on_crash()
            self.faults.halts.on_state = self._states.change
        self.opened: Callable[[Desk], None] = lambda desk: None
        self.on_crash: Callable[[], None] = lambda: None
        self._life = Life(self.loop, self.end_ns)
        if self.faults is not None:
            self._life.kept_by = self.faults.disk.before
        if not supply.all_given:
            self.loop.add_source(supply)
        self.loop.add_source(self.exchange)
        self._leaves: Leaves | None = None
        self._connect()

    def run(self, trader: Trader, progress: Callable[[float], None] | None = None) -> Record:
        """Run to the end of the data, or until the trader ends by itself, before that.

        `progress` hears the share of the data that is done, 0 to 1. Raises what the trader raises,
        `DeadlockError` when it still waits long after the end, and `StalePlan`.
        """
        if progress is not None:
            self._report_progress(progress)
        with guarded(self.loop):
            notes = run_on(self.loop, self._life.run(self.process, lambda: self._trade(trader)))
        if self.faults is not None:
            self.faults.log.check()
        desk = self._life.desk
        # What was traded before the start is history, to the exchange as well.
        traded = self.setup.tape.between(self.setup.start_ns, self.setup.tape.end_ns + 1)
        marks, ended_ns = Marks(traded), self.loop.now_ns
        return make_record(
            setup=self.setup,
            end_ns=ended_ns,
            broker_desk=self.desk,
            unprotected=self.meter.finish(ended_ns, {self.setup.instrument.symbol: marks}),
            marks=marks,
            digest=self.digest.hex,
            ambiguous_bars=self.engine.ambiguous_bars,
            suspect_bars=self.engine.suspect_bars_walked,
            unknown_size_fills=self.unknown_size_fills,
            incidents=[] if desk is None else desk.manager.view.incidents,
            conflated=0 if desk is None else desk.inbox.conflated,
            notes=[
                *outside_hours(traded, self.setup.calendar),
                *stale_fills(traded, self.desk.executions),
                *notes,
            ],
        )

    @property
    def faults_fired(self) -> "tuple[Fired, ...]":
        """What the plan did so far, in order."""
        return () if self.faults is None else tuple(self.faults.log.entries)

    def restart(self, trader: Trader) -> None:
        """Start the trader's program again after a crash: a new process with new connections.

        Raises `UsageError` while the old one lives. Whoever looks on by the broker's port puts
        itself before the new `broker` right after this.
        """
        if self.process.alive:
            raise UsageError("the trader's process lives; only one that has crashed is restarted")
        self.loop.remove_source(self.market)
        self._connect()
        self._life.begin(self.process, self._trade(trader))

    def follow_calls(self, leaves: Leaves) -> None:
        """Tell of every call that goes on the wire, and of its arrival, in this life of the
        trader's process and in later ones."""
        self._leaves = self._sim_broker.leaves = leaves

    def _connect(self) -> None:
        setup = self.setup
        self.process = Process("strategy", self.loop)
        self.market = SimMarket(
            self.loop, self._wire, self.process, setup.instrument, setup.tape, self._states
        )
        self._sim_broker = SimBroker(
            self.loop,
            self._wire,
            self.desk,
            self.process,
            self.faults,
            modify_in_place=setup.modify_in_place,
            lossless=setup.lossless,
        )
        self._sim_broker.leaves = self._leaves
        self.broker: Broker = self._sim_broker
        self.loop.add_source(self.market)

    async def _trade(self, trader: Trader) -> list[str]:
        return await self._life.trade(
            self.setup, self.market, self.broker, self._client_now_ns, self.opened, trader
        )

    def _heard(self, record: OrderRecord, report: Report) -> None:
        self.meter.heard(record, report)
        self.unknown_size_fills += report.unknown_size

    def _now_ns(self) -> int:
        return self.loop.now_ns

    def _client_now_ns(self) -> int:
        """What the trader's wall clock shows."""
        return self.loop.now_ns + (0 if self.faults is None else self.faults.clock_ns)

    def _report_progress(self, progress: Callable[[float], None]) -> None:
        start_ns, step_ns = (
            self.setup.start_ns,
            (self.end_ns - self.setup.start_ns) // _PROGRESS_STEPS,
        )
        for n in range(1, _PROGRESS_STEPS + 1):
            at_ns = start_ns + n * max(step_ns, 1)
            self.loop.call_at_ns(at_ns, progress, n / _PROGRESS_STEPS, context=Context())
