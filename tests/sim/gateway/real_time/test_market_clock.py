"""The clock of a market in real time, and the pump that follows it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twin_world import MS, T0, played, setup_of, twin

from dryfill.sim.gateway.real_time.market_clock import MarketClock
from dryfill.sim.gateway.real_time.pump import AS_FAST_AS_CAN
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.trading.errors import UsageError

WALL, MARKET = 1_000, 500


@pytest.mark.parametrize(
    ("acts", "wall", "market"),
    [
        ([], 1_010, 510),
        ([], 900, 400),  # history is as if it had been lived through
        ([(1_010, 0, 0)], 1_090, 510),
        ([(1_010, 0, 0), (1_050, 1, 0)], 1_060, 520),
        ([(1_010, 10, 0)], 1_020, 610),
        ([(1_010, 0, 0), (1_020, 0, 7)], 1_020, 517),
        ([(1_010, 10, 0), (1_000, 1, 0)], 1_020, 520),  # the wall's clock does not go back
    ],
)
def test_how_far_the_market_is(acts, wall, market):
    clock = MarketClock(WALL, MARKET)
    for at, speed, ahead in acts:
        clock.turn(at, speed, ahead)
    assert clock.market_ns(wall) == market


def test_what_happened_is_shown_with_the_time_that_the_wall_had():
    clock = MarketClock(WALL, MARKET)
    clock.turn(1_010, 0)
    clock.turn(1_050, 1)
    clock.turn(1_060, 10)
    shown = {500: 1_000, 505: 1_005, 510: 1_010, 515: 1_055, 520: 1_060, 620: 1_070, 400: 900}
    assert {at: clock.shown_ns(at) for at in shown} == shown


def test_a_market_that_stands_still_is_never_due():
    clock = MarketClock(WALL, MARKET, speed=10)
    assert clock.due_wall_ns(600) == 1_010
    assert clock.due_wall_ns(605) == 1_011  # not before it
    clock.turn(1_010, 0)
    assert clock.due_wall_ns(700) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 12), st.integers(0, 30))))
def test_neither_clock_ever_goes_back(turns):
    clock, wall = MarketClock(WALL, MARKET), WALL
    for wait, speed, ahead in turns:
        wall += wait
        clock.turn(wall, speed, ahead)
    markets = [clock.market_ns(at) for at in range(WALL - 5, wall + 50)]
    assert markets == sorted(markets)
    shown = [clock.shown_ns(at) for at in range(MARKET - 5, markets[-1])]
    assert shown == sorted(shown)
    for at in range(MARKET - 5, markets[-1]):
        assert clock.market_ns(clock.shown_ns(at) + 1) >= at or not clock.speed


@played
async def test_the_market_goes_by_itself_and_waits_while_it_is_paused():
    text = "\n".join(f"{n * 5} quote {80_000 + n}x5 {80_001 + n}x7" for n in range(400))
    text += "\n1996 trade 80000x1 buyer"
    streams = (("SubscribeContractQuotes", "CON.F.US.MNQ.Z26"),)
    async with twin(text, speed=1) as g, g.hub("market", subscribe=streams) as hub:
        await hub.until(lambda r: r.get("target") == "GatewayQuote" and _bid(r) > 20002)
        g.running.pump.set_speed(0)
        stood = g.running.pump.now_ns
        await asyncio.sleep(0.05)
        assert g.running.pump.now_ns == stood
        g.running.pump.set_speed(10)
        await hub.until(lambda r: r.get("target") == "GatewayQuote" and _bid(r) > 20050)


@played
async def test_as_fast_as_it_can_a_market_ends_at_once_and_cannot_be_restamped():
    setup = setup_of("0 quote 80000x5 80001x7\n0 trade 80000x1 buyer\n3600000 trade 80000x1 buyer")
    async with running_gateway(setup, speed=AS_FAST_AS_CAN, restamp=False) as running:
        async with asyncio.timeout(5):
            while running.pump.now_ns < T0 + 3_600_000 * MS:
                await asyncio.sleep(0)
    with pytest.raises(UsageError, match="restamp"):
        async with running_gateway(setup, speed=AS_FAST_AS_CAN):
            pass


@played
async def test_a_step_goes_to_the_next_row():
    async with twin("0 quote 80000x5 80001x7\n0 trade 80000x1 buyer\n7 quote 80001x5 80002x7") as g:
        g.running.pump.step()
        assert g.running.pump.now_ns == T0 + 7 * MS


def _bid(record):
    return record["arguments"][1]["bestBid"]
