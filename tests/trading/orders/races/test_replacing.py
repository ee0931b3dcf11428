"""A broker that changes no order in place: RS-28."""

from decimal import Decimal

from racing import race

CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    9000  quote 20000x40 20000.25x40
"""
ONE_BY_ONE = """
    0     quote 20000.25x9 20000.50x9
    120   trade 19999.75x1
    132   trade 19999.75x1
    154   trade 19999.75x2
    155   quote 20000.25x9 20000.50x9
"""
PARTS = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1500  trade 20010.25x1
    2500  trade 20010.25x1
    4000  trade 19989x5
    4001  quote 19988.75x40 19989x40
"""
NEAR = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1010  trade 19994x9
    1011  quote 19993.75x40 19994x40
"""


@race(
    market=CALM,
    in_place=False,
    premises=("INV-01", "INV-02", "INV-08"),
    plan="""
        [[fault]]
        kind = "rate-limited"
        call = "place"
        role = "stop"
        nth = 2
    """,
)
async def test_rs_28_a_stop_is_replaced_before_it_is_taken_away(t):
    bracket = await t.bracket(t.buy(2), stop="19990", target="20010")
    await bracket.protected()
    await t.at(1000)
    await bracket.move_stop(t.px("19995"))
    await t.rest()
    assert t.protected
    assert t.held == 2
    assert t.stops() == [Decimal("19995")]
    old, new = t.asked("cancel", "stop"), t.placed("stop")
    assert old[0].time_ns > new[-1].time_ns


@race(market=ONE_BY_ONE, in_place=False, premises=("INV-01", "INV-02", "INV-08"), family=15)
async def test_rs_28_fills_that_come_one_by_one_are_never_bare_for_a_cancel(t):
    bracket = await t.bracket(t.buy(4, limit="20000"), stop="19990", target="20010")
    assert (await bracket.protected()).ok
    await t.rest()
    assert t.held == 4
    assert t.working == {"stop": 4, "target": 4}


@race(market=PARTS, in_place=False, premises=("INV-02", "INV-03"), family=15)
async def test_rs_28_a_stop_gives_way_to_a_smaller_one_as_the_target_fills_in_parts(t):
    bracket = await t.bracket(t.buy(3), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat


@race(market=NEAR, in_place=False, premises=("INV-01",), family=25)
async def test_rs_28_the_market_comes_while_two_stops_work(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    await bracket.protected()
    await t.at(950)
    moving = t.start(bracket.move_stop(t.px("19995")))
    await bracket.closed()
    await t.rest()
    assert moving.done()
    assert t.flat
    assert t.incidents("overfill") == (t.filled("stop") > 2)


@race(
    market=CALM,
    in_place=False,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "place"
        role = "stop"
        nth = 2
        form = "timeout"
        after = "3000 ms"

        [[fault]]
        kind = "late"
        event = "new"
        role = "stop"
        nth = 2
        delay = "2500 ms"
    """,
    premises=("INV-01", "INV-08"),
)
async def test_rs_28_a_new_stop_in_doubt_leaves_the_old_one_at_work(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    await bracket.protected()
    await t.at(1000)
    await bracket.move_stop(t.px("19995"))
    await t.rest()
    assert t.protected
    assert len(t.placed("stop")) == 2


@race(market=PARTS, in_place=False, premises=("INV-06",), family=15)
async def test_rs_28_a_guard_of_what_is_held(t):
    await t.desk.place(t.buy(3))
    await t.at(1000)
    guard = await t.desk.protect(stop=t.px("19990"), target=t.px("20010"))
    await guard.ended()
    await t.rest()
    assert t.flat


@race(market=PARTS, in_place=False, premises=("INV-06",), family=15)
async def test_rs_28_linked_orders(t):
    await t.desk.place(t.buy(3))
    await t.at(1000)
    group = await t.desk.oco(t.sell(3, stop="19990"), t.sell(3, limit="20010"))
    await group.done()
    await t.rest()
    assert t.flat
