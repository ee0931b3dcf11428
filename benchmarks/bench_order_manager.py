"""What do an order and an event cost the order manager itself?

Unit: microseconds of processor time, logging off: a limit order placed (until the broker's port has
it), its answer, and events taken in (NEW, a fill in two parts, CANCELED), for an order that stands
alone and for a bracket's, of which twenty work at once; without a journal, as in a backtest, and an
order alone with one in memory too, which keeps its events as well. The broker is a stub; its own
cost is measured apart and taken off. Then: of a session's lookups of orders by tag or id,
how many found theirs, as the manager's own statistics have it.
"""

import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from strategies import Counted
from timing import machine

from dryfill import Backtest, Buy, Ticks, synthetic
from dryfill.trading import instruments
from dryfill.trading.broker import Ack, Offers
from dryfill.trading.order import ExecutionReport, OrderState
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.words import ExecType, OrdStatus, OrdType, TimeInForce

ORDERS, BRACKETS, RUNS = 500, 20, 25
TIMES = itertools.count()
ES = instruments.find("ES")
PX = Decimal("4500.25")
OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    lossless_stream=True,
)


class Stub:
    """A broker that keeps requests and the futures it gave for them."""

    account_name, offers = "STUB", OFFERS

    def __init__(self):
        self.requests, self.answers = [], []
        self.loop = asyncio.get_running_loop()

    def listen(self, sink):
        pass

    def place(self, request, *, urgency=0, deadline_s=None):
        answer = self.loop.create_future()
        self.requests.append(request)
        self.answers.append(answer)
        return answer

    def nothing(self, *asked, **how):
        """The answer to every question of a manager that begins with a journal."""
        answer = self.loop.create_future()
        answer.set_result([])
        return answer

    executions_since = open_orders = orders_since = positions = nothing


class Deaf:
    """Nobody listens."""

    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


def timed(calls: Callable[[], None], count: int = ORDERS) -> float:
    gc.disable()
    begin = time.process_time()
    calls()
    took = time.process_time() - begin
    gc.enable()
    return took / count * 1e6


def reports(requests, what, status, cum_qty=0, last_qty=0, *, first=0):
    """One report for each request; their ids count from `first`."""
    made = []
    for n, request in enumerate(requests, first):
        state = OrderState(
            instrument=ES,
            order_id=str(n),
            cl_ord_id=request.cl_ord_id,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=status,
            order_qty=request.order_qty,
            cum_qty=cum_qty,
            leaves_qty=0 if status.terminal else request.order_qty - cum_qty,
            price=request.price,
            stop_px=request.stop_px,
            avg_px=None,
            time_ns=next(TIMES),
        )
        fill = {"last_qty": last_qty, "last_px": PX, "exec_id": f"{what.name}{n}.{cum_qty}"}
        made.append(ExecutionReport(exec_type=what, order=state, **(fill if last_qty else {})))
    return made


async def alone(figures, journal=None):
    """Orders that stand alone; half of each is filled."""
    broker = Stub()
    manager = OrderManager(broker, Deaf(), now_ns=lambda: 0, journal=journal)
    kept = ""
    if journal is not None:
        await manager.recover()
        kept = ", kept in memory"
    spec, request = Buy(2, limit=PX), None

    def note(name, took):
        figures.setdefault(name + kept, []).append(took)

    def place_all():
        for _ in range(ORDERS):
            manager.place(ES, spec)

    took = timed(place_all)
    request = broker.requests[0]
    spare = Stub()
    stub = timed(lambda: [spare.place(request) for _ in range(ORDERS)])
    note("place an order", took - stub)
    requests = list(broker.requests)
    hear = manager.on_event
    told = reports(requests, ExecType.NEW, OrdStatus.NEW)
    note("event: new", timed(lambda: [hear(each) for each in told]))
    for n, answer in enumerate(broker.answers):
        answer.set_result(Ack(str(n)))
    begin = time.process_time()
    await asyncio.sleep(0)
    note("answer", (time.process_time() - begin) / ORDERS * 1e6)
    told = reports(requests, ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, 1, 1)
    note("event: fill", timed(lambda: [hear(each) for each in told]))
    told = reports(requests, ExecType.CANCELED, OrdStatus.CANCELED, 1)
    note("event: canceled", timed(lambda: [hear(each) for each in told]))
    manager.close()


async def brackets(figures):
    """The entries of brackets, filled in two parts; each fill sends or resizes the legs."""
    broker = Stub()
    manager = OrderManager(broker, Deaf(), now_ns=lambda: 0)

    def note(name, calls):
        figures.setdefault(name, []).append(timed(calls, BRACKETS))

    def place_all():
        for _ in range(BRACKETS):
            manager.bracket(ES, Buy(2, limit=PX), stop=Ticks(8), target=Ticks(8))

    note("place a bracket's entry", place_all)
    requests, hear = list(broker.requests), manager.on_event
    for n, answer in enumerate(broker.answers):
        answer.set_result(Ack(str(n)))
    await asyncio.sleep(0)
    for name, *what in (
        ("event: new, entry", ExecType.NEW, OrdStatus.NEW),
        (
            "event: entry's first fill, stop and target sent",
            *(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, 1, 1),
        ),
        ("event: entry's second fill, legs resized", ExecType.TRADE, OrdStatus.FILLED, 2, 1),
    ):
        told = reports(requests, *what)
        note(name, lambda told=told: [hear(each) for each in told])
    manager.close()


def hit_rate() -> float:
    """Of the lookups of one session's orders, the share that found theirs."""
    Backtest(Counted, synthetic(ES, seed=7, kind="mixed"), instrument="ES", latency="live").run()
    assert Counted.hit_rate is not None
    return Counted.hit_rate


def main() -> None:
    print(f"order manager, {ORDERS:,} orders, median of {RUNS}; {machine()}")
    figures: dict[str, list[float]] = {}
    for _ in range(RUNS):
        gc.collect()
        asyncio.run(alone(figures))
        asyncio.run(alone(figures, MemoryJournal()))
        for _ in range(ORDERS // BRACKETS // 5):
            asyncio.run(brackets(figures))
    for name, took in figures.items():
        print(f"{name:<50} {statistics.median(took):6.1f} µs   (best {min(took):.1f})")
    print(f"{'orders found by tag or id in a session':<50} {hit_rate():6.1%}")


if __name__ == "__main__":
    main()
