"""Races of brackets whose stop and target the broker keeps: RS-61."""

from racing import race

from dryfill.trading.price import Ticks

REACHED = """
    0      quote 20000x40 20000.25x40
    1      trade 20000.25x1
    40000  trade 19989x5
    40001  quote 19988.75x40 19989x40
"""


@race(
    market=REACHED,
    native=True,
    plan="""
        [[fault]]
        kind = "trader"
        at = "5 s"
        act = "close"
    """,
    premises=("INV-03",),
    family=15,
)
async def test_rs_61_a_close_by_hand_leaves_no_child_that_the_market_would_reach(t):
    await t.bracket(t.buy(1), stop=Ticks(40), target=Ticks(80))
    await t.rest(90)
    assert t.flat
    assert not t.filled("stop") or not t.exact


@race(
    market=REACHED,
    native=True,
    plan="""
        [[fault]]
        kind = "drop"
        event = "suspended"
        times = "all"

        [[fault]]
        kind = "drop"
        event = "new"
        role = "stop"
    """,
    premises=("INV-22",),
    family=15,
)
async def test_rs_61_a_flatten_takes_the_children_that_nobody_told_of(t):
    await t.bracket(t.buy(1), stop=Ticks(40), target=Ticks(80))
    await t.flatten()
    await t.rest(90)
    assert t.flat
