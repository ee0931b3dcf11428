"""Each order type placed, changed and cancelled on the simulated exchange; brackets in parts."""

import asyncio

import pytest

from dryfill.trading.errors import Refused, RefusedByUs
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus

QUIET = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    5000 quote 80000x5 80001x5
"""
RESTING = {
    "limit": (Buy(2, limit="19990"), {"qty": 1, "limit": "19991"}),
    "stop": (Buy(2, stop="20010"), {"qty": 3, "stop": "20009"}),
    "stop-limit": (Buy(2, stop="20010", limit="20011"), {"stop": "20009", "limit": "20012"}),
    "trailing stop": (Sell(2, trail=Ticks(8)), {"trail": Ticks(12)}),
    "join the bid": (Buy(2, join=True), {"qty": 1}),
    "join the ask": (Sell(2, join=True), {"qty": 1}),
    "limit, good till cancelled": (Sell(2, limit="20010", tif="gtc"), {"limit": "20011"}),
}


@pytest.mark.parametrize("kind", RESTING)
def test_each_order_that_rests_is_placed_changed_and_cancelled(kind, run):
    spec, change = RESTING[kind]
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        order = await desk.place(spec)
        seen.append(order.status)
        await desk.modify(order, **change)
        wanted = order.core.wish
        seen.append(order.core.agreement.now == wanted)
        await asyncio.sleep(0.2)  # the report of the change is told, and asks for nothing
        seen.append(order.core.agreed)
        seen.append(str(await desk.cancel(order)))
        seen.append(order.status)

    record = run(QUIET, script)
    assert seen == [OrdStatus.NEW, True, True, "cancelled(0)", OrdStatus.CANCELED]
    state = next(iter(record.desk.orders.values())).state()
    assert state.order_qty == change.get("qty", 2)
    assert state.ord_status is OrdStatus.CANCELED
    assert not record.incidents


def test_a_market_order_is_filled_and_a_cancel_of_it_says_so(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        order = await desk.place(Buy(2))
        seen.append(str(await desk.cancel(order)))
        seen.append(desk.position.qty)

    run(QUIET, script)
    assert seen == ["already_filled(2)", 2]


def test_an_ioc_order_fills_what_it_can_and_the_rest_is_gone(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        order = await desk.place(Buy(9, limit="20000.25", tif="ioc"))
        seen.append((await order.done(), order.cum_qty))

    run(QUIET, script)
    assert seen == [(OrdStatus.CANCELED, 5)]


def test_what_the_exchange_refuses_is_raised_with_its_reason(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        with pytest.raises(Refused, match="a buy stop must be above the last trade"):
            await desk.place(Buy(1, stop="19990"))
        order = await desk.place(Buy(1, limit="19990"))
        await desk.cancel(order)
        with pytest.raises(RefusedByUs, match="is over"):
            await desk.modify(order, limit="19991")
        seen.append(desk.working_orders)

    run(QUIET, script)
    assert seen == [[]]


def test_an_entry_filled_in_parts_is_protected_part_by_part(run):
    market = """
        0 quote 80000x5 80001x5
        10 trade 80000x1
        1000 trade 79999x1
        1001 quote 79990x5 79996x1
        2000 quote 79990x5 79996x3
        3000 quote 79990x5 80001x5
        4000 quote 80040x5 80041x5
        4001 trade 80040x5
        5000 quote 80040x5 80041x5
    """
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(3, limit="19999"), stop=Ticks(40), target=Ticks(40))
        for _ in range(3):
            await asyncio.sleep(0.7)
            held, stop = bracket.position, bracket.stop
            seen.append((held, stop and stop.leaves_qty))
        seen.append(str(await bracket.protected(timeout=1)))
        await bracket.closed()
        seen.append(desk.position.qty)

    record = run(market, script)
    assert seen == [(1, 1), (1, 1), (3, 3), "protected(3)", 0]
    assert not record.incidents
    assert record.open_position == 0


@pytest.mark.parametrize("way_ms", [5, 25, 200])
def test_a_market_entry_is_bare_for_about_one_round_trip(way_ms, run):
    async def script(desk):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        assert (await bracket.protected(timeout=4)).ok

    record = run(QUIET, script, latency=f"{way_ms}ms")
    # The fill is told (one way) and the stop is sent (one way): nothing waits for an answer.
    assert record.unprotected.meant.longest == pytest.approx(2 * way_ms / 1000, abs=1e-6)


def test_a_gap_through_the_stop_before_it_is_placed_is_closed_at_market(run):
    market = """
        0 quote 80000x5 80001x5
        10 trade 80000x1
        540 trade 79800x1
        541 quote 79799x5 79800x5
        5000 quote 79799x5 79800x5
    """
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        seen.append(str(await bracket.protected(timeout=3)).partition(":")[0])
        seen.append(desk.position.qty)

    record = run(market, script)
    assert seen == ["flat(2)", 0]
    assert [incident.kind for incident in record.incidents] == ["stop_rejected"]


def test_a_flatten_that_runs_into_its_own_stop_ends_flat_and_never_short(run):
    market = """
        0 quote 80000x5 80001x5
        10 trade 80000x1
        1010 trade 79960x5
        1011 quote 79959x5 79960x5
        5000 quote 79959x5 79960x5
    """
    for start_ms in range(960, 1060, 5):
        seen = []

        async def script(desk, start_ms=start_ms, seen=seen):
            await asyncio.sleep(0.5)
            await desk.bracket(Buy(2), stop=Ticks(40))
            await asyncio.sleep(start_ms / 1000 - 0.55)
            seen.append((await desk.flatten()).ok)

        record = run(market, script)
        sold = [fill.qty for fill in record.desk.executions if fill.side.sign < 0]
        assert (seen, sum(sold)) == ([True], 2), start_ms


def test_cancel_all_tries_every_order_and_says_how_each_ended(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        await desk.place(Buy(1, limit="19990"))
        await desk.place(Buy(2, limit="19991"))
        market = desk.manager.place(desk.instrument, Buy(1))
        seen.extend(str(result) for result in (await desk.cancel_all()).results.values())
        seen.append(market.status)

    run(QUIET, script)
    assert seen == ["cancelled(0)", "cancelled(0)", "already_filled(1)", OrdStatus.FILLED]


def test_a_caller_that_is_cancelled_is_said_and_its_bracket_is_protected(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await desk.bracket(Buy(2), stop=Ticks(40))
        await asyncio.sleep(0.5)
        seen.append([order.cl_ord_id for order in desk.working_orders])
        seen.append(desk.manager.view.timers)

    record = run(QUIET, script)
    assert seen == [["1.stop#1"], 0]
    assert [incident.kind for incident in record.incidents] == ["caller_gone"]


def test_orders_after_the_end_are_refused_and_a_flatten_at_the_end_is_done(run):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        await desk.bracket(Buy(2), stop=Ticks(40))
        async for _ in desk.events():
            pass
        seen.append((await desk.flatten()).ok)
        desk.manager.close()
        with pytest.raises(RefusedByUs, match="closed"):
            await desk.place(Buy(1))
        with pytest.raises(RefusedByUs, match="closed"):
            await desk.flatten()

    record = run(QUIET, script)
    assert seen == [True]
    assert record.open_position == 0
