"""A rehearsal for tests: a market as text, a trader, and the oracles."""

import sys
from decimal import Decimal

from dryfill.matching.rules import Rules
from dryfill.scenarios.market_rows import market_rows, tape_of
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks

MNQ = instruments.find("MNQH24")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
RISING = """
    0     quote 20000x9 20000.25x9
    0     trade 20000.25x1
    30000 quote 20030x9 20030.25x9
    30001 trade 20030.25x1
    90000 quote 20030x9 20030.25x9
"""


def setup_of(market=RISING, **given):
    """The setup of a rehearsal of MNQ, at live latency unless told otherwise."""
    usual = {
        "instrument": MNQ,
        "tape": tape_of(market_rows(market), MNQ, T0),
        "start_ns": T0,
        "calendar": calendar("always"),
        "rules": Rules(protection=24),
        "latency": latency_profile(given.pop("latency", "live")),
        "fees": fee_schedule(None),
        "cash": Decimal(50_000),
    }
    return Setup(**usual | given)


async def trade_a_bracket(desk):
    """Buy 2 with a stop and a target, and wait until they are closed."""
    await desk.subscribe_trades()
    bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    await bracket.closed()
    return []


def bracket_digest(seed):
    """The digest of a bracket's rehearsal."""
    return Rehearsal(setup_of(seed=seed)).run(trade_a_bracket).digest


if __name__ == "__main__":
    print(bracket_digest(int(sys.argv[1])))
