"""Levels at the market port: whoever implements it tells the same crossings of the same trades.

A subject makes a world of a setup: the simulated market, which looks through columns, and the live
adapter before the gateway's twin, which hears every trade; each alone and behind a recorder.
"""

import asyncio
from tempfile import TemporaryDirectory

import pytest
from rehearsing import MNQ, T0, setup_of

from dryfill.live.recording.recorded_market import RecordedMarket
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.sim.backtest import World
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.crossings import Crossings
from dryfill.trading.errors import Refused, UsageError
from dryfill.trading.levels import Levels
from dryfill.trading.market import Channel

MARKET = """
    0     quote 20000x9 20000.25x9
    0     trade 20000.25x1
    30000 quote 20010x9 20010.25x9
    30100 trade 20010.25x1
    31000 trade 20010.50x1
    40000 quote 19990x9 19990.25x9
    40100 trade 19990x1
    50000 trade 20020x1
    60000 quote 20020x9 20020.25x9
    90000 quote 20020x9 20020.25x9
"""
WORLDS = {"the simulated market": World, "the live adapter": Rehearsal}


@pytest.fixture(params=[(name, recorded) for name in WORLDS for recorded in (False, True)], ids=str)
def tells(request):
    """Plays `script(at, heard)` on a subject's market port; `at` has `market` and `wait`."""
    name, recorded = request.param

    def go(script):
        heard = []

        async def trade(desk):
            with TemporaryDirectory() as folder:
                market, recorder = desk.market, None
                if recorded:
                    given = {"source": "a play", "hide": str, "aside": AtOnce()}
                    recorder = Recorder(folder, now_ns=lambda: desk.now_ns, **given)
                    market = RecordedMarket(market, recorder)
                await script(Stage(desk, market, heard), heard)
                if recorder is not None:
                    assert (await recorder.close()).lost == 0
            return []

        WORLDS[name](setup_of(MARKET, latency="calm")).run(trade)
        return [(each.name, str(each.level), str(each.price), each.rising) for each in heard]

    return go


class Stage:
    """What a script sees. Who logs in first starts a little later: `until` is of the market."""

    def __init__(self, desk, market, heard):
        self.desk = desk
        self.market = market
        self.wait = Crossings(market, MNQ, set(), heard.append).subscribe

    async def until(self, market_s):
        await asyncio.sleep(market_s - (self.desk.now_ns - T0) / 1e9)


def test_each_level_is_told_by_the_first_trade_at_it_or_beyond(tells):
    async def script(at, heard):
        await at.wait(above="20010.50", name="at")
        await at.wait(above="20015", name="beyond")
        await at.wait(below="19995", above="20100", name="either")
        await at.wait(below="19000", name="never")
        await at.until(70)

    assert tells(script) == [
        ("at", "20010.5", "20010.5", True),
        ("either", "19995", "19990", False),
        ("beyond", "20015", "20020", True),
    ]


def test_quotes_reach_nothing_where_trades_are_told(tells):
    async def script(at, heard):
        await at.wait(above="20010")
        await at.until(30.05)
        assert heard == []
        await at.until(35)

    assert tells(script) == [("", "20010", "20010.25", True)]


def test_what_was_before_does_not_count_and_one_that_was_ended_is_not_told(tells):
    async def script(at, heard):
        end = await at.wait(below="19995", name="ended")
        given = {"levels": Levels(None, MNQ.units("19995"))}
        other = await at.market.subscribe(MNQ, Channel.CROSSINGS, heard.append, **given)
        await at.until(35)
        await at.wait(above="20010", name="again")
        end()
        await at.market.unsubscribe(other)
        await at.until(65)

    assert tells(script) == [("again", "20010", "20020", True)]


def test_a_subscription_that_is_over_may_be_ended_and_others_go_on(tells):
    async def script(at, heard):
        trades = []
        await at.market.subscribe(MNQ, Channel.TRADES, trades.append)
        told = await at.market.subscribe(
            MNQ, Channel.CROSSINGS, heard.append, levels=Levels(MNQ.units("20010"))
        )
        await at.until(35)
        await at.market.unsubscribe(told)
        await at.until(65)
        assert [str(each.price) for each in trades][-2:] == ["19990", "20020"]

    assert [price for _, _, price, _ in tells(script)] == ["20010.25"]


def test_levels_are_needed(tells):
    async def script(at, heard):
        assert Channel.CROSSINGS in at.market.offers.channels
        with pytest.raises(Refused, match="levels"):
            await at.market.subscribe(MNQ, Channel.CROSSINGS, heard.append)
        with pytest.raises(UsageError, match="no level"):
            await at.wait()

    assert tells(script) == []
