"""Races of brackets whose stop and target the broker keeps: RS-12 and RS-61."""

from racing import race

from dryfill.trading.price import Ticks

CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
"""
REACHED = """
    0      quote 20000x40 20000.25x40
    1      trade 20000.25x1
    40000  trade 19989x5
    40001  quote 19988.75x40 19989x40
"""


@race(
    market=CALM,
    native=True,
    plan="""
        [[fault]]
        kind = "late"
        event = "order"
        role = "stop"
        delay = "1400 ms"

        [[fault]]
        kind = "late"
        event = "order"
        role = "stop"
        nth = 2
        delay = "1400 ms"

        [[fault]]
        kind = "stale-read"
        call = "open-orders"
        lag = "1200 ms"
    """,
    premises=("INV-02",),
    family=15,
)
async def test_rs_12_a_stop_of_the_brokers_that_is_seen_late_does_not_work_beside_ours(t):
    bracket = await t.bracket(t.buy(2), stop=Ticks(40), target=Ticks(80))
    assert (await bracket.protected()).ok
    await t.rest()
    assert t.protected
    assert t.held == 2


@race(market=CALM, native=True, premises=("INV-02",))
async def test_rs_12_the_brokers_stop_and_target_are_taken_for_ours(t):
    bracket = await t.bracket(t.buy(2), stop=Ticks(40), target=Ticks(80))
    assert (await bracket.protected()).ok
    await t.rest()
    assert t.protected
    assert not t.placed("stop")


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
