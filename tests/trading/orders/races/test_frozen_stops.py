"""A stop that the venue does not set off, while the market trades through it (F36)."""

import pytest
from racing import race

PASSED = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1500  trade 19989x1
    1501  quote 19988.75x40 19989x40
    2200  trade 19988x1
    2201  quote 19987.75x40 19988x40
"""
FROZEN = """
    [[fault]]
    kind = "frozen"
    event = "new"
    role = "{role}"
"""
THAWS = FROZEN + 'thaw = "{thaw}"\n'


@pytest.mark.exact_times("it says to the microsecond what is sent when")
@race(market=PASSED, plan=FROZEN.format(role="stop"), premises=("F36", "INV-01"))
async def test_f36_what_a_frozen_stop_was_for_is_closed_once(t):
    bracket = await t.bracket(t.buy(2), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert (t.filled("stop"), t.filled("exit")) == (0, t.filled("entry"))
    assert t.incidents("stop_traded_through") == 1
    assert not t.incidents("overfill")
    if t.exact:
        assert t.placed_ms("exit") == [1500 + 25 + 1000 + 50 + 50]  # told, asked, cancelled


@race(
    market=PASSED,
    plan=THAWS.format(role="stop", thaw="2510 ms"),
    premises=("F36", "INV-01"),
    family=25,
)
async def test_f36_a_stop_that_thaws_as_it_is_taken_away_fills_instead_of_the_close(t):
    bracket = await t.bracket(t.buy(2), stop="19990")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("stop") + t.filled("exit") == t.filled("entry")
    assert not t.incidents("overfill")


@race(
    market=PASSED,
    plan=FROZEN.format(role="stop")
    + """
        [[fault]]
        kind = "ack-lost"
        call = "cancel"
        role = "stop"
        form = "timeout"
        after = "3000 ms"

        [[fault]]
        kind = "late"
        event = "canceled"
        role = "stop"
        delay = "900 ms"
    """,
    premises=("F36",),
)
async def test_f36_a_cancel_whose_answer_is_lost_is_waited_for_before_anything_is_closed(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert (t.filled("stop"), t.filled("exit")) == (0, t.filled("entry"))


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        1500  trade 19989x1
        1501  quote 19988.75x40 19989x40
        1700  trade 19995x1
        1701  quote 19995x40 19995.25x40
    """,
    plan=THAWS.format(role="stop", thaw="4 s"),
    premises=("INV-01", "INV-02"),
)
async def test_f36_a_market_that_comes_back_at_once_has_passed_nothing(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    await t.rest()
    assert t.protected
    assert bracket.position == t.side * t.qty(1)
    assert not t.incidents("stop_traded_through")


@race(market=PASSED, plan=FROZEN.format(role="stop"), premises=("F36",))
async def test_f36_a_guards_frozen_stop(t):
    await t.desk.place(t.buy(2))
    await t.at(1000)
    guard = await t.desk.protect(stop=t.px("19990"), target=t.px("20010"))
    await guard.ended()
    await t.rest()
    assert t.flat
    assert (t.filled("stop"), t.filled("exit")) == (0, 2)
    assert t.incidents("stop_traded_through") == 1


@race(market=PASSED, plan=THAWS.format(role="stop", thaw="1550 ms"), premises=("F36",), family=15)
async def test_f36_a_guards_stop_that_thaws_meanwhile(t):
    await t.desk.place(t.buy(2))
    await t.at(1000)
    guard = await t.desk.protect(stop=t.px("19990"))
    await guard.ended()
    await t.rest()
    assert t.flat
    assert t.filled("stop") + t.filled("exit") == 2


@race(market=PASSED, plan=FROZEN.format(role="leg1"), premises=("F36",))
async def test_f36_a_linked_stop_that_is_frozen_closes_at_market_what_it_was_for(t):
    await t.desk.place(t.buy(2))
    await t.at(1000)
    group = await t.desk.oco(t.sell(2, stop=t.px("19990")), t.sell(2, limit=t.px("20010")))
    await group.done()
    await t.rest()
    assert t.flat
    assert t.incidents("stop_traded_through") == 1
    assert group.outcome.ok


@race(market=PASSED, plan=THAWS.format(role="leg1", thaw="1550 ms"), premises=("F36",), family=15)
async def test_f36_a_linked_stop_that_thaws_meanwhile(t):
    await t.desk.place(t.buy(2))
    await t.at(1000)
    group = await t.desk.oco(t.sell(2, stop=t.px("19990")), t.sell(2, limit=t.px("20010")))
    await group.done()
    await t.rest()
    assert t.flat


@race(market=PASSED, plan=FROZEN.format(role="stop"), premises=("F36",), native=True)
async def test_f36_a_frozen_child_of_the_brokers(t):
    bracket = await t.bracket(t.buy(2), stop="19990", target="20010")
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert (t.filled("stop"), t.filled("exit")) == (0, t.filled("entry"))
    assert t.incidents("stop_traded_through") == 1
