"""A day in virtual time: a strategy trades through the adapter on the twin every five minutes, over
pings, renewed tokens and comparisons with the broker's truth, and leaves nothing behind but books.
"""

import asyncio
import gc

import pytest
from rehearsing import setup_of

from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.order import Buy
from dryfill.trading.orders import tags
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

HOUR_MS, EVERY_MS, ROUND_S, TOKEN_S = 3_600_000, 10_000, 300, 3_600
BOUNDED = OrderSettings(
    finished_most=20,
    late_most=10,
    tombstones_most=20,
    executions_most=20,
    incidents_most=20,
    reports_most=10,
    events_most=1_000,
)
CLIENT = ("dryfill.trading.orders", "dryfill.live")
BOOKS = 9  # objects for each order of the twin's books: itself, its fills and its reports


def quiet_market(hours):
    rows = []
    for ms in range(0, hours * HOUR_MS + 1, EVERY_MS):
        size = 500 + ms // EVERY_MS % 2  # another quote: what was taken is there again
        rows += [f"{ms} quote 20000x{size} 20000.25x{size}", f"{ms} trade 20000.25x1"]
    return "\n".join(rows)


def held_by(world):
    """What there is of each kind now."""
    gc.collect()
    there = gc.get_objects()
    return {
        "tasks": len(asyncio.all_tasks()),
        "hub clients": len(world.twin.gateway.hubs.clients()),
        "timers": len(world.loop._heap),
        "objects": len(there),
        "the client's": sum(type(each).__module__.startswith(CLIENT) for each in there),
        "orders": len(world.desk.orders),
    }


def soaked(hours, samples_an_hour=2):
    """What there was of each kind, from the second hour on."""
    world = Rehearsal(
        setup_of(quiet_market(hours), settings=BOUNDED, latency="calm"),
        twin={"token_life_s": TOKEN_S},
    )
    tokens = set()
    samples = []
    for n in range(tags.parse.cache_parameters()["maxsize"]):  # full, as it is after a while
        tags.parse(f"{n}.before#1")

    async def trade(desk):
        await desk.subscribe_quotes()
        await desk.subscribe_trades()
        (broker,) = world.session.brokers.values()
        broker._inference._most = 20  # else it would fill up for days
        reading = asyncio.create_task(read(desk))
        for n in range(hours * 3600 // ROUND_S - 1):
            bracket = await desk.bracket(Buy(1), stop=Ticks(40), target=Ticks(40))
            assert (await bracket.protected(10)).ok
            await desk.flatten(reason="the next one")
            await asyncio.sleep(ROUND_S - asyncio.get_running_loop().time() % ROUND_S)
            tokens.add(world.session.login.token)
            if n >= 11 and n % (3600 // ROUND_S // samples_an_hour) == 0:
                samples.append(held_by(world))
        reading.cancel()
        assert list(desk.manager.view.incidents) == []
        return []

    async def read(desk):
        async for _ in desk.events():
            pass

    world.run(trade)
    assert len(tokens) >= hours, "no token was renewed"
    return samples


@pytest.mark.parametrize("hours", [8, pytest.param(24, marks=pytest.mark.nightly)])
def test_hours_of_trading_leave_tasks_connections_timers_and_memory_as_they_were(hours):
    samples = soaked(hours)
    first = samples[0]
    for each in samples:
        assert (each["tasks"], each["hub clients"]) == (first["tasks"], 2)
        assert each["timers"] <= first["timers"] + 2
    # What is bounded is let go of in heaps: only the least of some hours says what stays.
    early, late = (
        min(part, key=lambda each: each["objects"]) for part in (samples[:6], samples[-6:])
    )
    orders = late["orders"] - early["orders"]
    assert orders > 100, "too few orders to say anything"
    least = [min(each["the client's"] for each in part) for part in (samples[:6], samples[-6:])]
    assert least[1] - least[0] < orders / 10, "it keeps something of what is over"
    assert late["objects"] - early["objects"] <= orders * BOOKS
