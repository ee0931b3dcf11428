"""A race of a trailing stop: RS-26."""

from racing import race

from dryfill.trading.price import Ticks


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
