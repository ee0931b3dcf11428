"""What does it cost to keep one record, and to begin again with many?

An order of four records (its request, NEW, a fill, a second fill) is appended to each carrier, one
record a call as the manager does it, then a start reads 40,000 records back. Unit: records. The
file lies in the folder for temporary files; what its disk does is in the figures of SQLite.
"""

import tempfile
from decimal import Decimal
from pathlib import Path

from timing import machine, median_s, show

from dryfill.trading import instruments
from dryfill.trading.order import ExecutionReport, OrderRequest, OrderState
from dryfill.trading.orders.journal.codec import decode, encode
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.port import Journal
from dryfill.trading.orders.journal.records import Record
from dryfill.trading.orders.journal.sqlite import SqliteJournal
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

MNQ = instruments.find("MNQ")
ORDERS = 10_000


def records(n: int) -> list[Record]:
    """What is kept of the `n`-th order."""
    tag = f"{n}.entry#1"
    request = OrderRequest(
        cl_ord_id=tag,
        instrument=MNQ,
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        order_qty=2,
        price=MNQ.decimal(80_000),
    )
    found: list[Record] = [request]
    for cum_qty, status in enumerate((OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)):
        state = OrderState(
            instrument=MNQ,
            order_id=str(n),
            cl_ord_id=tag,
            side=Side.BUY,
            ord_type=OrdType.LIMIT,
            ord_status=status,
            order_qty=2,
            cum_qty=cum_qty,
            leaves_qty=2 - cum_qty,
            price=request.price,
            stop_px=None,
            avg_px=Decimal(20_000) if cum_qty else None,
            time_ns=1_709_564_400_000_000_000 + n,
        )
        filled = {"last_qty": 1, "last_px": request.price, "exec_id": f"MNQ-{n}-{cum_qty}"}
        kind = ExecType.TRADE if cum_qty else ExecType.NEW
        found.append(ExecutionReport(exec_type=kind, order=state, **(filled if cum_qty else {})))
    return found


def fill(journal: Journal, entries: list[tuple[str, Record]]) -> None:
    for entry in entries:
        journal.append((entry,))


def main() -> None:
    entries = [(f"{n}.entry#1", record) for n in range(ORDERS) for record in records(n)]
    some, count = entries[:4_000], len(entries)
    print(f"journal, {count:,} records of {ORDERS:,} orders; {machine()}")
    seconds = median_s(lambda: fill(MemoryJournal(), entries))
    show("kept in memory", count, "records", seconds)
    seconds = median_s(lambda: [decode(encode(r), instruments.find) for _, r in some])
    show("written to bytes and read again", len(some), "records", seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.journal"
        journal = SqliteJournal(path, account="A", find=instruments.find)
        seconds = median_s(lambda: fill(journal, some))
        show("kept in SQLite", len(some), "records", seconds)
        tags = [about for about, _ in some[::4]]
        seconds = median_s(lambda: (fill(journal, some), journal.compact(tags, [])))
        show("kept in SQLite and forgotten", len(some), "records", seconds)
        journal.append(entries)
        seconds = median_s(journal.load, 3)
        show("read back at a start", len(journal.load().entries), "records", seconds)
        journal.close()


if __name__ == "__main__":
    main()
