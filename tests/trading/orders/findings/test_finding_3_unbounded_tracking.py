"""Finding 3: tracking without bounds, and then bounds that dropped working orders (RS-59, INV-13).

Orders are placed over many virtual days, half of them filled and half cancelled; every hundredth
event comes again up to 59 minutes late; three brackets hold a contract each, behind stops that rest
all the time.
"""

import asyncio
import gc
import types
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from random import Random

import pytest
from msgspec import structs
from scripted_broker import MNQ, OFFERS

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.broker import Ack
from dryfill.trading.order import Buy, ExecutionReport, OrderState, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus, OrdType

DAY_S = 86_400.0
LATE_S = 59 * 60
PX = MNQ.decimal(MNQ.units("20000"))


class Broker:
    """Takes everything at once; forgets orders that are over; tells one event in `again` twice."""

    account_name = "QUICK"
    offers = OFFERS

    def __init__(self, again, *, tagged):
        self.again, self.tagged = again, tagged
        self.working, self.cancelled, self.late = {}, [], []
        self.told = self.fills = self.orders = 0
        self.random = Random(3)

    def listen(self, sink):
        self.sink = sink

    def place(self, request, *, urgency=0, deadline_s=None):
        self.orders += 1
        state = OrderState(
            instrument=request.instrument,
            order_id=str(self.orders),
            cl_ord_id=request.cl_ord_id if self.tagged else "",
            side=request.side,
            ord_type=request.ord_type,
            ord_status=OrdStatus.NEW,
            order_qty=request.order_qty,
            cum_qty=0,
            leaves_qty=request.order_qty,
            price=request.price,
            stop_px=request.stop_px,
            avg_px=None,
            time_ns=self.orders,
        )
        self.working[state.order_id] = state
        self.tell(ExecType.NEW, state)
        if request.ord_type is OrdType.MARKET:
            self.fill(state.order_id)
        return done(Ack(state.order_id))

    def cancel(self, instrument, order_id, *, urgency=0, deadline_s=None):
        state = self.working.pop(order_id)
        self.cancelled.append(order_id)
        self.tell(
            ExecType.CANCELED, structs.replace(state, ord_status=OrdStatus.CANCELED, leaves_qty=0)
        )
        return done(None)

    def fill(self, order_id):
        state = self.working.pop(order_id)
        self.fills += 1
        filled = structs.replace(
            state, ord_status=OrdStatus.FILLED, cum_qty=state.order_qty, leaves_qty=0, avg_px=PX
        )
        self.tell(
            ExecType.TRADE, filled, last_qty=state.order_qty, last_px=PX, exec_id=f"e{self.fills}"
        )

    def tell(self, what, state, **more):
        report = ExecutionReport(exec_type=what, order=state, **more)
        loop = asyncio.get_running_loop()
        loop.call_soon(self.sink, report)
        self.told += 1
        if self.told % self.again == 0:
            at_s = loop.time() + self.random.random() * LATE_S
            heappush(self.late, (at_s, self.told, report))

    def due(self, now_s):
        """Events told before that come again by now."""
        while self.late and self.late[0][0] <= now_s:
            yield heappop(self.late)[2]


def done(result):
    answer = asyncio.get_running_loop().create_future()
    answer.set_result(result)
    return answer


@dataclass
class Listener:
    told: int = 0
    incidents: list = field(default_factory=list)

    def on_report(self, order, report):
        self.told += 1

    def on_fill(self, order, fill):
        self.told += 1

    def on_position(self, position):
        self.told += 1

    def on_incident(self, incident):
        self.incidents.append(incident)


class Long:
    """A long session of one manager. `step` is one order, placed and ended."""

    def __init__(self, orders, days, settings=None, *, tagged=True, again=100, bracket_every=40):
        # Nobody is asked: a broker that tells all, and only that.
        self.settings = replace(settings or OrderSettings(), reconcile_lossless_s=1e9)
        self.broker, self.listener = Broker(again, tagged=tagged), Listener()
        self.orders, self.pause_s = orders, days * DAY_S / orders
        self.bracket_every = bracket_every
        self.repeated = self.most = 0

    async def play(self):
        self.manager = OrderManager(
            self.broker, self.listener, now_ns=lambda: 0, settings=self.settings
        )
        self.brackets = [
            self.manager.bracket(MNQ, Buy(1), stop=Ticks(400), target=Ticks(400)) for _ in range(3)
        ]
        await asyncio.sleep(1)
        self.guarded()
        for n in range(self.orders):
            await self.step(n)
            self.within_bounds()
            self.hear_again()
        assert self.repeated == self.broker.told // self.broker.again - len(self.broker.late) > 50
        self.guarded()
        stops = [bracket.stop.order_id for bracket in self.brackets]
        for bracket in self.brackets:
            self.broker.fill(bracket.targets[0].order_id)
        await asyncio.sleep(1)
        assert set(self.broker.cancelled[-3:]) == set(stops), "cancelled with their positions"
        assert not self.manager.view.brackets_of(MNQ)
        assert self.manager.view.held(MNQ) == 0
        assert not self.listener.incidents
        return self

    async def step(self, n):
        if n % self.bracket_every == 0:
            await self.bracket_and_out()
        if n % 2:
            order = self.manager.place(MNQ, (Buy, Sell)[n // 2 % 2](1))
        else:
            order = self.manager.place(MNQ, Buy(1, limit="19000"))
            await asyncio.sleep(0)
            self.manager.start_cancel(order)
        await asyncio.sleep(self.pause_s if n % self.bracket_every else self.pause_s / 2)
        assert not order.working

    async def bracket_and_out(self):
        """One more bracket, stopped out at once: it is over, and known for a while."""
        bracket = self.manager.bracket(MNQ, Buy(1), stop=Ticks(40), target=Ticks(40))
        await asyncio.sleep(self.pause_s / 4)
        self.broker.fill(bracket.stop.order_id)
        await asyncio.sleep(self.pause_s / 4)
        assert bracket.finished

    def guarded(self):
        held = sum(bracket.position for bracket in self.brackets)
        assert held == 3 <= self.manager.view.held(MNQ)
        for bracket in self.brackets:
            assert bracket.stop.order_id in self.broker.working
            assert bracket.stop in self.manager.view.orders_of(MNQ)

    def sizes(self):
        outbox, owners = self.manager._outbox, self.manager._owners
        table = outbox.orders
        return {
            "finished_most": len(table._finished),
            "tombstones_most": len(table._tombstones),
            "held_most": len(table._held),
            "executions_most": len(outbox.ledger._booked),
            "late_most": len(owners._late),
            "incidents_most": len(outbox.incidents),
        }

    def within_bounds(self):
        table, settings = self.manager._outbox.orders, self.settings
        sizes = self.sizes()
        for name, size in sizes.items():
            assert size <= getattr(settings, name), name
        assert len(table.tag_by_id) <= len(table._finished) + len(table._tombstones) + 6
        assert len(table._working) == 6
        # What is over age leaves with the next thing that happens, so one step late at most.
        now_s = asyncio.get_running_loop().time() - self.pause_s
        for rows, age_s in (
            (table._finished, settings.finished_s),
            (table._tombstones, settings.late_s),
        ):
            for since_s, _ in rows.values():
                assert now_s - since_s <= age_s
                break  # they are in order of age
        self.most = max(self.most, sizes["finished_most"])

    def hear_again(self):
        for report in self.broker.due(asyncio.get_running_loop().time()):
            before = self.state()
            self.broker.sink(report)
            assert self.state() == before, f"a late event changed something: {report}"
            self.repeated += 1

    def state(self):
        view = self.manager.view
        orders = [(repr(order), order.core.agreed) for order in view.orders_of(MNQ)]
        table = self.manager._outbox.orders
        return view.position(MNQ), orders, self.listener.told, len(view.incidents), len(table._held)


def play(*how, **more):
    return run_virtual(Long(*how, **more).play(), origin_ns=0)


SMALL = OrderSettings(
    finished_most=100, tombstones_most=100, executions_most=400, late_most=10, incidents_most=10
)


@pytest.mark.parametrize("tagged", [True, False])
def test_memory_cleanup_after_1000_orders(tagged):
    """The review's own test: what is over is let go, what works never is."""
    session = play(1_000, 0.3, SMALL, tagged=tagged, again=10)
    assert session.most == 100
    assert len(session.manager._outbox.orders._tombstones) == 100


@pytest.mark.parametrize("tagged", [True, False])
def test_three_stops_rest_for_thirty_days_while_finished_orders_leave_by_age(tagged):
    """An order every 10 minutes: a day's orders are far from the bound on their count."""
    session = play(4_320, 30, tagged=tagged)
    a_day = DAY_S / session.pause_s
    assert session.most == pytest.approx(a_day + 3 * a_day / session.bracket_every, abs=5)


@pytest.mark.nightly
def test_at_its_bounds_the_manager_keeps_less_than_25_mb(capsys):
    """Some 20,000 orders an hour, more than any broker takes: every table is full."""
    session = play(45_000, 0.1, bracket_every=15)
    settings, sizes = session.settings, session.sizes()
    for name in ("finished_most", "tombstones_most", "executions_most", "late_most"):
        assert sizes[name] == getattr(settings, name), name
    report_memory(session, capsys)


@pytest.mark.nightly
def test_a_hundred_thousand_orders_in_thirty_days(capsys):
    session = play(100_000, 30)
    report_memory(session, capsys)


def test_ten_thousand_orders_in_three_days(capsys):
    session = play(10_000, 3)
    report_memory(session, capsys)


def report_memory(session, capsys):
    kept = reachable_bytes(session.manager)
    with capsys.disabled():
        print(
            f"\n{session.orders:,} orders: the manager keeps {kept / 1e6:.1f} MB {session.sizes()}"
        )
    assert kept < 25e6


NOT_THE_MANAGERS = (type, types.ModuleType, types.FunctionType, types.CodeType, type(MNQ), Broker)


def reachable_bytes(root):
    """The memory of everything that hangs on an object, what it shares with the world left out."""
    seen, left, total = {id(root)}, [root], 0
    while left:
        one = left.pop()
        total += one.__sizeof__()
        for each in gc.get_referents(one):
            if id(each) not in seen and not isinstance(each, NOT_THE_MANAGERS):
                seen.add(id(each))
                left.append(each)
    return total


CHANGED_TWICE = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
    x time 1
    do modify 1#1 limit 20001
    > modify 1#1 price 20001
    < ack 1#1
    < replaced 1#1 price 20001
    x time 2
    do modify 1#1 limit 20002
    > modify 1#1 price 20002
    < ack 1#1
    < replaced 1#1 price 20002
    = heard REPLACED 1#1
"""


def test_a_change_told_again_when_a_newer_one_holds_changes_nothing(stage_kind):
    async def main():
        stage, reports = stage_kind(), []
        hear = stage.broker.sink

        def hear_and_keep(report):
            reports.append(report)
            hear(report)

        stage.broker.sink = hear_and_keep
        await stage.play(CHANGED_TWICE)
        core, told = stage.orders["1#1"].core, list(stage.listener.lines)
        assert len(reports) == 3
        for report in reports:
            hear(report)
            assert core.agreed
            assert not stage.broker.sent
        assert stage.listener.lines == told, "what was told before is not told again"

    run_virtual(main(), origin_ns=0)
