"""Protection in bounded time while requests are stuck on their way, judged by broker truth."""

import asyncio

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import watch
from dryfill.trading.order import Buy
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

# The entry rests and is filled in two parts, at 1000 and 2000 ms; the target is reached at 9000 ms.
MARKET = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    1000 trade 79999x1
    1001 quote 79990x5 79996x1
    2000 quote 79990x5 79996x3
    3000 quote 79990x5 80001x5
    9000 quote 80040x5 80041x5
    9001 trade 80040x5
    40000 quote 80040x5 80041x5
"""
STUCK = {
    "a stop on its way to the broker": ("place", "stop", {"hedge_s": 60.0}, "INV-01"),
    "a change of the stop's size": ("modify", "stop", {"cancel_again_s": 14.0}, "INV-01"),
    "the cancel of a stop that nothing is held for": (
        "cancel",
        "stop",
        {"cancel_again_s": 14.0},
        "INV-03",
    ),
}


@pytest.fixture
def judged(world):
    """One bracket under a plan: what the oracles found, and the manager's incidents."""

    def go(plan, **settings):
        this = world(MARKET, plan=plan, settings=OrderSettings(**settings))
        watching, kinds = watch(this), []

        async def trade(desk):
            await asyncio.sleep(0.5)
            bracket = await desk.bracket(Buy(3, limit="19999"), stop=Ticks(40), target=Ticks(40))
            await bracket.closed()
            await asyncio.sleep(15)
            kinds.extend(incident.kind for incident in desk.manager.view.incidents)
            return []

        this.run(trade)
        return watching.report(), kinds

    return go


@pytest.mark.parametrize("name", STUCK)
def test_what_is_stuck_on_its_way_breaks_no_bound_unless_nobody_minds_it(name, judged):
    call, role, careless, oracle = STUCK[name]
    plan = make_plan({"kind": "latency", "call": call, "role": role, "request": "4 s"})
    found, _ = judged(plan)
    assert found.violations == []
    assert found.premises[oracle] > 0
    found, _ = judged(plan, **careless)
    assert {violation.oracle for violation in found.violations} >= {oracle}


def test_a_stuck_stop_and_its_substitute_are_one_declared_pair(judged):
    plan = make_plan({"kind": "latency", "call": "place", "role": "stop", "request": "4 s"})
    found, kinds = judged(plan)
    assert kinds == ["stop_hedged"]
    assert found.premises["INV-08"] == 1  # the substitute reached the broker
    assert found.violations == []
