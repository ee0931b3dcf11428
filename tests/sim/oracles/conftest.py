"""A watched world, and a client that speaks to the broker's port itself and may do anything wrong.

One row a line, `milliseconds kind values`, prices in ticks of 0.25 (80000 is 20000.00):

    0  quote 80000x5 80001x7
    10 trade 80001x2

Every leg of the wire takes 25 ms: what is sent at 100 ms is at the broker at 125 ms, and its report
is delivered at 150 ms.
"""

import asyncio
from decimal import Decimal

import numpy as np
import pytest

from dryfill.matching.rules import Rules
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.oracles import watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.broker import Urgency
from dryfill.trading.calendar import calendar
from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape
from dryfill.trading.words import OrdType, Side

MNQ = instruments.find("MNQ")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
MS = 1_000_000

QUIET = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    60000 quote 80000x50 80001x50
"""


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
        if found
        else None
        for kind, found in rows.items()
    ]
    return make_tape(*tables)


def request(tag, side, qty, *, limit=None, stop=None, attached=None):
    """An order in words; prices as text."""
    kind = {(False, False): "MARKET", (True, False): "LIMIT", (False, True): "STOP"}
    return OrderRequest(
        cl_ord_id=tag,
        instrument=MNQ,
        side=Side[side.upper()],
        ord_type=OrdType[kind[limit is not None, stop is not None]],
        order_qty=qty,
        price=None if limit is None else Decimal(limit),
        stop_px=None if stop is None else Decimal(stop),
        attached=attached,
    )


class Client:
    """A client that does what the test says, at the millisecond the test says, through the port."""

    def __init__(self, desk):
        self.desk = desk
        self.broker = desk.broker

    async def at(self, ms):
        """Wait until so many milliseconds after the start."""
        rest = T0 + ms * MS - self.desk.now_ns
        assert rest >= 0, f"{ms} ms has passed"
        await asyncio.sleep(rest / 1e9)

    def send(self, tag, side, qty, **terms):
        """Send an order and do not wait; its future, whose refusal is nobody's concern."""
        future = self.broker.place(request(tag, side, qty, **terms), deadline_s=15)
        future.add_done_callback(lambda done: done.exception())
        return future

    async def cancel(self, order_id):
        await self.broker.cancel(MNQ, order_id, deadline_s=15)

    async def enter(self, qty=2, tag="9.entry#1", side="buy"):
        """Have an entry filled at 100 ms: the client knows at 125 ms."""
        await self.at(75)
        self.send(tag, side, qty)


async def ask(client, *, n=1, urgency=Urgency.ORDINARY):
    """Cancel so many orders that are not there at once; what is answered does not matter."""
    asked = [
        client.broker.cancel(MNQ, str(90 + each), urgency=urgency, deadline_s=5)
        for each in range(n)
    ]
    await asyncio.gather(*asked, return_exceptions=True)


class Case:
    """One run. `world`, `watch` and `inner`, the port behind the watched one, are there for scripts
    that meddle."""

    def __init__(
        self,
        market,
        bounds,
        latency,
        watched=True,
        hours="always",
        plan=None,
        settings=None,
        in_place=True,
        brackets=None,
    ):
        tape = read(market)
        self.world = World(
            Setup(
                instrument=MNQ,
                tape=tape,
                start_ns=tape.start_ns,
                calendar=calendar(hours),
                rules=Rules(protection=24),
                latency=latency_profile(latency),
                fees=fee_schedule({"MNQ": "0.37"}),
                cash=Decimal(50_000),
                plan=plan,
                settings=settings or OrderSettings(),
                modify_in_place=in_place,
                brackets=brackets,
            )
        )
        self.inner = self.world.broker
        self.watch = watch(self.world, bounds) if watched else None
        self.record = None

    def run(self, script):
        async def trade(desk):
            await script(Client(desk), self)
            return []

        self.record = self.world.run(trade)
        return self.watch and self.watch.report()


@pytest.fixture
def look():
    """Run a script on a market and say what the oracles found."""

    def go(script, market=QUIET, bounds=None, latency="25ms"):
        return Case(market, bounds, latency).run(script)

    return go


@pytest.fixture
def case():
    def make(market=QUIET, bounds=None, latency="25ms", **more):
        return Case(market, bounds, latency, **more)

    return make
