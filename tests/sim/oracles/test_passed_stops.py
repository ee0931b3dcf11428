"""F36: a stop that works on while the market stays beyond it, and a client that does nothing."""

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import Bounds

FROZEN = make_plan({"kind": "frozen", "event": "new", "role": "stop"})
PASSED = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    2000 trade 79950x1
    2001 quote 79949x50 79950x50
    {back} trade {px}x1
    60000 quote 80000x50 80001x50
"""


async def hold(client, until_ms):
    """Hold two under a stop, and let something pass the port in the end, so that oracles look."""
    await client.enter()
    await client.at(150)
    await client.send("9.stop#1", "sell", 2, stop="19990")
    await client.at(until_ms)
    client.send("8#1", "buy", 1, limit="19000")


@pytest.mark.parametrize(("at_ms", "broken"), [(5950, 0), (6050, 1)])
def test_a_frozen_stop_may_be_passed_for_t_passed_and_no_longer(case, at_ms, broken):
    at = case(PASSED.format(back=59_000, px=79950), plan=FROZEN)

    async def script(client, case):
        await client.enter()
        await client.at(150)
        ack = await client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(at_ms - 25)
        await client.cancel(ack.order_id)

    found = at.run(script)
    assert found.premises["F36"] == 1
    assert found.counts["F36"] == broken


def test_t_passed_is_the_bound_that_is_given(case):
    at = case(PASSED.format(back=59_000, px=79950), Bounds(passed_s=9), plan=FROZEN)

    async def script(client, case):
        await hold(client, 10_000)

    assert at.run(script).counts["F36"] == 0


def test_a_market_that_came_back_has_passed_nothing(case):
    at = case(PASSED.format(back=3000, px=80000), plan=FROZEN)

    async def script(client, case):
        await hold(client, 10_000)

    assert at.run(script).counts["F36"] == 0


def test_without_such_a_fault_nothing_is_looked_for(case):
    at = case(PASSED.format(back=59_000, px=79950))

    async def script(client, case):
        await hold(client, 10_000)

    assert at.run(script).premises["F36"] == 0
