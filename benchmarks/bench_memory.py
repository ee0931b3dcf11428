"""What does a finished order keep in memory, once the run that made it is reported?

Unit: kilobytes of resident memory for 1,000 finished orders, manager, simulated desk, record and
report included: a market order at every quote of an hour of a synthetic ES session, seed 7, zero
latency. What the data itself takes is in memory before. The manager forgets orders beyond its
bounds; the desk is the broker and keeps all, for the report.
"""

import gc
import os
from pathlib import Path

from strategies import Alternate
from timing import machine

from dryfill import Backtest, synthetic
from dryfill.trading import instruments

TAPE = synthetic(instruments.find("ES"), seed=7, kind="mixed", hours="08:30-09:30")


def resident_kb() -> float:
    """Resident memory of this process, from the kernel (Linux only)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def main() -> None:
    backtest = Backtest(Alternate, TAPE, instrument="ES", latency="zero")
    before = resident_kb()
    report = backtest.run()
    grown, orders = resident_kb() - before, len(report.record.desk.orders)
    print(f"memory, {orders:,} finished orders; {machine()}")
    print(f"{grown / orders * 1000:,.0f} kB for 1,000 orders ({grown / 1024:,.0f} MB in all)")


if __name__ == "__main__":
    main()
