"""Races with what the position is changed by otherwise: RS-19 to RS-23."""

from racing import race

CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    9000  quote 20000x40 20000.25x40
"""


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        1015  trade 19989x1
        1016  quote 19988.75x40 19989x40
    """,
    premises=("INV-01",),
)
async def test_rs_21_adding_to_the_position_as_the_stop_triggers(t):
    await t.bracket(t.buy(1), stop="19990")
    await t.at(1000)
    await t.bracket(t.buy(2), stop="19970")
    await t.rest()
    assert t.held == 2
    assert t.protected


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        2015  trade 19989x1
        2016  quote 19988.75x40 19989x40
    """,
    plan="""
        [[fault]]
        kind = "stream-down"
        at = "1800 ms"
        duration = "200 ms"

        [[fault]]
        kind = "stale-read"
        call = "positions"
        lag = "100 ms"
        response = "40 ms"
    """,
    premises=("INV-01",),
)
async def test_rs_22_a_stale_position_after_a_fill_protects_nothing(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert len(t.placed("stop")) == 1


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        1060  trade 19989x1
        1061  quote 19988.75x40 19989x40
    """,
    plan="""
        [[fault]]
        kind = "trader"
        at = "1000 ms"
        act = "sell"
    """,
    premises=("INV-02",),
)
async def test_rs_19_the_trader_closes_part_by_hand_as_the_stop_triggers(t):
    bracket = await t.bracket(t.buy(3), stop="19990")
    await bracket.closed()
    await t.rest()
    assert t.flat


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "1000 ms"
        act = "sell"
    """,
    premises=("INV-01", "INV-02"),
)
async def test_rs_19_a_stop_follows_what_the_trader_closed_by_hand(t):
    await t.bracket(t.buy(3), stop="19990", target="20010")
    await t.at(1000)
    await t.rest()
    assert t.held == 2
    assert t.protected


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "1000 ms"
        act = "sell"
        qty = 3
    """,
    premises=("INV-02", "INV-03"),
)
async def test_rs_23_one_fill_takes_the_position_through_zero(t):
    await t.bracket(t.buy(2), stop="19990", target="20010")
    await t.at(1000)
    await t.rest()
    assert t.held == -1
    assert not t.working


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "liquidation"
        at = "1000 ms"

        [[fault]]
        kind = "late"
        event = "fill"
        nth = 2
        delay = "3 s"
    """,
    premises=("INV-01",),
)
async def test_rs_20_after_a_forced_liquidation_nothing_is_protected_that_is_gone(t):
    bracket = await t.bracket(t.buy(2), stop="19990", target="20010")
    await bracket.protected()
    await t.at(1000)
    await t.rest()
    assert t.flat
    assert len(t.placed("stop")) == 1
