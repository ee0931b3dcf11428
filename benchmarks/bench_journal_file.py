"""How large does the file of a journal grow, and what does the journal cost a manager?

A manager places market orders that are filled at once by a stub, in batches, until many more have
ended than it keeps (10,000). Unit: megabytes of the file and its write-ahead log, after as many
orders as are kept and at the end; microseconds of processor time for an order, from its placing to
its fill, without a journal of the caller's, with one in memory and with one in a SQLite file. The
events of the manager's stream, which a journal keeps too, are in both; of them 10,000 are kept
here, so that every bound is met.
"""

import asyncio
import gc
import tempfile
import time
from pathlib import Path

from bench_order_manager import ES, Deaf, Stub, reports
from timing import machine

from dryfill import Buy, Sell
from dryfill.trading import instruments
from dryfill.trading.broker import Ack
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.port import Journal
from dryfill.trading.orders.journal.sqlite import SqliteJournal
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import ExecType, OrdStatus

BATCH, KEPT, ALL = 500, 10_000, 40_000


class Asked(Stub):
    """A stub that knows of nothing, and says so at once."""

    def _nothing(self, *about, **how):
        answer = self.loop.create_future()
        answer.set_result([])
        return answer

    open_orders = orders_since = executions_since = positions = _nothing


async def play(journal: Journal | None, path: Path | None = None) -> float:
    """Place and fill all; microseconds of processor time for each order."""
    broker = Asked()
    settings = OrderSettings(finished_most=KEPT, events_most=KEPT)
    manager = OrderManager(broker, Deaf(), now_ns=lambda: 0, settings=settings, journal=journal)
    if journal is not None:
        await manager.recover()
    took = 0.0
    for ended in range(BATCH, ALL + 1, BATCH):
        broker.requests.clear()
        broker.answers.clear()
        gc.disable()
        begin = time.process_time()
        for n in range(BATCH):
            manager.place(ES, (Buy, Sell)[n % 2](1))
        took += time.process_time() - begin
        told = reports(broker.requests, ExecType.TRADE, OrdStatus.FILLED, 1, 1, first=ended)
        for n, answer in enumerate(broker.answers):
            answer.set_result(Ack(str(ended + n)))
        begin = time.process_time()
        for report in told:
            manager.on_event(report)
        await asyncio.sleep(0)
        took += time.process_time() - begin
        gc.enable()
        if path is not None and ended % KEPT == 0:
            log = path.with_name(path.name + "-wal")
            size = (path.stat().st_size + log.stat().st_size) / 1e6
            print(f"{f'file and log after {ended:,} orders':<44} {size:12.1f} MB")
    manager.close()
    return took / ALL * 1e6


def main() -> None:
    print(f"a journal's file, {ALL:,} orders, {KEPT:,} kept; {machine()}")
    plain = asyncio.run(play(None))
    memory = asyncio.run(play(MemoryJournal()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.journal"
        file = asyncio.run(play(SqliteJournal(path, account="A", find=instruments.find), path))
    for name, took in (("none given", plain), ("in memory", memory), ("in SQLite", file)):
        print(f"{f'an order, journal {name}':<44} {took:12.1f} µs   ({took / plain:.2f} times)")


if __name__ == "__main__":
    main()
