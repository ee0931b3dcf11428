"""The manager in a whole world whose stream loses events and whose wire loses answers.

What is judged is the broker's truth: at rest the manager's view equals it (fault-model, INV-07).
"""

import asyncio
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import plan_from_toml
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import DryfillError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

MNQ = instruments.find("MNQ")
T0 = 1_709_564_400_000_000_000
PLANS = {
    "every third event is lost": """
        [[fault]]
        kind = "drop"
        event = "any"
        every = 3
        times = "all"
    """,
    "no fill is told": """
        [[fault]]
        kind = "drop"
        event = "fill"
        times = "all"
    """,
    "the stream is down and answers are lost": """
        [[fault]]
        kind = "stream-down"
        at = "10 s"
        duration = "8 s"
        [[fault]]
        kind = "ack-lost"
        call = "place"
        every = 4
        times = "all"
        form = "reset"
    """,
    "too many requests for a while": """
        [[fault]]
        kind = "rate-limited"
        call = "place"
        role = "stop"
        every = 2
        times = "all"
        retry_after = "1 s"
        [[fault]]
        kind = "unreachable"
        at = "20 s"
        duration = "6 s"
    """,
}


def market(steps, seed):
    """A seeded market that goes up and down and trades all the time, 50 ms a step."""
    rng, mid, quotes, trades = Random(seed), 80_000, [], []
    for n in range(steps):
        mid += rng.choice((-2, -1, 0, 0, 1, 2))
        at_ns = T0 + n * 50_000_000
        sizes = rng.randint(1, 4), rng.randint(1, 4)
        quotes.append((2 * n, at_ns, mid, sizes[0], mid + 1, sizes[1]))
        trades.append((2 * n + 1, at_ns + 10_000_000, mid + rng.randint(0, 1), 2, 0))
    columns = [
        [np.array(column, np.int64) for column in zip(*rows, strict=True)]
        for rows in (quotes, trades)
    ]
    return make_tape(QuoteRows(*columns[0]), TradeRows(*columns[1]))


@pytest.mark.parametrize("name", PLANS)
def test_at_rest_what_we_know_is_what_the_broker_holds(name):
    tape = market(1400, seed=3)
    world = World(
        Setup(
            instrument=MNQ,
            tape=tape,
            start_ns=tape.start_ns,
            calendar=calendar("always"),
            rules=Rules(protection=24),
            latency=latency_profile("25ms"),
            fees=fee_schedule(None),
            cash=Decimal(50_000),
            seed=1,
            plan=plan_from_toml(PLANS[name], name),
        )
    )
    brackets = 0

    async def trade(desk):
        nonlocal brackets
        while desk.now_ns < T0 + 40 * 10**9:
            spec = (Buy, Sell)[brackets % 2](1 + brackets % 3)
            try:
                bracket = await desk.bracket(spec, stop=Ticks(8), target=Ticks(8))
            except DryfillError:
                await asyncio.sleep(0.5)
                continue
            brackets += 1
            await bracket.closed()
        await asyncio.sleep(12)
        manager = desk.manager
        assert manager.view.held(MNQ) == sum(p.qty for p in world.desk.positions())
        ours = [order.cl_ord_id for order in manager.view.orders_of(MNQ)]
        assert ours == [order.cl_ord_id for order in world.desk.open_orders(None)]
        kinds = {incident.kind for incident in manager.view.incidents}
        assert not kinds & {"protocol", "broker_error", "position_differs"}
        return []

    world.run(trade)
    assert brackets >= 4
    assert world.faults_fired
