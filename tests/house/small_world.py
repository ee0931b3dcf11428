"""A small market written as text, and a trader in it, on the simulated broker.

One row a line, `milliseconds kind values`, prices in ticks of 0.25 (80000 is 20000.00):

    0  quote 80000x5 80001x7
    10 trade 80001x2
"""

from decimal import Decimal

import numpy as np

from dryfill.matching.rules import Rules
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

MNQ = instruments.find("MNQ")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
MS = 1_000_000


def read_rows(text):
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


def small_world(text, **changes):
    """A world on that market, 25 ms a leg; `changes` are fields of its `Setup`."""
    tape = read_rows(text)
    setup = {
        "instrument": MNQ,
        "tape": tape,
        "start_ns": tape.start_ns,
        "calendar": calendar("always"),
        "rules": Rules(protection=24),
        "latency": latency_profile("25ms"),
        "fees": fee_schedule(None),
        "cash": Decimal(50_000),
    }
    return World(Setup(**setup | changes))
