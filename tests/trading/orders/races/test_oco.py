"""Races of a stop and a target, of which one cancels the other: RS-13 to RS-18."""

from racing import race


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x9
        505   quote 20010x40 20010.25x40
        510   trade 19989x1
        511   quote 19988.75x40 19989x40
    """,
    premises=("INV-04",),
)
async def test_rs_13_both_legs_fill_within_the_cancels_latency(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    both = t.filled("stop") and t.filled("target")
    assert t.incidents("overfill") == len(t.placed("exit")) == bool(both)
    assert both or not t.exact


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x1
        520   trade 19989x1
        521   quote 19988.75x40 19989x40
    """,
    premises=("INV-02", "INV-04", "INV-05"),
)
async def test_rs_15_a_partial_target_as_the_stop_triggers_for_all(t):
    bracket = await t.bracket(t.buy(3), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    too_much = t.filled("stop") + t.filled("target") > 3
    assert t.incidents("overfill") == len(t.placed("exit")) == too_much
    if t.exact:
        assert (t.filled("target"), t.filled("stop"), t.filled("exit")) == (1, 3, 1)


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        76    trade 20010.25x9
        77    quote 20010x40 20010.25x40
    """,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        role = "stop"
        response = "575 ms"

        [[fault]]
        kind = "late"
        event = "new"
        role = "stop"
        delay = "700 ms"
    """,
    premises=("INV-03",),
)
async def test_rs_16_a_stop_whose_id_is_not_known_yet_is_cancelled_on_arrival(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    if t.exact:
        assert t.filled("target") == 1
        (cancel,) = t.asked("cancel", "stop")
        assert t.ms(cancel) == 675


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x9
        505   quote 20010x40 20010.25x40
    """,
    plan="""
        [[fault]]
        kind = "venue-cancel"
        event = "fill"
        role = "target"
        target = "*.stop"

        [[fault]]
        kind = "late"
        event = "fill"
        role = "target"
        delay = "150 ms"
    """,
    premises=("INV-03",),
)
async def test_rs_17_a_siblings_cancel_that_is_told_before_the_fill(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("target") == 1
    assert not t.filled("stop")


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x9
        505   quote 20010x40 20010.25x40
    """,
    plan="""
        [[fault]]
        kind = "late-fill"
        event = "canceled"
        role = "stop"
        after = "875 ms"
    """,
    premises=("INV-04", "INV-05", "INV-06"),
)
async def test_rs_18_a_fill_after_the_cancel_was_confirmed_is_given_back(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.incidents("overfill") == len(t.placed("exit")) == bool(t.filled("stop"))
    if t.exact:
        assert t.filled("stop") == t.filled("exit") == 1


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        500   trade 20010.25x9
        505   quote 20010x40 20010.25x40
    """,
    plan="""
        [[fault]]
        kind = "rate-limited"
        call = "cancel"
        role = "stop"

        [[fault]]
        kind = "server-error"
        call = "cancel"
        role = "stop"
        nth = 2
        status = 500

        [[fault]]
        kind = "request-lost"
        call = "cancel"
        role = "stop"
        nth = 3
        form = "timeout"
        after = "5000 ms"

        [[fault]]
        kind = "rate-limited"
        call = "cancel"
        role = "stop"
        nth = 4
    """,
    premises=("INV-03",),
)
async def test_rs_14_a_siblings_cancel_that_fails_is_made_until_it_succeeds(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert len(t.asked("cancel", "stop")) == 5
    assert t.filled("target") == 1
