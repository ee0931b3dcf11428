"""`SimBroker`: three endings, answers and events on their own legs, and silence after a crash."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import Rules
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.broker_desk import BrokerDesk
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.sim.loop.errors import LostErrors
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.sim_broker import SimBroker
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.errors import OutcomeUnknown, Refused
from dryfill.trading.order import ExecutionReport, OrderRequest
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
QUIET = "0 quote 100x5 101x5\n0 trade 101x1\n60000 quote 100x5 101x5"


class Rig:
    """A broker behind a wire in virtual time; `play` runs a script in the client's process."""

    def __init__(self, tape, latency):
        self.loop = VirtualLoop(T0)
        self.engine = ReferenceEngine(Rules(protection=24))
        self.engine.extend(tape)
        self.engine.advance(T0)
        account = Account("SIM", Decimal(50_000), fee_schedule(None))
        self.desk = BrokerDesk(account, lambda: self.loop.now_ns)
        exchange = Exchange(
            lambda: self.loop.now_ns, {"ES": self.engine}, DomainDigest(T0), self.desk.on_report
        )
        self.desk.connect(exchange)
        self.loop.add_source(exchange)
        self.process = Process("client", self.loop)
        wire = Wire(self.loop, latency_profile(latency), 0)
        self.broker = SimBroker(self.loop, wire, self.desk, self.process)
        self.log = []
        self.broker.listen(lambda event: self.note(getattr(event, "exec_type", type(event))))

    def note(self, what):
        self.log.append((what, self.ms))

    @property
    def ms(self):
        return (self.loop.now_ns - T0) / MS

    def play(self, script):
        async def main():
            return await self.process.spawn(script(self.broker), "client")

        return run_on(self.loop, main())


@pytest.fixture
def rig(tape_of):
    return lambda latency, text=QUIET: Rig(tape_of(text), latency)


def order(tag="1#1", side=Side.BUY, qty=1, price=90, kind=OrdType.LIMIT):
    return OrderRequest(
        cl_ord_id=tag,
        instrument=ES,
        side=side,
        ord_type=kind,
        order_qty=qty,
        price=None if kind is OrdType.MARKET else ES.decimal(price),
    )


LEGS = {"request": "10ms", "response": "20ms", "events": "5ms", "feed": "0ms"}


def test_a_call_takes_the_request_and_the_response_and_the_broker_acts_between(rig):
    at = rig(LEGS)

    async def script(broker):
        ack = await broker.place(order())
        at.note(ack.order_id)
        state = await broker.order(ES, order_id=ack.order_id)
        at.note(state.time_ns - T0)

    at.play(script)
    assert at.log == [(ExecType.NEW, 15), ("1", 30), (10 * MS, 60)]


def test_a_fill_overtakes_the_acknowledgement_of_its_order(rig):
    at = rig(LEGS)

    async def script(broker):
        await broker.place(order(kind=OrdType.MARKET))
        at.note("ack")

    at.play(script)
    assert [what for what, _ in at.log][:2] == [ExecType.NEW, ExecType.TRADE]
    assert at.log[-1] == ("ack", 30)


def test_a_refusal_comes_by_the_response_leg_with_the_brokers_reason(rig):
    at = rig(LEGS)

    async def script(broker):
        with pytest.raises(Refused, match="no order has the id '7'"):
            await broker.cancel(ES, "7")
        at.note("refused")

    at.play(script)
    assert at.log == [("refused", 30)]


def test_a_deadline_ends_in_unknown_while_the_order_goes_to_work(rig):
    at = rig(LEGS)

    async def script(broker):
        with pytest.raises(OutcomeUnknown, match=r"no answer within 0.012 s"):
            await broker.place(order(), deadline_s=0.012)
        at.note("unknown")
        state = await broker.order(ES, cl_ord_id="1#1")
        assert state.ord_status is OrdStatus.NEW

    at.play(script)
    assert at.log == [("unknown", 12), (ExecType.NEW, 15)]


def test_a_refusal_after_the_deadline_is_nobodys_lost_error(rig):
    at = rig(LEGS)

    async def script(broker):
        with pytest.raises(OutcomeUnknown):
            await broker.cancel(ES, "7", deadline_s=0.012)
        await asyncio.sleep(1)

    at.play(script)


def test_an_answer_at_the_very_moment_of_the_deadline_counts(rig):
    at = rig(LEGS)

    async def script(broker):
        assert (await broker.place(order(), deadline_s=0.030)).order_id == "1"
        with pytest.raises(OutcomeUnknown):
            await broker.place(order("2#1"), deadline_s=0.029_999_999)

    at.play(script)


def test_a_deadline_in_time_leaves_no_timer_behind(rig):
    at = rig(LEGS)

    async def script(broker):
        await broker.place(order(), deadline_s=30)
        await asyncio.sleep(0.1)
        return [entry for entry in at.loop._heap if not entry[3]._cancelled]

    assert at.play(script) == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_caller_that_gave_up_is_not_told_and_the_order_works_all_the_same(rig, refused):
    at = rig(LEGS)

    async def script(broker):
        call = broker.cancel(ES, "7") if refused else broker.place(order())
        call.cancel()
        await asyncio.sleep(1)
        assert len(await broker.open_orders()) == (0 if refused else 1)

    at.play(script)


def test_requests_may_overtake_each_other(rig):
    class Falling:
        left = 30

        def draw(self, rng):
            self.left -= 10
            return self.left * MS

    at = rig({"from": "zero", "request": Falling()})

    async def script(broker):
        calls = [broker.place(order(f"{n}#1")) for n in (1, 2)]
        return [(await call).order_id for call in calls]

    assert at.play(script) == ["2", "1"]


def test_events_come_in_order_and_to_every_listener(rig):
    at = rig(LEGS)
    second = []
    at.broker.listen(second.append)

    async def script(broker):
        await broker.place(order(kind=OrdType.MARKET))
        await asyncio.sleep(1)

    at.play(script)
    assert len(second) == len(at.log) == 4
    assert [e.exec_type for e in second if isinstance(e, ExecutionReport)] == [
        ExecType.NEW,
        ExecType.TRADE,
    ]


def test_a_bug_at_the_desk_reaches_the_caller_and_fails_the_run(rig):
    at = rig(LEGS)
    at.desk.positions = lambda: 1 // 0

    async def script(broker):
        with pytest.raises(ZeroDivisionError):
            await broker.positions()
        at.note("told")

    with pytest.raises(LostErrors, match="ZeroDivisionError"):
        at.play(script)
    assert at.log == [("told", 30)]


def test_after_a_crash_nothing_is_sent_and_nothing_is_heard(rig):
    at = rig(LEGS)
    crashed = []

    async def script(broker):
        broker.place(order("1#1"))
        await asyncio.sleep(0.001)
        broker.place(order("2#1"))  # on its way when the client dies: it arrives
        await asyncio.sleep(0)
        at.process.crash()
        try:
            await broker.place(order("3#1"))
        finally:
            crashed.append(broker.cancel(ES, "1"))

    async def main():
        at.process.spawn(script(at.broker), "client")
        await asyncio.sleep(1)

    run_on(at.loop, main())
    assert [o.cl_ord_id for o in at.desk.open_orders(None)] == ["1#1", "2#1"]
    assert at.log == []
    assert at.process.calls_after_death == 2
    assert [call.done() for call in crashed] == [False]


def test_a_new_process_hears_what_happens_from_then_on(rig):
    at = rig(LEGS)

    async def main():
        at.process.run(at.broker.place, order("1#1"))
        await asyncio.sleep(0.1)
        at.process.crash()
        again = Process("client", at.loop)
        wire = Wire(at.loop, latency_profile(LEGS), 0)
        broker = SimBroker(at.loop, wire, at.desk, again)
        heard = []
        broker.listen(heard.append)
        await again.spawn(cancel_all(broker), "recovery")
        await asyncio.sleep(0.1)
        return [event.exec_type for event in heard]

    async def cancel_all(broker):
        for state in await broker.open_orders():
            await broker.cancel(ES, state.order_id)

    assert run_on(at.loop, main()) == [ExecType.CANCELED]
    assert [what for what, _ in at.log] == [ExecType.NEW]
