"""Races of many orders: RS-59 and RS-60, here in the hundreds; the nightly run has thousands."""

import asyncio
import os

from racing import race

NIGHT = os.environ.get("DRYFILL_NIGHTLY") == "1"
ROUND_TRIPS = 1000 if NIGHT else 80
GROUPS = 15 if NIGHT else 6

SWING = "\n".join(
    [
        "0 quote 20000x9000 20000.25x9000",  # what was taken stays taken: enough for a night
        "1 trade 20000.25x1",
        "50000000 quote 20000x9000 20000.25x9000",
    ]
)


@race(
    market=SWING,
    family=2,
    settings={"finished_most": 20},
    plan="""
        [[fault]]
        kind = "duplicate"
        event = "any"
        every = 11
        times = "all"
        gap = "59 min"
    """,
    premises=("INV-06", "INV-13", "INV-27"),
)
async def test_rs_59_many_round_trips_leave_the_resting_orders_and_little_else(t):
    resting = [await t.desk.place(t.buy(1, limit=f"{19900 - n}", tif="gtc")) for n in range(40)]
    for _ in range(ROUND_TRIPS):
        await t.desk.place(t.buy(1))
        await t.desk.place(t.sell(1))
        await asyncio.sleep(30)
    await t.rest(4000)
    assert all(order.working for order in resting)
    assert t.working == {"": 40}
    assert not t.held
    assert t.desk.position.qty == 0
    assert t.manager.view.finished <= 20
    assert t.incidents("protocol") == 0


@race(
    market="\n".join(
        ["0 quote 20000x900 20000.25x900", "1 trade 20000.25x1"]
        + [
            f"{5000 + n * 20000} trade {20010.25 if n % 2 else 20000}x90\n"
            f"{5001 + n * 20000} quote {20010 if n % 2 else 20000}x900 "
            f"{20010.25 if n % 2 else 20000.25}x900"
            for n in range(2 * GROUPS)
        ]
    ),
    plan="""
        [[fault]]
        kind = "server-error"
        at = "10 s"
        duration = "600 s"
        on = "cancel"
    """,
    family=2,
    premises=("INV-12", "INV-16"),
)
async def test_rs_60_cancels_that_all_fail_for_ten_minutes_are_made_good(t):
    brackets = []
    for n in range(GROUPS):
        await t.at(6000 + n * 40_000)
        brackets.append(await t.bracket(t.buy(1), stop="19900", target="20010"))
    for bracket in brackets:
        await bracket.closed()
    await t.rest(120)
    assert t.flat
    assert t.filled("target") == GROUPS
