"""INV-14, 15, 21 and 24: what may leave the port."""

import asyncio
from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.sim.oracles import Bounds
from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, OrderChange
from dryfill.trading.price import Ticks

from .conftest import MNQ, request


def sends(*requests):
    """A script that puts requests on the wire as they are."""

    async def script(client, case):
        await client.at(100)
        for each in requests:
            future = client.broker.place(each)
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
        await client.at(1000)

    return script


# --- INV-14 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", ["20000", "20000.00", "2E+4", "-0.25", "19999.75"])
def test_any_way_to_write_a_price_on_the_tick_is_well(look, price):
    found = look(sends(request("9#1", "buy", 1, limit=price)))
    assert (found.premises["INV-14"], found.counts["INV-14"]) == (1, 0)


@pytest.mark.parametrize("price", ["20000.10", "19999.7500001", "0.1"])
def test_a_price_between_ticks_is_found_whatever_the_broker_does_with_it(look, price):
    found = look(sends(request("9#1", "buy", 1, limit=price)))
    assert found.counts["INV-14"] == 1


@pytest.mark.parametrize("price", [20000.0, Decimal("NaN"), Decimal("Infinity"), "20000"])
def test_what_is_no_finite_decimal_is_found(case, price):
    made = case()
    port = made.world.broker
    made.world.desk.place = lambda request: "1"

    async def script(client, case):
        await client.at(100)
        await port.place(structs.replace(request("9#1", "buy", 1), stop_px=price))

    assert made.run(script).counts["INV-14"] == 1


@pytest.mark.parametrize(
    ("given", "lost", "broken"),
    [
        ({"limit": "0"}, (), 0),
        ({"stop": "0.00"}, (), 0),
        ({"limit": "0"}, ("price",), 1),
        ({"stop": "0"}, ("stop_px",), 1),
    ],
)
def test_an_order_that_needs_a_price_has_one_be_it_zero(case, given, lost, broken):
    made = case()
    made.world.desk.place = lambda request: "1"
    order = structs.replace(request("9#1", "buy", 1, **given), **dict.fromkeys(lost))
    assert made.run(sends(order)).counts["INV-14"] == broken


def test_the_prices_of_a_change_are_looked_at_too(look):
    async def script(client, case):
        await client.at(100)
        ack = await client.send("9#1", "buy", 1, limit="19990")
        with pytest.raises(Refused):
            await client.broker.modify(MNQ, ack.order_id, OrderChange(price=Decimal("19990.1")))

    found = look(script)
    assert (found.premises["INV-14"], found.counts["INV-14"]) == (2, 1)


# --- INV-15 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "stop", "target", "broken"),
    [
        ("buy", "19989.75", "19990.25", 0),
        ("buy", "19990", "19990.25", 1),
        ("buy", "19989.75", "19990", 1),
        ("buy", "19990.25", "19989.75", 3),
        ("sell", "19990.25", "19989.75", 0),
        ("sell", "19990", "19989.75", 1),
        ("sell", "19990.25", "19990", 1),
    ],
)
def test_legs_are_a_tick_away_from_the_entry_each_on_its_side(look, side, stop, target, broken):
    other = "sell" if side == "buy" else "buy"
    found = look(
        sends(
            request("9.entry#1", side, 1, limit="19990"),
            request("9.stop#1", other, 1, stop=stop),
            request("9.target#1", other, 1, limit=target),
        )
    )
    assert found.premises["INV-15"] == 2
    assert found.counts["INV-15"] == broken


@pytest.mark.parametrize(("stop", "broken"), [("20000", 0), ("20000.25", 1)])
def test_the_legs_of_a_market_entry_count_from_its_fills(look, stop, broken):
    async def script(client, case):
        await client.enter(qty=1)  # at 20000.25
        await client.at(200)
        client.send("9.stop#1", "sell", 1, stop=stop)
        await client.at(1000)

    assert look(script).counts["INV-15"] == broken


def test_legs_relate_to_the_entry_that_was_sent_last(look):
    """A broker may refuse what is attached to the first (halts, native, swarm 34)."""
    found = look(
        sends(
            request("9.entry#1", "buy", 1, limit="19990"),
            request("9.entry#2", "buy", 1, limit="20010"),
            request("9.stop#1", "sell", 1, stop="20005"),
        )
    )
    assert (found.premises["INV-15"], found.counts["INV-15"]) == (1, 0)


@pytest.mark.parametrize(("moved", "broken"), [(None, 1), ("20008", 1), ("19995", 0)])
def test_a_target_may_be_where_the_stop_was_once_that_moved_away(look, moved, broken):
    """The mean of the fills fell, and both follow it (swarm, all, thin, 46)."""

    async def script(client, case):
        await client.at(75)
        client.send("9.entry#1", "buy", 1, limit="20010")  # filled at 20000.25
        await client.at(200)
        ack = await client.send("9.stop#1", "sell", 1, stop="20005")
        if moved is not None:
            change = OrderChange(stop_px=Decimal(moved))
            await client.broker.modify(MNQ, ack.order_id, change, deadline_s=15)
        client.send("9.target#1", "sell", 1, limit="20003")
        await client.at(2000)

    rows = """
        0 quote 80000x50 80001x50
        10 trade 80100x1
        60000 quote 80000x50 80001x50
    """
    found = look(script, rows)
    assert [v.text for v in found.violations if v.oracle == "INV-15"] == [
        "bracket 9: target 20003 is not beyond stop 20005"
    ] * broken


# --- INV-21 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("whose", "broken"), [("own", 0), ("foreign", 1)])
@pytest.mark.parametrize("how", ["cancel", "modify"])
def test_orders_of_others_are_left_alone(look, whose, broken, how):
    async def script(client, case):
        await client.at(100)
        foreign = case.world.desk.place(request("by hand", "buy", 1, limit="19990"))
        ack = await client.send("9#1", "buy", 1, limit="19991")
        order_id = ack.order_id if whose == "own" else foreign
        if how == "cancel":
            await client.cancel(order_id)
        else:
            await client.broker.modify(MNQ, order_id, OrderChange(order_qty=2))

    found = look(script)
    assert found.premises["INV-21"] == 1
    assert found.counts["INV-21"] == broken


def test_the_managers_flatten_leaves_foreign_orders_alone(look):
    async def script(client, case):
        await client.at(100)
        case.world.desk.place(request("by hand", "buy", 1, limit="19990"))
        await client.desk.bracket(Buy(2), stop=Ticks(40))
        await client.at(1000)
        await case.watch.flatten(client.desk)

    found = look(script)
    assert found.premises["INV-21"] > 0
    assert found.violations == []


# --- INV-24 ---------------------------------------------------------------------------------------


def ask_often(times, apart_s=0.0):
    async def script(client, case):
        await client.at(100)
        for _ in range(times):
            client.broker.order(MNQ, cl_ord_id="9#1")
            await asyncio.sleep(apart_s)
        await client.at(5000)

    return script


@pytest.mark.parametrize(("times", "broken"), [(10, 0), (11, 1)])
def test_one_request_may_be_repeated_so_often_in_a_second_and_no_more(look, times, broken):
    found = look(ask_often(times))
    assert found.premises["INV-24"] == times - 1
    assert found.counts["INV-24"] == broken


def test_the_bounds_of_repetition_are_those_that_are_given(look):
    assert look(ask_often(4), bounds=Bounds(repeats_most=3)).counts["INV-24"] == 1
    assert look(ask_often(11, 0.11)).counts["INV-24"] == 0
    assert look(ask_often(11, 0.11), bounds=Bounds(repeat_s=1.2)).counts["INV-24"] == 1


def test_requests_that_ask_for_something_new_are_no_repetition(look):
    async def script(client, case):
        await client.at(100)
        ack = await client.send("9#1", "buy", 1, limit="19990")
        for n in range(30):
            change = OrderChange(price=Decimal(19_900 + n))
            await client.broker.modify(MNQ, ack.order_id, change)

    assert look(script).premises["INV-24"] == 0
