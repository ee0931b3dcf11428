"""The manager in a whole world: its broker is the simulated one, its market a few rows of text.

One row a line, `milliseconds kind values`, prices in ticks of 0.25 (80000 is 20000.00):

    0  quote 80000x5 80001x7
    10 trade 80001x2
"""

from decimal import Decimal
from random import Random

import numpy as np
import pytest

from dryfill.matching.rules import Rules
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.strategy import make_strategy, run_strategy
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
        if found
        else None
        for kind, found in rows.items()
    ]
    return make_tape(*tables)


@pytest.fixture
def world():
    """Make a world on a market: its broker and exchange, no trader yet. `more` is the setup's."""

    def make(market, *, latency="25ms", seed=0, **more):
        tape = read(market) if isinstance(market, str) else market
        setup = {
            "instrument": MNQ,
            "tape": tape,
            "start_ns": tape.start_ns,
            "calendar": calendar("always"),
            "rules": Rules(protection=24),
            "latency": latency_profile(latency),
            "fees": fee_schedule(None),
            "cash": Decimal(50_000),
            "seed": seed,
        }
        return World(Setup(**setup | more))

    return make


@pytest.fixture
def run(world):
    """Run a script, or a strategy class, on a market; the record. `more` is the world's."""

    def go(market, trader, *, params=None, **more):
        async def trade(desk):
            if isinstance(trader, type):
                return await run_strategy(make_strategy(trader, params or {}, desk))
            await trader(desk)
            return []

        return world(market, **more).run(trade)

    return go


@pytest.fixture
def tape_of():
    """Read a market as text."""
    return read


@pytest.fixture
def restless():
    """A seeded market that goes up and down and trades all the time, 50 ms a step."""

    def make(steps, seed):
        rng, mid, rows = Random(seed), 80_000, []
        for n in range(steps):
            mid += rng.choice((-2, -1, 0, 0, 1, 2))
            rows.append(f"{n * 50} quote {mid}x{rng.randint(1, 4)} {mid + 1}x{rng.randint(1, 4)}")
            rows.append(f"{n * 50 + 10} trade {mid + rng.randint(0, 1)}x{rng.randint(1, 3)}")
        return "\n".join(rows)

    return make


@pytest.fixture
def restless_market(restless):
    """As `restless`, read."""
    return lambda steps, seed: read(restless(steps, seed))
