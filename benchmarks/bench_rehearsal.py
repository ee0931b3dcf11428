"""How many seeds of a bracket does a rehearsal play in a second, and what do its bytes cost?

Unit: whole runs, from login to the last answer: a market entry of 2 with stop and target, both
protected, the target hit after 5 s, the run ended after 20, at live latency; without oracles and
under all of them. The same trader at `SimBroker` beside it gives the ratio. Processor time, so that
a busy machine says the same.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
from timing import machine

from dryfill.matching.rules import Rules
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.loop.hold import hold_collector
from dryfill.sim.oracles import watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.desk import Desk
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

SEEDS, ROUNDS = 40, 5
MNQ = instruments.find("MNQH24")
T0 = 1_709_564_400_000_000_000


def setup(seed: int) -> Setup:
    rows = ((0, 0), (5, 120), (60, 120))  # seconds, ticks above the start
    low = MNQ.units("20000")
    quotes = [
        (2 * n, T0 + s * 10**9, low + up, 9, low + up + 1, 9) for n, (s, up) in enumerate(rows)
    ]
    trades = [(2 * n + 1, T0 + s * 10**9, low + up, 1, 1) for n, (s, up) in enumerate(rows)]
    columns = [
        [np.array(c, np.int64) for c in zip(*each, strict=True)] for each in (quotes, trades)
    ]
    return Setup(
        instrument=MNQ,
        tape=make_tape(QuoteRows(*columns[0]), TradeRows(*columns[1])),
        start_ns=T0,
        calendar=calendar("always"),
        rules=Rules(protection=24),
        latency=latency_profile("live"),
        fees=fee_schedule(None),
        cash=Decimal(50_000),
        seed=seed,
    )


async def trade(desk: Desk) -> list[str]:
    bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    await bracket.protected()
    await asyncio.sleep(20)
    return []


def play(world_of: Callable[[Setup], Any], *, watched: bool) -> float:
    """Processor seconds of one seed."""
    begin = time.process_time()
    for seed in range(SEEDS):
        world = world_of(setup(seed))
        watching = watch(world) if watched else None
        world.run(trade)
        if watching is not None:
            watching.check()
    return (time.process_time() - begin) / SEEDS


def main() -> None:
    print(f"a bracket's rehearsal, {SEEDS} seeds, median of {ROUNDS} rounds; {machine()}")
    cases = [(World, False), (Rehearsal, False), (World, True), (Rehearsal, True)]
    with hold_collector():  # around many short runs: no full collection in each
        play(Rehearsal, watched=True)
        rounds = [[play(world_of, watched=on) for world_of, on in cases] for _ in range(ROUNDS)]
    medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
    for (world_of, on), seconds in zip(cases, medians, strict=True):
        name = f"{world_of.__name__}{', all oracles' if on else ''}"
        print(f"{name:<32} {1 / seconds:>8,.0f} seeds/s   ({seconds * 1e3:.2f} ms)")
    print(f"a rehearsal costs {medians[1] / medians[0]:.2f} times the same at SimBroker")


if __name__ == "__main__":
    main()
