"""INV-04 of groups: orders that were sent together fill no more than the group is for."""

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.order import Buy, Sell
from dryfill.trading.words import ContingencyType

from .conftest import MNQ

# At 1000 ms the market falls through 19995 and at 1010 ms it is above 20005: two orders are filled
# before the client hears of the first. At 5000 ms nothing is there any more.
WHIPLASH = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 trade 79975x50
    1001 quote 79974x50 79975x50
    1010 quote 80030x50 80031x50
    1011 trade 80030x50
    60000 quote 80030x50 80031x50
"""
DROP = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 trade 79975x50
    1001 quote 79974x50 79975x50
    60000 quote 79974x50 79975x50
"""


def say(client, text="<group 9 OUO_ABSOLUTE working>: 2 contracts were filled too much"):
    client.desk.manager.incident("overfill", text)


async def pair(client, legs=("9.leg1#1", "9.leg2#1"), sides=("sell", "sell"), qty=2):
    """What is held, and two orders that would close it."""
    await client.at(75)
    client.send("1#1", "buy", 2)
    await client.at(150)
    low, high = {"stop": "19995"}, {"limit": "20005"}
    client.send(legs[0], sides[0], qty, **low)
    client.send(legs[1], sides[1], qty, **(high if sides[1] == "sell" else {"stop": "20005"}))


def test_the_managers_group_may_be_filled_twice_in_a_race_and_it_is_repaired(look):
    async def script(client, case):
        await client.at(75)
        await client.desk.place(Buy(2))
        await client.at(200)
        await client.desk.oco(Sell(2, stop="19995"), Sell(2, limit="20005"))
        await client.at(30_000)
        assert not client.desk.position

    found = look(script, WHIPLASH)
    assert found.violations == []
    assert found.premises["INV-04"] == 1


@pytest.mark.parametrize(("times", "broken"), [(0, 1), (1, 0), (2, 1)])
def test_a_double_fill_of_a_group_is_said_exactly_once(look, times, broken):
    async def script(client, case):
        await pair(client)
        await client.at(1100)
        for _ in range(times):
            say(client)
        client.send("9.exit#1", "buy", 2)
        await client.at(20_000)

    found = look(script, WHIPLASH)
    assert (found.premises["INV-04"], found.counts["INV-04"]) == (1, broken)


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_what_a_group_filled_too_much_is_given_back_within_t_flat(look, late_ms, broken):
    async def script(client, case):
        await pair(client)
        await client.at(1100)
        say(client)
        await client.at(1035 + 3000 - 25 + late_ms)  # known at 1035, 25 to the broker
        client.send("9.exit#1", "buy", 2)
        await client.at(20_000)

    assert look(script, WHIPLASH).counts["INV-04"] == broken


@pytest.mark.parametrize("undone", [("buy", 2), ("sell", 2)])
def test_on_two_sides_either_may_be_undone(look, undone):
    async def script(client, case):
        legs = ("9.oco1#1", "9.oco2#1")
        await client.at(150)
        client.send(legs[0], "sell", 2, stop="19995")
        client.send(legs[1], "buy", 2, stop="20005")
        await client.at(1100)
        assert client.desk.position.qty == 0
        say(client)
        client.send("9.exit#1", *undone)
        await client.at(20_000)

    found = look(script, WHIPLASH)
    assert (found.premises["INV-04"], found.counts["INV-04"]) == (1, 0)


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_the_other_order_of_a_group_is_gone_within_t_over(look, late_ms, broken):
    async def script(client, case):
        await pair(client)
        await client.at(1025 + 2000 - 25 + late_ms)  # the stop's fill is known at 1025
        await client.cancel("3")
        await client.at(20_000)

    found = look(script, DROP)
    assert found.counts["INV-04"] == broken
    if broken:
        assert "may fill 2 more than is left of it" in found.violations[0].text


def test_an_order_that_is_never_cancelled_is_said_when_all_is_quiet_too(look):
    async def script(client, case):
        await pair(client)
        await client.at(40_000)

    texts = [v.text for v in look(script, DROP).violations if v.oracle == "INV-04"]
    assert any("for more than 2.0 s" in text for text in texts)
    assert any(text.startswith("all is quiet") for text in texts)


def test_an_order_sent_after_the_other_was_known_to_be_filled_is_no_race(look):
    async def script(client, case):
        await client.at(150)
        client.send("9.oco1#1", "buy", 2, limit="19995")
        await client.at(1100)
        client.send("9.oco2#1", "buy", 2)
        await client.at(1200)
        say(client)
        client.send("9.exit#1", "sell", 2)
        await client.at(20_000)

    found = look(script, DROP)
    assert (found.premises["INV-04"], found.counts["INV-04"]) == (0, 1)
    assert "filled 2 more than its group was for" in found.violations[0].text


def test_in_proportion_a_half_of_one_is_a_half_of_the_other(look):
    async def script(client, case):
        await client.at(150)
        group = await client.desk.oco(
            Buy(4, limit="19995"),
            Buy(2, stop="20005"),
            contingency=ContingencyType.OUO_PROPORTIONAL,
        )
        await client.at(20_000)
        assert group.finished

    found = look(script, WHIPLASH)
    assert found.premises["INV-04"] == 1
    assert found.violations == []


def test_what_follows_in_an_oto_group_closes_no_more_than_the_first_opened(look):
    async def script(client, case):
        await client.at(75)
        client.send("9.first#1", "buy", 1)
        await client.at(150)
        client.send("9.leg1#1", "sell", 2, stop="19995")
        await client.at(1100)
        client.send("9.exit#1", "buy", 1)
        await client.at(20_000)

    found = look(script, DROP)
    assert found.counts["INV-04"] == 1
    assert "filled 1 more than its group was for" in found.violations[0].text


def test_what_follows_and_may_open_something_is_not_judged_by_the_first(look):
    async def script(client, case):
        await client.at(75)
        group = await client.desk.oto(Buy(1), Sell(3, stop="19995"))
        await client.at(20_000)
        assert group.position == -2

    found = look(script, DROP)
    assert found.counts["INV-04"] == 0


# --- what a group's orders go for, and when it is over --------------------------------------------


async def linked(client):
    """What is held, and the manager's own two orders that would close it."""
    await client.at(75)
    await client.desk.place(Buy(2))
    await client.at(200)
    return await client.desk.oco(Sell(2, stop="19995"), Sell(2, limit="20005"))


@pytest.mark.parametrize("asked", [True, False])
def test_an_order_of_a_group_that_is_taken_away_for_nothing_is_found(look, asked):
    async def script(client, case):
        group = await linked(client)
        if asked:
            await case.watch.cancel(client.desk, group.members[0])
        else:
            await client.cancel(group.members[0].order_id)
        await client.at(5000)

    found = look(script)
    assert found.counts["INV-04"] == (not asked)


def test_what_a_flatten_a_refusal_or_other_hands_take_away_is_taken_for_a_reason(case):
    async def flatten(client, case):
        await linked(client)
        await case.watch.flatten(client.desk)

    async def refused(client, case):
        await client.desk.oco(Sell(2, stop="19995"), Sell(2, limit="20005"))
        await client.at(5000)

    async def by_hand(client, case):
        group = await linked(client)
        await client.at(3000)
        await client.cancel(group.members[0].order_id)
        await client.at(9000)

    refusal = {"kind": "refused", "call": "place", "nth": 2}
    sold = {"kind": "trader", "at": "2 s", "act": "sell", "qty": 1}
    for script, *faults in ((flatten,), (refused, refusal), (by_hand, sold)):
        found = case(plan=make_plan(*faults)).run(script)
        assert found.counts["INV-04"] == 0, script.__name__


def test_a_group_that_is_called_finished_while_an_order_of_it_works_is_found(look, monkeypatch):
    async def script(client, case):
        group = await linked(client)
        monkeypatch.setattr(type(group), "finished", True)
        await case.watch.done(group, 5)

    found = look(script)
    assert found.counts["INV-04"] == 1
    assert "is called finished, and order 2.leg1#1 (sell 2 MNQ stop) works" in str(found.violations)


def test_a_group_that_is_called_finished_while_an_order_is_on_its_way_is_found(look, monkeypatch):
    async def script(client, case):
        await client.at(75)
        await client.desk.place(Buy(2))
        await client.at(200)
        exits = [Sell(2, stop="19995"), Sell(2, limit="20005")]
        group = client.desk.manager.oco(client.desk.instrument, exits)
        monkeypatch.setattr(type(group), "finished", True)
        await case.watch.done(group, 5)

    found = look(script)
    assert "(sell 2 MNQ stop) is on its way" in str(found.violations)


def test_a_group_that_is_over_is_finished(look):
    async def script(client, case):
        group = await linked(client)
        await case.watch.done(group, 5)
        assert group.finished

    assert look(script, DROP).violations == []


@pytest.mark.parametrize(("at_ms", "broken"), [(900, 1), (3000, 0)])
def test_a_stop_that_a_halt_keeps_from_being_set_off_goes_once_the_market_is_beyond_it(
    case, at_ms, broken
):
    """Nobody is told of the halt, and prices go on (explorer, all, crashes, hostile 218)."""

    async def script(client, case):
        await client.at(75)
        client.send("1#1", "buy", 2)
        await client.at(150)
        stop = client.send("9.leg1#1", "sell", 2, stop="19995")
        client.send("9.leg2#1", "sell", 2, limit="20005")
        await client.at(at_ms)
        client.broker.cancel(MNQ, (await stop).order_id, deadline_s=15)
        await client.at(at_ms + 100)

    halt = make_plan({"kind": "halt", "event": "new", "nth": 2, "duration": "5 s"})
    found = case(DROP, plan=halt).run(script)
    assert found.counts["INV-04"] == broken
