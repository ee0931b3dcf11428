"""The gateway's process is killed in the middle of a bracket and started again: the venue goes on
meanwhile, the client logs in anew and finds out, and the position ends protected or flat."""

import asyncio

import pytest
from rehearsing import setup_of

from dryfill.live.hubs.hub_session import HubState
from dryfill.sim.oracles import watch
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.errors import UsageError
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks

CALM = """
    0      quote 20000x9 20000.25x9
    0      trade 20000.25x1
    90000  quote 20000x9 20000.25x9
"""
STOPPED = """
    0      quote 20000x9 20000.25x9
    0      trade 20000.25x1
    5000   trade 19989x9
    5001   quote 19988x9 19988.25x9
    90000  quote 19988x9 19988.25x9
"""
ENTERED_MS = 600


class Killed:
    """A bracket of two, entered at ENTERED_MS, 25 ms each way, whose gateway dies at a moment."""

    def __init__(self, market, at_ms, down_ms):
        self.world = world = Rehearsal(setup_of(market, latency="25ms"))
        self.watching = watch(world)
        self.held = self.stops = self.others = None
        world.loop.call_later(at_ms / 1e3, world.twin.crash)
        world.loop.call_later((at_ms + down_ms) / 1e3, world.twin.restart)
        world.run(self.trade)
        self.watching.check()

    async def trade(self, desk):
        world = self.world
        await self.until(ENTERED_MS)
        first = world.session.login.token
        bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await self.until(30_000)
        working = world.desk.open_orders(None)
        self.stops = sum(each.leaves_qty for each in working if each.stop_px is not None)
        self.others = len(working) - bool(self.stops)
        self.held = world.account.holding(desk.instrument).qty
        assert desk.position.qty == bracket.position == self.held
        assert world.session.login.token != first, "the old token is of a gateway that is gone"
        assert world.session.user_hub.session.state is HubState.READY
        return []

    async def until(self, ms):
        world = self.world
        begun_ms = (world.loop.now_ns - world.setup.start_ns) / 1e6
        assert begun_ms < ms
        await asyncio.sleep((ms - begun_ms) / 1e3)


@pytest.mark.parametrize(
    "at_ms",
    [
        pytest.param(630, id="the entry is filled, and nobody here knows"),
        pytest.param(660, id="the stop is on its way"),
        pytest.param(690, id="the stop works, and nobody here knows"),
        pytest.param(3000, id="all is quiet"),
    ],
)
def test_a_bracket_whose_gateway_is_killed_is_protected_once_it_is_back(at_ms):
    found = Killed(CALM, at_ms, 1200)
    assert (found.held, found.stops, found.others) == (2, 2, 1)


def test_an_entry_that_meets_a_dead_gateway_stays_away_while_no_stream_tells_of_it():
    found = Killed(CALM, 610, 1200)
    assert (found.held, found.stops, found.others) == (0, 0, 0)


def test_a_stop_that_filled_while_the_gateway_was_dead_is_found_and_its_target_goes():
    found = Killed(STOPPED, 4500, 3000)
    assert (found.held, found.stops, found.others) == (0, 0, 0)


def test_a_gateway_that_lives_is_not_started_again():
    world = Rehearsal(setup_of(CALM))

    async def trade(desk):
        with pytest.raises(UsageError, match="lives"):
            world.twin.restart()
        return []

    world.run(trade)
