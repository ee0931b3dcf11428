"""STOP-BACK: a stop that goes back, and a caller who is told of a move that was not made."""

from decimal import Decimal

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading import instruments
from dryfill.trading.order import OrderChange
from dryfill.trading.price import Ticks

TWO_PRICES = """
    0 quote 80000x50 80001x1
    10 trade 80000x1
    110 quote 80000x50 80001x1
    130 quote 80000x50 80007x50
    60000 quote 80000x50 80007x50
"""
MNQ = instruments.find("MNQ")
RULE = "STOP-BACK"


async def hold(client, stop="19990"):
    """Hold two under a stop; its id."""
    await client.enter()
    await client.at(150)
    ack = await client.send("9.stop#1", "sell", 2, stop=stop)
    return ack.order_id


async def move(client, order_id, stop):
    change = OrderChange(stop_px=Decimal(stop))
    await client.broker.modify(MNQ, order_id, change, deadline_s=15)


@pytest.mark.parametrize(("then", "broken"), [("19995.25", 0), ("19995", 0), ("19994.75", 1)])
def test_a_change_may_bring_a_stop_nearer_but_not_back(look, then, broken):
    async def script(client, case):
        stop = await hold(client)
        await move(client, stop, "19995")
        await move(client, stop, then)

    found = look(script)
    assert found.premises[RULE] == 1
    assert found.counts[RULE] == broken


@pytest.mark.parametrize(("then", "broken"), [("20005", 0), ("20005.25", 1)])
def test_a_shorts_stop_is_nearer_when_it_is_lower(look, then, broken):
    async def script(client, case):
        await client.enter(side="sell")
        await client.at(150)
        ack = await client.send("9.stop#1", "buy", 2, stop="20010")
        await move(client, ack.order_id, "20005")
        await move(client, ack.order_id, then)

    assert look(script).counts[RULE] == broken


@pytest.mark.parametrize(("px", "broken"), [("19995", 0), ("19990", 1)])
def test_a_stop_that_is_sent_in_the_place_of_another_is_where_that_was(look, px, broken):
    async def script(client, case):
        stop = await hold(client)
        await move(client, stop, "19995")
        await client.cancel(stop)
        await client.send("9.stop#2", "sell", 2, stop=px)

    found = look(script)
    assert (found.premises[RULE], found.counts[RULE]) == (1, broken)


def test_before_the_client_knows_of_a_move_the_old_price_is_no_step_back(look):
    async def script(client, case):
        stop = await hold(client)
        moving = client.broker.modify(MNQ, stop, OrderChange(stop_px=Decimal(19995)), deadline_s=15)
        await move(client, stop, "19990")  # the word of the one before is on its way
        await moving

    assert look(script).counts[RULE] == 0


@pytest.mark.parametrize(("then", "broken"), [("19993.25", 0), ("19993", 1)])
def test_a_stop_may_follow_the_entrys_mean_as_far_as_its_fills_lie_apart(case, then, broken):
    at = case(TWO_PRICES)  # filled at 20000.25 and 20001.75: a tick and a half dollar between

    async def script(client, case):
        await client.at(75)
        client.send("9.entry#1", "buy", 1)
        await client.at(110)
        client.send("9.entry#2", "buy", 1)
        await client.at(200)
        ack = await client.send("9.stop#1", "sell", 2, stop="19990")
        await move(client, ack.order_id, "19995")
        await move(client, ack.order_id, then)

    assert at.run(script).counts[RULE] == broken


def test_what_other_hands_moved_holds_and_is_not_judged(case):
    moves = {"kind": "venue-replace", "at": "300 ms", "target": "9.stop", "ticks": 24}
    at = case(plan=make_plan(moves))

    async def script(client, case):
        stop = await hold(client)
        await client.at(400)
        await move(client, stop, "19997")
        await move(client, stop, "19991")

    found = at.run(script)
    assert found.counts[RULE] == found.premises[RULE] == 0


def test_a_stop_without_a_bracket_is_its_owners_to_move(look):
    async def script(client, case):
        await client.at(75)
        client.send("8#1", "buy", 2)
        await client.at(150)
        ack = await client.send("9.stop#1", "sell", 2, stop="19990")
        await move(client, ack.order_id, "19995")
        await move(client, ack.order_id, "19980")

    found = look(script)
    assert found.counts[RULE] == found.premises[RULE] == 0


class Told:
    """A bracket whose `move_stop` says that all is well."""

    intent, instrument = "9", MNQ

    async def move_stop(self, level):
        pass


@pytest.mark.parametrize(
    ("level", "broken"),
    [
        (Decimal("19990"), 0),
        (Decimal("19990.25"), 1),
        (Ticks(41), 0),
        (Ticks(40), 1),
    ],
)
def test_a_caller_is_not_told_of_a_move_that_was_not_made(case, level, broken):
    at = case()

    async def script(client, case):
        await hold(client)  # bought at 20000.25
        await case.watch.move_stop(Told(), level)

    found = at.run(script)
    assert (found.premises[RULE], found.counts[RULE]) == (1, broken)


@pytest.mark.parametrize("away", ["asked", "over"])
def test_of_a_stop_that_is_over_or_asked_away_nothing_is_told_wrongly(case, away):
    at = case()

    async def script(client, case):
        stop = await hold(client)
        leaving = client.broker.cancel(MNQ, stop, deadline_s=15)
        if away == "over":
            await leaving
        await case.watch.move_stop(Told(), Decimal("19999"))
        await leaving

    found = at.run(script)
    assert found.counts[RULE] == found.premises[RULE] == 0


def test_before_the_first_fill_is_known_a_move_is_the_plans_alone(case):
    lost = [{"kind": "drop", "event": event} for event in ("fill", "position")]
    at = case(plan=make_plan(*lost))

    async def script(client, case):
        await hold(client)
        await case.watch.move_stop(Told(), Decimal("19999"))

    found = at.run(script)
    assert found.counts[RULE] == found.premises[RULE] == 0


def test_the_stop_of_what_its_target_closed_is_over_though_it_works(case):
    at = case()

    async def script(client, case):
        await hold(client)
        await client.send("9.target#1", "sell", 2)
        await client.at(400)
        await case.watch.move_stop(Told(), Decimal("19999"))

    found = at.run(script)
    assert found.counts[RULE] == found.premises[RULE] == 0
