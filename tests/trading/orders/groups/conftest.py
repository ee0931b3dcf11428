"""Groups in a whole world: the simulated broker, a fault plan, and every oracle looking on.

One row of the market a line, `milliseconds kind values`, prices in ticks of 0.25 (80000 is
20000.00). Every leg of the wire takes 25 ms unless a test says otherwise.
"""

from decimal import Decimal

import numpy as np
import pytest

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.oracles import Bounds, watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

MNQ = instruments.find("MNQ")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
MS = 1_000_000


def read(text):
    """The tape of rows written as text."""
    rows = {"quote": [], "trade": []}
    for seq, line in enumerate(text.strip().splitlines()):
        at, kind, *levels = line.split()
        numbers = [int(n) for level in levels for n in level.split("x")]
        aggressor = [] if kind == "quote" else [0]
        rows[kind].append((seq, T0 + int(at) * MS, *numbers, *aggressor))
    kinds = {"quote": QuoteRows, "trade": TradeRows}
    tables = [
        kinds[kind](*(np.array(column, np.int64) for column in zip(*found, strict=True)))
        for kind, found in rows.items()
    ]
    return make_tape(*tables)


class Judged:
    """What came of a run: the record, what the oracles found, what the plan did."""

    def __init__(self, record, found, fired):
        self.record, self.found, self.fired = record, found, fired

    @property
    def incidents(self):
        return [incident.kind for incident in self.record.incidents]

    @property
    def placed(self):
        """Tags of the orders that the broker has, in order."""
        return [order.request.cl_ord_id for order in self.record.desk.orders.values()]


@pytest.fixture
def judged():
    """Run a script on a market under faults; the oracles find nothing wrong."""

    def go(market, script, *faults, latency="25ms", premises=("INV-04",), **bounds):
        tape = read(market)
        plan = make_plan(*faults) if faults else None
        world = World(
            Setup(
                instrument=MNQ,
                tape=tape,
                start_ns=tape.start_ns,
                calendar=calendar("always"),
                rules=Rules(protection=24),
                latency=latency_profile(latency),
                fees=fee_schedule(None),
                cash=Decimal(50_000_000),
                plan=plan,
            )
        )
        watching = watch(world, Bounds(**bounds))

        async def trade(desk):
            await script(desk)
            return []

        record = world.run(trade)
        found = watching.report()
        assert found.violations == []
        for name in premises:
            assert found.premises[name] > 0, f"nothing to judge for {name}"
        return Judged(record, found, world.faults_fired)

    return go
