"""A bare broker in virtual time, with a plan between it and the client: no manager, no strategy.

Requests take 10 ms, responses 20 ms, events 5 ms. The market is quiet: bid 100, ask 101, last 101.
"""

from decimal import Decimal

import pytest

from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.broker_desk import BrokerDesk
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.sim.faults.event_path import describe
from dryfill.sim.faults.injector import Faults
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.sim_broker import SimBroker
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.errors import DryfillError
from dryfill.trading.order import ExecutionReport, OrderRequest
from dryfill.trading.words import OrdType, Side

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
QUIET = "0 quote 100x5 101x5\n0 trade 101x1\n600000 quote 100x5 101x5"
LEGS = {"request": "10ms", "response": "20ms", "events": "5ms", "feed": "0ms"}


class Stage:
    """A broker under a plan; `log` is what the client heard and noted, with ms from the start."""

    def __init__(self, tape, plan, latency):
        self.loop = VirtualLoop(T0)
        self.engine = ReferenceEngine(Rules(protection=24))
        self.engine.extend(tape)
        self.engine.advance(T0)
        account = Account("SIM", Decimal(50_000), fee_schedule(None))
        self.desk = BrokerDesk(account, lambda: self.loop.now_ns)
        self.exchange = Exchange(
            lambda: self.loop.now_ns, {"ES": self.engine}, DomainDigest(T0), self.desk.on_report
        )
        self.desk.connect(self.exchange)
        self.loop.add_source(self.exchange)
        self.faults = Faults(plan, self.loop, self.desk, ES)
        self.wire = Wire(self.loop, latency_profile(latency), 0)
        self.log = []
        self.connect()

    def connect(self):
        """A client's program starts: a process of its own, and a new connection."""
        self.process = Process("client", self.loop)
        self.broker = SimBroker(self.loop, self.wire, self.desk, self.process, self.faults)
        self.broker.listen(self._hear)

    def _hear(self, event):
        held = getattr(event, "qty", None)
        self.note(describe(event) if held is None else f"position {held}")

    def note(self, what):
        self.log.append((what, self.ms))

    @property
    def ms(self):
        return (self.loop.now_ns - T0) / MS

    @property
    def orders(self):
        """What the log says of orders and of the stream; positions and money are left out."""
        return [line for line in self.log if not str(line[0]).startswith(("position", "account"))]

    def play(self, script):
        """Run a script in the client's process, and what is on its way for a minute more."""

        async def main():
            task = self.process.spawn(script(self.broker), "client")
            done = self.loop.create_future()
            self.loop.call_at_ns(T0 + 120_000 * MS, done.set_result, None)
            await done
            return task.result() if task.done() else None

        answer = run_on(self.loop, main())
        self.faults.log.check()
        return answer

    async def unless(self, call):
        """Note how a call ends: its answer, or its error's name."""
        try:
            answer = await call
        except DryfillError as error:
            self.note(type(error).__name__)
            return error
        self.note("ok")
        return answer


@pytest.fixture
def stage(tape_of):
    def make(*faults, text=QUIET, latency=LEGS, strict=True):
        return Stage(tape_of(text), make_plan(*faults, strict=strict), latency)

    return make


@pytest.fixture
def order():
    def make(tag="1#1", side="buy", qty=1, limit=None, stop=None):
        kinds = {
            (False, False): OrdType.MARKET,
            (True, False): OrdType.LIMIT,
            (False, True): OrdType.STOP,
        }
        return OrderRequest(
            cl_ord_id=tag,
            instrument=ES,
            side=Side[side.upper()],
            ord_type=kinds[limit is not None, stop is not None],
            order_qty=qty,
            price=None if limit is None else ES.decimal(limit),
            stop_px=None if stop is None else ES.decimal(stop),
        )

    return make


@pytest.fixture
def reports():
    """Listen for whole execution reports."""

    def listen(broker):
        heard = []
        broker.listen(lambda event: isinstance(event, ExecutionReport) and heard.append(event))
        return heard

    return listen
