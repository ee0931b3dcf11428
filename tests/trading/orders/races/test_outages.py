"""Races with a broker that answers late, wrongly or not at all: RS-49 to RS-53."""

import asyncio

from racing import race

from dryfill.trading.words import OrdStatus

CALM = """
    0      quote 20000x90 20000.25x90
    1      trade 20000.25x1
    90000  quote 20000x90 20000.25x90
"""


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "rate-limited"
        call = "place"
        role = "stop"
        retry_after = "800 ms"
    """,
    premises=("INV-01", "INV-24"),
)
async def test_rs_49_a_stop_that_meets_a_429_goes_out_when_it_may(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    outcome = await bracket.protected()
    await t.rest()
    assert outcome.ok
    assert t.protected
    first, second = t.placed_ms("stop")
    assert second - first >= 800 or not t.exact


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "server-error"
        at = "30 ms"
        duration = "60 s"
    """,
    premises=("INV-01",),
)
async def test_rs_50_a_gateway_that_is_down_after_the_fill_protects_when_it_is_back(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    outcome = await bracket.protected()
    await t.rest(100)  # a stop that was there before is still nobody's rest while all is down
    assert outcome.ok
    assert t.protected
    if t.exact:
        assert t.placed_ms("stop")[-1] < 62_030


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "place"
        form = "reset"

        [[fault]]
        kind = "drop"
        event = "new"

        [[fault]]
        kind = "unreachable"
        at = "30 ms"
        duration = "300 s"
        form = "dns"
    """,
    premises=("INV-07",),
)
async def test_rs_51_a_network_that_is_down_is_no_word_on_the_order(t):
    order = t.manager.place(t.desk.instrument, t.buy(1, limit="19990"))
    for _ in range(int(t.seconds(300_000) / 10)):
        await asyncio.sleep(10)
        assert order.working
    assert t.incidents("order_unknown") == 1 or not t.exact
    await t.rest(250)
    assert order.status is OrdStatus.NEW
    assert t.working == {"": 1}
    assert len(t.placed("")) == 1


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "place"
        role = "stop"
        form = "reset"

        [[fault]]
        kind = "drop"
        event = "new"
        role = "stop"
    """,
    premises=("INV-01",),
)
async def test_rs_52_an_answer_that_is_cut_is_no_refusal(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    outcome = await bracket.protected()
    await t.rest()
    assert outcome.ok
    assert t.protected
    assert t.working == {"stop": 1}


@race(
    market="""
        0      quote 20000x90 20000.25x90
        1      trade 20000.25x1
        1000   quote 20000x90 20000.25x90
        61000  quote 19400x90 19400.25x90
        61005  trade 19400x9
        61010  quote 19400x90 19400.25x90
    """,
    plan="""
        [[fault]]
        kind = "halt"
        at = "1000 ms"
        duration = "60 s"
        state = "no-cancel"
    """,
    premises=("INV-22",),
)
async def test_rs_53_a_flatten_in_a_halt_does_not_storm_and_closes_once(t):
    await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(1500)
    result = await t.flatten()
    await t.rest(90)
    assert result.ok
    assert t.flat
    assert t.incidents("flatten_waits") == 1
    assert t.filled("stop") + t.filled("exit") == 1
    # Sixty seconds of refusals: the pauses double, a second and more each after the first three.
    assert len(t.asked("cancel", "stop")) <= 11
    assert len(t.asked("cancel", "target")) <= 11
