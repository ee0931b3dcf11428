"""INV-02 and INV-08 where there is a stop of which nobody was told, the broker's own (RS-12) or one
whose answer was lost (RS-08): two are known once both are, or should have been asked for."""

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.oracles import Bounds
from dryfill.trading.order import Attached
from dryfill.trading.price import Ticks

from .conftest import MNQ

LATE = [
    {"kind": "late", "event": "order", "role": "stop", "nth": nth, "delay": "3 s"} for nth in (1, 2)
]
TOLD_MS = 3125  # the child works at 100 ms, and is told of so much later
WAY_MS = 25


async def two_stops(client, gone_ms):
    """A stop of the client's own beside the broker's, which is taken away again; as the manager
    does it, which is not asked."""
    await client.at(75)
    client.send("9.entry#1", "buy", 2, attached=Attached(stop=Ticks(-40)))
    await client.at(600)
    client.send("9.stop#1", "sell", 2, stop="19990")
    await client.at(gone_ms - WAY_MS)
    await client.cancel("2")
    await client.at(20_000)


def found(case, gone_ms, **bounds):
    made = case(plan=make_plan(*LATE), brackets=BracketRules(), bounds=Bounds(**bounds))
    told = made.run(lambda client, case: two_stops(client, gone_ms))
    return told.counts["INV-02"], told.counts["INV-08"]


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_one_of_two_stops_goes_within_t_over_of_the_brokers_being_told(case, late_ms, broken):
    assert found(case, TOLD_MS + 2000 + late_ms) == (broken, broken)


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_who_is_told_too_late_should_have_looked(case, late_ms, broken):
    look = {"look_s": 1.0, "late_s": 1.0}
    assert found(case, 100 + 1000 + 2000 + late_ms, **look) == (broken, broken)


@pytest.mark.parametrize(("told_ms", "broken"), [(3000, 0), (1000, 1)])
def test_a_stop_and_its_substitute_go_beside_a_child_only_while_nobody_told_of_it(
    case, told_ms, broken
):
    """Three work then, and two of them are the client's (explorer, native, hostile 370)."""

    async def script(client, case):
        await client.at(75)
        client.send("9.entry#1", "buy", 2, attached=Attached(stop=Ticks(-40)))
        await client.at(600)
        client.send("9.stop#1", "sell", 2, stop="19990")
        client.desk.manager.incident("stop_hedged", "9.stop#2 goes beside 9.stop#1")
        await client.at(1600)
        client.send("9.stop#2", "sell", 2, stop="19990")
        await client.at(1700)
        await client.cancel("3")
        await client.cancel("4")

    late = [{**each, "delay": f"{told_ms} ms"} for each in LATE]
    told = case(plan=make_plan(*late), brackets=BracketRules()).run(script)
    assert told.counts["INV-08"] == broken


def hidden(ms):
    """The answer to the stop is lost, no event tells of it, and the books show it so late."""
    return make_plan(
        {"kind": "ack-lost", "call": "place", "role": "stop"},
        {"kind": "drop", "event": "new", "role": "stop"},
        {"kind": "stale-read", "call": "read", "times": "all", "lag": f"{ms} ms"},
    )


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_of_a_stop_in_doubt_and_its_substitute_one_goes_once_both_are_known(case, late_ms, broken):
    async def script(client, case):
        await client.enter(qty=2)
        client.send("9.stop#1", "sell", 2, stop="19990")  # works at 100 ms
        await client.at(1200)
        client.send("9.stop#2", "sell", 2, stop="19990")
        await client.at(2600)
        assert await client.broker.order(MNQ, cl_ord_id="9.stop#1") is None
        await client.at(3200)
        assert await client.broker.order(MNQ, cl_ord_id="9.stop#1") is not None  # at 3250 ms
        await client.at(3250 + 2000 - WAY_MS + late_ms)
        await client.cancel("3")
        await client.at(20_000)

    told = case(plan=hidden(3100)).run(script)
    assert told.counts["INV-02"] == broken
