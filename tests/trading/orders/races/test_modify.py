"""Races of changes and trailing stops: RS-24 to RS-29."""

import asyncio

from racing import race

from dryfill.trading.errors import Refused
from dryfill.trading.price import Ticks

CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    9000  quote 20000x40 20000.25x40
"""


@race(
    market="""
        0     quote 20000.25x9 20000.50x9
        1020  trade 19999.75x1
        1100  quote 20000.25x9 20000.50x9
        5000  trade 19999.75x9
        5010  quote 20000.25x9 20000.50x9
    """,
    premises=("INV-01", "INV-02"),
)
async def test_rs_24_a_fill_while_the_order_is_changed_is_counted_once(t):
    bracket = await t.bracket(t.buy(3, limit="20000"), stop="19990")
    await t.at(1000)
    await t.desk.modify(bracket.entry, limit=t.px("20000.25"))
    await t.rest()
    assert t.held == 3
    assert t.protected
    assert t.filled("entry") == 3


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "ack-lost"
        call = "modify"
        role = "stop"
        form = "timeout"
        after = "5 s"
    """,
    premises=("INV-07",),
)
async def test_rs_25_of_two_moves_the_latest_wins_when_the_first_has_no_answer(t):
    bracket = await t.bracket(t.buy(1), stop="19950")
    await bracket.protected()
    await t.at(1000)
    first = t.start(bracket.move_stop(t.px("19960")))
    await t.at(1100)
    await asyncio.gather(first, bracket.move_stop(t.px("19970")), return_exceptions=True)
    await t.rest()
    assert t.held == 1
    assert t.stops() == [19970]
    assert [t.px(str(s.change.stop_px)) for s in t.asked("modify", "stop")] == [19960, 19970]


@race(
    market="\n".join(
        ["0 quote 20000x40 20000.25x40", "1 trade 20000.25x1"]
        + [
            f"{1000 + n * 20} trade {20000 + n / 4}x1\n"
            f"{1005 + n * 20} quote {20000 + n / 4}x40 {20000.25 + n / 4}x40"
            for n in range(200)
        ]
    ),
    latency={"request": 150, "response": 150, "events": 40},
    plan="""
        [[fault]]
        kind = "latency"
        call = "modify"
        every = 2
        times = "all"
        response = "200 ms"
    """,
    premises=("INV-16",),
)
async def test_rs_26_fifty_trailing_prices_a_second_are_one_change_at_a_time(t):
    bracket = await t.bracket(t.buy(1), stop="19990", trail=Ticks(40))
    await bracket.protected()
    await t.at(6000)
    await t.rest()
    assert t.protected
    moves = [t.px(str(sent.change.stop_px)) for sent in t.asked("modify", "stop")]
    assert moves == sorted(moves)
    assert 3 <= len(moves) <= (9 if t.exact else 14)  # one each half second at most
    if t.exact:
        assert t.stops() == [20039.75]


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "venue-cancel"
        call = "modify"
        role = "stop"
        after = "65 ms"
    """,
    premises=("INV-01",),
)
async def test_rs_27_a_move_that_kills_the_stop_gets_a_new_one(t):
    bracket = await t.bracket(t.buy(3), stop="19990")
    await bracket.protected()
    await t.at(1000)
    await bracket.move_stop(t.px("19992"))
    await t.rest()
    assert t.held == 3
    assert t.protected
    assert len(t.placed("stop")) == 2
    assert t.stops() == [19992]


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        1000  trade 19989x1
        1001  quote 19988.75x40 19989x40
    """,
    plan="""
        [[fault]]
        kind = "late"
        event = "fill"
        role = "stop"
        delay = "275 ms"
    """,
    premises=("INV-05",),
)
async def test_rs_29_a_change_refused_because_the_stop_is_filled_is_no_refusal_of_the_stop(t):
    bracket = await t.bracket(t.buy(1), stop="19990")
    await bracket.protected()
    await t.at(1005)
    try:
        await bracket.move_stop(t.px("19992"))
    except Refused:
        assert not t.exact
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("stop") == 1
    assert bracket.stop.status.name == "FILLED"
    assert len(t.placed("stop")) == 1


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "1000 ms"
        act = "sell"

        [[fault]]
        kind = "venue-cancel"
        call = "modify"
        role = "stop"
        after = "65 ms"
    """,
    premises=("INV-01",),
)
async def test_rs_27_a_change_that_kills_the_stop_gets_a_new_one(t):
    await t.bracket(t.buy(3), stop="19990")
    await t.at(1000)
    await t.rest()
    assert t.held == 2
    assert t.protected
