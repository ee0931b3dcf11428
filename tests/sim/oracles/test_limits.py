"""INV-12, 13, 16, 25 and 30: bounds on what a client runs, keeps, asks and says."""

import asyncio

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import Bounds
from dryfill.trading.broker import Urgency
from dryfill.trading.order import Buy
from dryfill.trading.orders.by_age import ByAge
from dryfill.trading.orders.settings import OrderSettings

from .conftest import ask

# --- INV-12 ---------------------------------------------------------------------------------------


def test_a_second_cancel_while_the_first_is_on_its_way_is_found(look):
    async def script(client, case):
        order = await client.desk.place(Buy(1, limit="19990"))
        both = [client.cancel(order.order_id) for _ in range(2)]
        await asyncio.gather(*both, return_exceptions=True)
        await asyncio.sleep(1)

    found = look(script)
    assert found.counts["INV-12"] == 1
    assert "with another on its way" in found.violations[0].text


@pytest.mark.parametrize(("pause_s", "too_many"), [(0.7, 1), (0.8, 0)])
def test_a_cancel_made_again_once_the_first_is_overdue_is_none_too_many(case, pause_s, too_many):
    made = case(plan=make_plan({"kind": "request-lost", "call": "cancel", "after": "5 s"}))

    async def script(client, case):
        order = await client.desk.place(Buy(1, limit="19990"))
        first = asyncio.ensure_future(client.cancel(order.order_id))
        await asyncio.sleep(pause_s)
        await client.cancel(order.order_id)
        await asyncio.gather(first, return_exceptions=True)

    found = made.run(script)
    assert found.counts["INV-12"] == too_many
    assert found.premises["INV-12"] >= 2


def test_a_manager_that_sends_after_it_closed_is_found(look):
    async def script(client, case):
        client.desk.manager.close()
        client.send("9#1", "buy", 1)
        await asyncio.sleep(1)

    found = look(script)
    assert found.counts["INV-12"] == 1
    assert "closed, and a place is sent" in found.violations[0].text


def test_more_timers_than_orders_need_are_found(look):
    async def script(client, case):
        outbox = client.desk.manager._outbox
        timers = [outbox.later(30, lambda: None) for _ in range(9)]
        await client.desk.place(Buy(1, limit="19990"))
        for timer in timers:
            outbox.never(timer)

    assert look(script).counts["INV-12"] == 0
    found = look(script, bounds=Bounds(timers_free=5, timers_each=1))
    assert "timers run, at most" in found.violations[0].text


# --- INV-13 ---------------------------------------------------------------------------------------


async def places_three(client, case):
    for _ in range(3):
        await client.desk.place(Buy(1))
    await asyncio.sleep(1)


def test_finished_orders_beyond_the_settings_are_found(case):
    made = case(settings=OrderSettings(finished_most=2))
    assert made.run(places_three).counts["INV-13"] == 0

    made = case(settings=OrderSettings(finished_most=2))

    async def keeps_all(client, case):
        client.desk.manager._outbox.orders._settings = OrderSettings()
        await places_three(client, case)

    found = made.run(keeps_all)
    assert found.counts["INV-13"] > 0
    assert "3 orders that are over are kept, of 2" in found.violations[0].text


def test_ids_that_stay_when_their_orders_have_left_are_found(case):
    async def keeps_ids(client, case):
        client.desk.manager._outbox.orders._tombstones = Sieve()
        await places_three(client, case)

    found = case(settings=OrderSettings(finished_most=1)).run(keeps_ids)
    assert found.counts["INV-13"] > 0
    assert "3 ids of orders are known, and of 1 orders anything else is" in str(found.violations)


class Sieve(ByAge):
    """A table that keeps nothing."""

    def __setitem__(self, key, value):
        pass


def test_a_working_order_that_is_forgotten_is_found(look):
    async def script(client, case):
        order = await client.desk.place(Buy(1, limit="19990"))
        await client.at(1000)
        del client.desk.manager._outbox.orders._working[order.cl_ord_id]
        await client.at(15_000)

    found = look(script)
    assert found.counts["INV-13"] > 0
    assert any("has forgotten it" in violation.text for violation in found.violations)


# --- INV-16 ---------------------------------------------------------------------------------------


def test_more_requests_than_the_rate_are_found_and_pressing_ones_have_the_reserve(look):
    bounds = Bounds(rate_s=1, rate_most=30, rate_reserve=10, repeats_most=100)

    async def ordinary(client, case):
        await ask(client, n=21)

    async def pressing(client, case):
        await ask(client, n=20)
        await ask(client, n=10, urgency=Urgency.RISK_REDUCING)
        await asyncio.sleep(1)
        await ask(client, n=20)

    assert look(ordinary, bounds=bounds).counts["INV-16"] == 1
    found = look(pressing, bounds=bounds)
    assert found.counts["INV-16"] == 0
    assert found.premises["INV-16"] > 0


# --- INV-25 ---------------------------------------------------------------------------------------


def test_a_request_without_a_deadline_is_found(look):
    async def script(client, case):
        await client.broker.positions()

    found = look(script)
    assert found.counts["INV-25"] == 1
    assert "no deadline" in found.violations[0].text


def test_a_request_that_outlives_its_deadline_is_found(case):
    made = case(latency="2s")

    async def script(client, case):
        patient = case.inner.positions

        def positions(*, urgency, deadline_s):
            return patient(urgency=urgency)

        case.inner.positions = positions
        await client.broker.positions(deadline_s=1)

    found = made.run(script)
    assert "ended after 4 s, its deadline was 1 s" in found.violations[0].text


def test_a_storm_is_found_once_a_second(look):
    async def script(client, case):
        await ask(client, n=40)

    found = look(script, bounds=Bounds(steps_most=50, repeats_most=100))
    assert found.counts["INV-25"] == 1


# --- INV-30 ---------------------------------------------------------------------------------------


def test_the_same_incident_twice_within_a_second_is_found(look):
    async def script(client, case):
        for pause_s in (1.5, 0.5, 0.1):
            client.desk.manager.incident("odd", "something")
            await asyncio.sleep(pause_s)

    found = look(script)
    assert found.counts["INV-30"] == 1
    assert found.premises["INV-30"] == 3


def test_a_clock_that_jumped_back_makes_no_two_incidents_one(case):
    """They are far apart, whatever their times say (swarm, all, 305)."""
    at = case(plan=make_plan({"kind": "clock", "at": "2 s", "behind": "5 s"}))

    async def script(client, case):
        for _ in range(2):
            client.desk.manager.incident("odd", "something")
            await asyncio.sleep(3)

    found = at.run(script)
    assert (found.premises["INV-30"], found.counts["INV-30"]) == (2, 0)


@pytest.mark.parametrize(("times", "broken"), [(2, 0), (3, 1)])
def test_of_each_halt_one_incident_tells(case, times, broken):
    """One may follow another at once (halts, all, swarm 8)."""
    halts = [{"kind": "halt", "at": f"{ms} ms", "duration": "100 ms"} for ms in (1000, 1200)]
    made = case(plan=make_plan(*halts))

    async def script(client, case):
        await client.at(1500)
        for _ in range(times):
            client.desk.manager.incident("halted", "nothing acts until it opens")
        await client.at(3000)

    assert made.run(script).counts["INV-30"] == broken


@pytest.mark.parametrize(("tag", "broken"), [("9.stop#1", 0), ("8.stop#1", 1)])
def test_a_bracket_that_held_again_may_be_cut_again(look, tag, broken):
    """Strangers' fills were told late, and it had back what they had not closed (traders, hostile,
    all, 9)."""

    async def script(client, case):
        say = "<bracket 9 guarding position=0>: other hands closed 1 contracts of it, 1 in all"
        client.desk.manager.incident("position_cut", say)
        await client.at(200)
        client.send(tag, "sell", 1, stop="19900")
        await client.at(400)
        client.desk.manager.incident("position_cut", say)
        await client.at(3000)

    assert look(script).counts["INV-30"] == broken
