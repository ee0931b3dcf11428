"""INV-01 to 03: how long something may be bare, too well covered, or orphaned."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.sim.oracles import Bounds
from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, OrderChange
from dryfill.trading.price import Ticks

KNOWN_MS = 125  # when the client is told of the fill of Client.enter
WAY_MS = 25


async def bracket(client, case):
    await client.at(500)
    bracket = await client.desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    assert (await bracket.protected(timeout=4)).ok
    await asyncio.sleep(15)
    await case.watch.flatten(client.desk)
    await asyncio.sleep(15)


def test_the_managers_own_bracket_breaks_nothing_and_every_premise_is_met(look):
    found = look(bracket)
    assert found.violations == []
    assert all(found.premises[name] > 0 for name in ("INV-01", "INV-02", "INV-07", "INV-22"))
    assert found.quiet >= 2


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_a_stop_may_come_until_t_prot_after_the_fill_was_told_and_not_later(look, late_ms, broken):
    async def script(client, case):
        await client.enter()
        await client.at(KNOWN_MS + 2000 - WAY_MS + late_ms)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(5000)

    found = look(script)
    assert found.premises["INV-01"] == 1
    assert found.counts["INV-01"] == broken


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_t_prot_is_the_bound_that_is_given(look, late_ms, broken):
    async def script(client, case):
        await client.enter()
        await client.at(KNOWN_MS + 700 - WAY_MS + late_ms)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(5000)

    assert look(script, bounds=Bounds(protect_s=0.7)).counts["INV-01"] == broken


def test_a_stop_for_less_than_is_held_does_not_protect(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(200)
        client.send("9.stop#1", "sell", 1, stop="19990")
        await client.at(15_000)

    found = look(script)
    assert found.counts["INV-01"] == 1
    assert found.counts["INV-02"] == 1  # at quiescence, brackets hold 2 and their stops close 1
    assert "2 MNQ held, 2 of them by brackets, and stops for 1" in str(found.violations[0])


def test_a_strategy_that_cancels_its_brackets_stop_is_found_out(look):
    async def script(client, case):
        await client.at(500)
        bracket = await client.desk.bracket(Buy(2), stop=Ticks(40))
        await bracket.protected(timeout=4)
        await case.watch.cancel(client.desk, bracket.stop)
        await client.at(9000)

    found = look(script)
    assert found.counts["INV-01"] == 1
    assert found.counts["INV-10"] == 0
    assert found.premises["INV-10"] == 1


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_after_a_refused_stop_t_flat_counts_from_the_refusal(look, late_ms, broken):
    async def script(client, case):
        await client.enter()
        await client.at(1100)
        client.send("9.stop#1", "sell", 2, stop="20010")  # refused at 1125, known at 1150
        await client.at(1150 + 3000 - WAY_MS + late_ms)
        client.send("9.exit#1", "sell", 2)
        await client.at(9000)

    assert look(script).counts["INV-01"] == broken


def test_a_stop_refused_before_it_is_an_order_counts_as_refused_too(look):
    async def script(client, case):
        await client.enter()
        await client.at(1100)
        client.send("9.stop#1", "sell", 2, stop="19990.10")  # off the grid: no order comes of it
        await client.at(4000)
        client.send("9.exit#1", "sell", 2)
        await client.at(9000)

    assert look(script).counts["INV-01"] == 0
    assert look(script, bounds=Bounds(flat_s=2.5)).counts["INV-01"] == 1


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_what_would_add_is_timed_from_where_the_position_turned_over(look, late_ms, broken):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        2000 quote 79950x50 79951x50
        2000 trade 79950x9
        60000 quote 79950x50 79951x50
    """

    async def script(client, case):
        await client.enter()
        await client.at(500)
        client.send("9.stop#1", "sell", 3, stop="19990")  # one too many, for a second and a half
        target = await client.send("9.target#1", "sell", 1, limit="20100")
        await client.at(
            2000 + 2000 + late_ms
        )  # it adds from 2000 on; told, and cancelled, in 25 ms
        await client.cancel(target.order_id)
        await client.at(9000)

    assert look(script, market).counts["INV-02"] == broken


@pytest.mark.parametrize(("qty", "broken"), [(2, 0), (1, 1)])
def test_a_stop_that_could_not_be_made_larger_counts_as_refused_too(look, qty, broken):
    async def script(client, case):
        await client.enter()
        await client.at(500)
        stop = await client.send("9.stop#1", "sell", 1, stop="19990")
        await client.at(1100)
        change = OrderChange(order_qty=qty, stop_px=Decimal("20010"))  # beyond the market
        with pytest.raises(Refused):
            await client.broker.modify(client.desk.instrument, stop.order_id, change, deadline_s=15)
        await client.at(1150 + 3000 - WAY_MS)
        client.send("9.stop#2", "sell", 1, stop="19990")
        await client.at(9000)

    assert look(script).counts["INV-01"] == broken


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_a_client_that_was_not_told_is_judged_from_t_look_on(look, late_ms, broken):
    async def script(client, case):
        case.world.desk.tell = lambda event: None  # nothing is told any more
        await client.enter()
        await client.at(100 + 5000 + 2000 - WAY_MS + late_ms)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(9000)

    # The stream says of itself that it loses nothing.
    assert look(script, bounds=Bounds(late_s=5.0)).counts["INV-01"] == broken


def test_t_look_is_the_bound_that_is_given(look):
    async def script(client, case):
        case.world.desk.tell = lambda event: None
        await client.enter()
        await client.at(5000)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(9000)

    assert look(script).counts["INV-01"] == 0
    assert look(script, bounds=Bounds(late_s=2.0)).counts["INV-01"] == 1


@pytest.mark.parametrize("read", ["order", "open_orders", "orders_since", "executions_since"])
def test_a_client_that_was_not_told_and_has_looked_knows_from_the_answer_on(look, read):
    async def script(client, case):
        case.world.desk.tell = lambda event: None
        await client.enter()
        client.send("9.more#1", "buy", 1, limit="19990")
        await client.at(1000)
        asks = {
            "order": lambda: client.broker.order(client.desk.instrument, cl_ord_id="9.entry#1"),
            "open_orders": client.broker.open_orders,
            "orders_since": lambda: client.broker.orders_since(0),
            "executions_since": lambda: client.broker.executions_since(0),
        }
        await asks[read]()
        await client.at(4000)  # known at 1050: too late by now, were it not for open_orders
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(8000)

    # Open orders do not show an order that is filled.
    assert look(script).counts["INV-01"] == (read != "open_orders")


def test_time_in_which_the_broker_cannot_be_reached_does_not_count(look):
    async def script(client, case):
        case.watch.unreachable(case.world.loop.now_ns, case.world.loop.now_ns + 3_000_000_000)
        await client.enter()
        await client.at(4000)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(8000)

    assert look(script).counts["INV-01"] == 0


def test_each_contract_is_timed_from_its_own_fill_and_the_oldest_are_covered_first(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(1000)
        client.send("8.entry#1", "buy", 1)  # filled at 1025, known at 1050
        await client.at(1900)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(2900)
        client.send("8.stop#1", "sell", 1, stop="19990")
        await client.at(5000)

    async def too_late(client, case):
        await client.enter(qty=2)
        await client.at(1000)
        client.send("8.entry#1", "buy", 1)
        await client.at(1900)
        client.send("8.stop#1", "sell", 1, stop="19990")
        await client.at(2900)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(5000)

    assert look(script).counts["INV-01"] == 0
    assert look(too_late).counts["INV-01"] == 1


def test_contracts_that_no_bracket_opened_need_no_stop(look):
    async def script(client, case):
        await client.enter(tag="9#1")
        await client.at(15_000)

    found = look(script)
    assert (found.premises["INV-01"], found.counts["INV-01"], found.counts["INV-02"]) == (0, 0, 0)


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_stops_for_more_than_is_held_may_work_for_t_over(look, late_ms, broken):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(150)
        stop = client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(475)
        client.send("9#1", "sell", 1)  # one is closed at 500, known at 525
        await client.at(525 + 2000 - WAY_MS + late_ms)
        await client.cancel((await stop).order_id)
        await client.at(5000)

    found = look(script)
    assert found.premises["INV-02"] > 0
    assert found.counts["INV-02"] == broken


def test_t_over_is_the_bound_that_is_given(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(150)
        stop = client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(475)
        client.send("9#1", "sell", 1)
        await client.at(1500)
        await client.cancel((await stop).order_id)
        await client.at(5000)

    assert look(script).counts["INV-02"] == 0
    assert look(script, bounds=Bounds(over_s=0.9)).counts["INV-02"] == 1


def test_a_stop_and_a_target_of_one_bracket_count_once(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(150)
        client.send("9.stop#1", "sell", 2, stop="19990")
        client.send("9.target#1", "sell", 2, limit="20010")
        await client.at(15_000)

    found = look(script)
    assert found.counts["INV-02"] == 0
    assert found.premises["INV-02"] == 1  # quiet, and two are held


@pytest.mark.parametrize(("second", "broken"), [(2, 0), (3, 1)])
def test_several_targets_of_one_bracket_count_together(look, second, broken):
    async def script(client, case):
        await client.enter(qty=4)
        await client.at(150)
        client.send("9.stop#1", "sell", 4, stop="19990")
        client.send("9.target1#1", "sell", 2, limit="20010")
        client.send("9.target2#1", "sell", second, limit="20020")
        await client.at(5000)

    assert look(script).counts["INV-02"] == broken


@pytest.mark.parametrize(("told", "broken"), [(True, 1), (False, 0)])
def test_what_is_held_is_not_known_while_any_fill_of_it_is_not(look, told, broken):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(1000)
        tell = case.world.desk.tell
        case.world.desk.tell = tell if told else lambda event: None
        client.send("9.target1#1", "sell", 1)  # it fills at once, and perhaps nobody hears of it
        await client.at(1030)
        case.world.desk.tell = tell
        client.send("9.target2#1", "sell", 1)
        client.send("9.stop#1", "sell", 1, stop="19990")
        await client.at(4000)

    found = look(script)
    assert (found.counts["INV-02"], found.counts["INV-03"]) == (broken, broken)


def test_closing_orders_on_the_side_that_adds_protect_nothing_and_must_go(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(150)
        client.send("8.stop#1", "buy", 3, stop="20010")
        await client.at(5000)

    found = look(script)
    assert [found.counts[name] for name in ("INV-01", "INV-02", "INV-03")] == [1, 1, 1]


def test_a_closing_order_beside_a_stop_counts_with_it(look):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(150)
        client.send("9.stop#1", "sell", 2, stop="19990")
        client.send("9.exit#1", "sell", 2, limit="20010")
        await client.at(5000)

    assert look(script).counts["INV-02"] == 1


async def leave_an_orphan(client, gone_ms):
    await client.enter(qty=2)
    await client.at(150)
    stop = client.send("9.stop#1", "sell", 2, stop="19990")
    await client.at(475)
    client.send("9#1", "sell", 2)  # all is closed at 500, known at 525
    await client.at(gone_ms)
    await client.cancel((await stop).order_id)
    await client.at(8000)


@pytest.mark.parametrize(("late_ms", "broken"), [(0, 0), (1, 1)])
def test_a_stop_may_outlive_its_position_for_t_orphan(look, late_ms, broken):
    async def script(client, case):
        await leave_an_orphan(client, 525 + 2000 - WAY_MS + late_ms)

    found = look(script)
    assert found.premises["INV-03"] == 1
    assert found.counts["INV-03"] == broken


def test_t_orphan_is_the_bound_that_is_given(look):
    async def script(client, case):
        await leave_an_orphan(client, 1500)

    assert look(script).counts["INV-03"] == 0
    assert look(script, bounds=Bounds(orphan_s=0.9)).counts["INV-03"] == 1


def test_a_stop_that_stays_behind_is_found_when_all_is_quiet(look):
    async def script(client, case):
        await client.at(150)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(20_000)

    found = look(script, bounds=Bounds(orphan_s=60, quiet_s=5))
    assert found.counts["INV-03"] == 1
    assert "all is quiet" in found.violations[0].text or found.counts["INV-02"]


def test_closing_orders_may_wait_for_an_entry_that_works(look):
    async def script(client, case):
        await client.at(100)
        client.send("9.entry#1", "buy", 2, limit="19990")
        client.send("9.stop#1", "sell", 2, stop="19980")
        await client.at(15_000)

    found = look(script)
    assert (found.premises["INV-03"], found.counts["INV-03"]) == (0, 0)
