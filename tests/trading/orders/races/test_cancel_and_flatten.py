"""Races of cancels and flattens: RS-30 to RS-35."""

import asyncio

from racing import race

CALM = """
    0     quote 20000x90 20000.25x90
    1     trade 20000.25x1
    9000  quote 20000x90 20000.25x90
"""


@race(
    market="""
        0     quote 20000.25x9 20000.50x9
        1020  trade 19999.75x9
        1100  quote 20000.25x9 20000.50x9
    """,
    plan="""
        [[fault]]
        kind = "late"
        event = "fill"
        delay = "1975 ms"
    """,
    premises=("INV-06", "INV-10"),
)
async def test_rs_30_a_cancel_that_crosses_the_fill_says_already_filled(t):
    order = await t.desk.place(t.buy(1, limit="20000"))
    await t.at(1000)
    result = await t.cancel(order)
    if t.exact:
        assert str(result) == "already_filled(1)"
        assert t.now_ms < 1_200
    await t.rest()
    assert sum(fill.qty for fill in order.fills) == order.cum_qty or t.summed
    assert order.cum_qty == t.qty(1) * t.filled("")
    assert len(t.asked("cancel")) == 1


@race(
    market="""
        0     quote 20000.25x99 20000.50x99
        1020  trade 19999.75x2
        1100  quote 20000.25x99 20000.50x99
    """,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "cancel"
        intent = "6"
        form = "timeout"
        after = "5 s"

        [[fault]]
        kind = "rate-limited"
        call = "cancel"
        intent = "7"

        [[fault]]
        kind = "rate-limited"
        call = "cancel"
        intent = "8"

        [[fault]]
        kind = "rate-limited"
        call = "cancel"
        intent = "9"
        retry_after = "1 s"

        [[fault]]
        kind = "venue-cancel"
        at = "1010 ms"
        target = "5"
    """,
    premises=("INV-01", "INV-07"),
)
async def test_rs_31_a_cancel_all_with_mixed_outcomes_tells_of_each(t):
    await t.bracket(t.buy(1, limit="20000"), stop="19990")
    orders = [await t.desk.place(t.buy(1, limit="20000"))]
    for n in range(7):
        orders.append(await t.desk.place(t.buy(1, limit=f"{19950 - n}")))
    await t.at(1000)
    results = list((await t.desk.cancel_all()).results.values())
    await t.rest()
    assert len(results) == 9
    assert not any(order.working for order in orders)
    assert t.working.get("stop", 0) == t.filled("entry")
    assert all(result.state != "unknown" for result in results)
    if t.exact:
        states = [str(result) for result in results]
        assert states[:2] == ["already_filled(1)", "already_filled(1)"]
        assert states[2:] == ["cancelled(0)"] * 7


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        1020  trade 19989x1
        1021  quote 19988.75x40 19989x40
    """,
    premises=("INV-22",),
)
async def test_rs_32_a_flatten_against_the_own_stop_closes_once(t):
    await t.bracket(t.buy(2), stop="19990")
    await t.at(1000)
    result = await t.flatten()
    await t.rest()
    assert result.ok
    assert t.flat
    assert t.filled("stop") + t.filled("exit") == 2


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "1005 ms"
        act = "close"
    """,
    premises=("INV-22",),
)
async def test_rs_33_two_flattens_and_the_traders_own_close_end_at_nothing(t):
    await t.bracket(t.buy(2), stop="19990", target="20010")
    await t.at(1000)
    first = t.start(t.flatten())
    await t.at(1003)
    second = await t.flatten()
    assert (await first).ok
    assert second.ok
    await t.rest()
    assert t.flat
    assert len(t.placed("exit")) <= 1


@race(market=CALM, premises=("INV-22",))
async def test_rs_34_a_flatten_waits_for_an_entry_on_its_way(t):
    entering = t.start(t.bracket(t.buy(1), stop="19990"))
    await asyncio.sleep(0.005)
    result = await t.flatten()
    await entering
    await t.rest()
    assert result.ok
    assert t.flat
    assert t.filled("entry") == t.filled("exit") == 1


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        response = "350 ms"

        [[fault]]
        kind = "late"
        event = "new"
        delay = "500 ms"
    """,
    premises=("INV-10",),
)
async def test_rs_35_a_cancel_before_the_id_is_known_goes_out_with_it(t):
    order = t.manager.place(t.desk.instrument, t.buy(1, limit="19990"))
    await asyncio.sleep(0.005)
    result = await t.cancel(order)
    assert str(result) == "cancelled(0)"
    if t.exact:
        assert [t.ms(sent) for sent in t.asked("cancel")] == [400]
    await t.rest()
    assert t.flat


@race(
    market="""
        0     quote 20000.25x9 20000.50x9
        200   trade 19999.75x9
        210   quote 20000.25x9 20000.50x9
    """,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        response = "350 ms"

        [[fault]]
        kind = "late"
        event = "order"
        delay = "500 ms"
        times = 2
    """,
    premises=("INV-10",),
)
async def test_rs_35_a_fill_before_the_id_is_known_wins_over_the_cancel(t):
    order = t.manager.place(t.desk.instrument, t.buy(1, limit="20000"))
    await asyncio.sleep(0.005)
    result = await t.cancel(order)
    await t.rest()
    assert result.filled == t.qty(1) * t.filled("")
    assert (result.state == "already_filled") == bool(t.filled(""))
    assert t.filled("") or not t.exact
