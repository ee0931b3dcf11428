"""Races with a wall clock that is off: what of RS-46 needs no restart."""

import pytest
from racing import race, run_digest

MARKET = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    5000  trade 20010.25x9
    5010  quote 20010x40 20010.25x40
"""
PLAN = """
    [[fault]]
    kind = "clock"
    at = "0 s"
    {off}

    [[fault]]
    kind = "drop"
    event = "any"
    times = "all"

    [[fault]]
    kind = "trader"
    at = "1000 ms"
    act = "buy"
"""


async def nothing_is_told(t):
    """Every event is lost; the trader buys by hand, and later the target is hit."""
    await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(1000)
    await t.rest()
    assert t.held == 1  # the trader's own
    assert t.desk.position.qty == t.side * t.qty(1)
    assert t.working == {}


@race(market=MARKET, plan=PLAN.format(off='behind = "90 s"'), premises=("INV-01", "INV-07"))
async def test_rs_46_a_clock_that_is_slow_misses_no_order(t):
    await nothing_is_told(t)


@pytest.mark.parametrize("off", ['behind = "90 s"', 'behind = "60 min"', 'ahead = "60 min"'])
def test_rs_46_the_wall_clock_decides_nothing(off):
    """INV-29: at the exchange the same happens at the same time, whatever the client's clock."""
    right, wrong = (
        run_digest(nothing_is_told, market=MARKET, plan=PLAN.format(off=each))
        for each in ('behind = "1 ns"', off)
    )
    assert right == wrong


@race(market=MARKET, plan=PLAN.format(off='ahead = "60 min"'), premises=("INV-01", "INV-07"))
async def test_rs_46_a_clock_that_is_ahead_misses_no_fill(t):
    await nothing_is_told(t)
