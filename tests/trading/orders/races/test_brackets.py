"""Races of brackets: RS-01 to RS-11."""

import asyncio
from contextlib import suppress

from racing import race

from dryfill.trading.price import Ticks

CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
"""


@race(
    market="""
        0      quote 20000.25x9 20000.50x9
        59900  trade 19999.75x1
        60020  trade 19999.75x1
        61000  quote 20000.25x9 20000.50x9
    """,
    plan="""
        [[fault]]
        kind = "late"
        event = "fill"
        role = "entry"
        nth = 2
        delay = "355 ms"
    """,
    premises=("INV-01", "INV-02", "INV-06"),
)
async def test_rs_01_entry_timeout_meets_a_partial_fill(t):
    bracket = await t.bracket(
        t.buy(3, limit="20000"), stop="19990", target="20010", entry_timeout=t.seconds(60_000)
    )
    outcome = await bracket.protected()
    await t.rest()
    assert t.protected
    assert (outcome.state == "partial") == (0 < t.held < 3)
    if t.exact:
        assert t.working == {"stop": 2, "target": 2}
        assert (t.held, str(outcome)) == (2, "partial(2): not filled within 60 s")
        assert t.placed_ms("stop")[0] < 61_950


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "drop"
        event = "any"
        times = "all"
    """,
    premises=("INV-01", "INV-07"),
)
async def test_rs_02_a_filled_entry_without_events_is_looked_up_and_protected(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    outcome = await bracket.protected()
    await t.rest()
    assert outcome.ok
    assert t.protected
    assert t.held == 1
    assert t.placed_ms("stop")[0] < 2_000


@race(
    market=CALM,
    latency={"request": 20, "response": 75, "events": 10},
    premises=("INV-01", "INV-05", "INV-06"),
)
async def test_rs_03_a_fill_before_its_acknowledgement_is_protected_at_once(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    assert await _ok(bracket)
    await t.rest()
    assert t.protected
    assert t.held == 2
    assert len(t.placed("stop")) == 1
    if t.exact:
        assert t.placed_ms("stop") == [30]


@race(
    market=CALM,
    latency={"request": 20, "response": 75, "events": 10},
    tagged=False,
    premises=("INV-01", "INV-05", "INV-06"),
    family=15,
)
async def test_rs_03_a_fill_that_names_no_tag_waits_for_the_acknowledgement_that_names_it(t):
    bracket = await t.bracket(t.buy(2), stop="19990", target="20010")
    assert await _ok(bracket)
    await t.rest()
    assert t.protected
    assert t.held == 2
    assert len(t.placed("stop")) == 1
    if t.exact:
        assert t.placed_ms("stop") == [95]  # the acknowledgement's way


@race(
    market=CALM,
    tagged=False,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "place"
        role = "entry"
        form = "timeout"
        after = "1200 ms"
    """,
    premises=("INV-01", "INV-06"),
    family=15,
)
async def test_rs_03_a_fill_that_names_no_tag_and_an_acknowledgement_that_never_comes(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    assert await _ok(bracket)
    await t.rest()
    assert t.protected
    assert t.held == 2
    assert len(t.placed("entry")) == 1


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "place"
        form = "timeout"
        after = "5000 ms"

        [[fault]]
        kind = "late"
        event = "new"
        delay = "5350 ms"
    """,
    premises=("INV-07",),
)
async def test_rs_04_an_order_whose_acknowledgement_was_lost_is_not_sent_again(t):
    order = t.manager.place(t.desk.instrument, t.buy(1, limit="19990"))
    await order.answered()
    await t.rest()
    assert len(t.placed("")) == 1
    assert t.working == {"": 1}
    assert order.order_id == t.world.desk.open_orders(None)[0].order_id
    assert order.working


@race(
    market="""
        0     quote 20000.25x9 20000.50x9
        120   trade 19999.75x1
        122   trade 19999.75x1
        124   trade 19999.75x2
        125   quote 20000.25x9 20000.50x9
    """,
    premises=("INV-01", "INV-06"),
)
async def test_rs_05_fills_that_come_faster_than_protection_end_under_one_stop(t):
    bracket = await t.bracket(t.buy(4, limit="20000"), stop="19990", target="20010")
    assert await _ok(bracket)
    await t.rest()
    assert t.held == 4
    assert t.working == {"stop": 4, "target": 4}
    assert len(t.placed("stop")) == 1


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        60    trade 19940x1
        61    quote 19939.75x40 19940x40
    """,
    premises=("INV-01",),
)
async def test_rs_06_a_stop_that_the_market_has_passed_closes_the_position(t):
    bracket = await t.bracket(t.buy(2), stop=Ticks(161))  # 19,960 from the page's fill
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("entry") == 2
    if t.exact:
        assert len(t.placed("stop")) == 1
        assert t.filled("exit") == 2


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "refused"
        call = "place"
        role = "target"
        times = "all"
        text = "outside price limits"
    """,
    premises=("INV-01", "INV-02"),
)
async def test_rs_07_a_refused_target_leaves_the_stop_where_it_is(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    assert await _ok(bracket)
    await t.rest()
    assert t.held == 1
    assert t.working == {"stop": 1}
    assert len(t.placed("stop")) == 1
    assert len(t.placed("target")) == 3


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        76    trade 20010.25x5
        77    quote 20010x40 20010.25x40
    """,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        role = "stop"
        request = "6 ms"
        response = "12 ms"
    """,
    premises=("INV-03",),
)
async def test_rs_09_a_target_that_fills_before_the_stop_exists_takes_the_stop_along(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("target") == t.filled("entry")


@race(
    market="""
        0     quote 20000.25x9 20000.50x9
        990   trade 19999.75x1
        1100  quote 20000.25x9 20000.50x9
    """,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        role = "entry"
        response = "2 s"

        [[fault]]
        kind = "late"
        event = "new"
        role = "entry"
        delay = "2 s"
    """,
    premises=("INV-01",),
)
async def test_rs_10_a_caller_that_is_gone_leaves_protection_behind(t):
    with suppress(TimeoutError):
        async with asyncio.timeout(t.seconds(1_000)):
            await t.bracket(t.buy(1, limit="20000"), stop="19990")
    await t.rest()
    assert t.protected
    assert t.held == 1
    assert t.incidents("caller_gone") == 1 or not t.exact


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x9
        510   quote 20010x40 20010.25x40
        520   trade 19995x1
        521   quote 19994.75x40 19995x40
    """,
    premises=("INV-01", "INV-03"),
)
async def test_rs_11_two_brackets_on_one_contract_close_what_is_their_own(t):
    one, other = await asyncio.gather(
        t.bracket(t.buy(2), stop="19990", target="20010"),
        t.bracket(t.buy(1), stop="19995", target="20020"),
    )
    await one.closed()
    await other.closed()
    await t.rest()
    assert t.flat
    if t.exact:
        assert (t.filled("target"), t.filled("stop"), t.filled("exit")) == (2, 1, 0)


async def _ok(bracket):
    return (await bracket.protected()).ok
