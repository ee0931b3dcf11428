"""The desk: one inbox for everything, bars warmed up, and nothing left behind."""

import asyncio
from random import Random

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.broker import Offers
from dryfill.trading.desk import Desk
from dryfill.trading.errors import UsageError
from dryfill.trading.events import Bar, Quote, StatusChange, Trade
from dryfill.trading.market import Channel, MarketOffers, Subscription
from dryfill.trading.words import Side, TradingStatus

ES = instruments.find("ES")
MIN = 60 * 10**9


def done(value):
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


class FakeMarket:
    """A market port that tells what the test tells."""

    def __init__(self, history=()):
        self.offers = MarketOffers(frozenset(Channel), True)
        self.past = list(history)
        self.sinks = {}

    def subscribe(self, instrument, channel, sink, *, span_ns=0, levels=None):
        self.sinks[channel] = sink
        return done(Subscription(instrument, channel, span_ns, len(self.sinks)))

    def history(self, instrument, span_ns, count):
        return done(self.past[-count:])


class NoBroker:
    """A broker port that nothing is asked of."""

    offers = Offers(
        ord_types=frozenset(),
        tifs=frozenset(),
        modify_in_place=True,
        native_brackets=False,
        lossless_stream=True,
    )

    def listen(self, sink):
        self.sink = sink


def bar(n, units=16_000):
    return Bar(ES, n * MIN, MIN, (units, units, units, units), 1)


def on_desk(script, history=()):
    async def main():
        market = FakeMarket(history)
        desk = Desk(market, NoBroker(), ES, now_ns=lambda: 5, random=Random(1))
        await desk.open()
        await script(desk, market)

    run_virtual(main(), origin_ns=0)


async def heard(desk):
    """What the desk tells once its inbox is closed behind it."""
    got = []

    async def read():
        async for event in desk.events():
            got.append(event)

    reader = asyncio.ensure_future(read())
    for _ in range(50):
        await asyncio.sleep(0)
    desk.close()
    await reader
    return got


@pytest.mark.parametrize(("past", "told"), [(5, [5, 6, 7]), (3, [5, 6, 7]), (1, [7]), (0, [])])
def test_who_hears_of_a_bar_has_the_warm_up_before_it(past, told):
    async def script(desk, market):
        bars = await desk.subscribe_bars("1m", warmup=3)
        assert len(bars) == min(past, 3)
        for n in range(5, 8):
            market.sinks[Channel.BARS](bar(n))
        assert [event.time_ns // MIN for event in await heard(desk)] == told
        assert len(bars) == min(past, 3) + 3

    on_desk(script, [bar(n) for n in range(past)])


def test_a_bar_that_history_had_already_is_not_told_again():
    async def script(desk, market):
        bars = await desk.subscribe_bars("1m", warmup=2)
        market.sinks[Channel.BARS](bar(4))
        market.sinks[Channel.BARS](bar(5))
        assert [event.time_ns // MIN for event in await heard(desk)] == [5]
        assert list(bars.time_ns // MIN) == [3, 4, 5]

    on_desk(script, [bar(3), bar(4)])


def test_a_negative_warm_up_is_refused():
    async def script(desk, market):
        with pytest.raises(UsageError, match="warmup is -1; give a number of bars from 0"):
            await desk.subscribe_bars("1m", warmup=-1)

    on_desk(script)


def test_a_timer_rings_until_it_is_cancelled_or_the_desk_closes():
    async def script(desk, market):
        cancel = desk.every("7s")
        desk.every("10s", "ten")
        await asyncio.sleep(22)
        cancel()
        await asyncio.sleep(9)
        names = [event.name for event in await heard(desk)]
        assert names == ["7s", "ten", "7s", "ten", "7s", "ten"]
        await asyncio.sleep(100)

    on_desk(script)


def test_the_market_entry_of_a_bracket_is_checked_against_the_newest_that_was_told():
    async def script(desk, market):
        assert desk.prices.entry(ES, Side.BUY) is None
        await desk.subscribe_bars("1m")
        market.sinks[Channel.BARS](bar(1, 16_000))
        assert desk.prices.entry(ES, Side.BUY) == ES.decimal(16_000)
        await desk.subscribe_trades()
        market.sinks[Channel.TRADES](Trade(ES, 1, 16_001, 1, None))
        assert desk.prices.entry(ES, Side.BUY) == ES.decimal(16_001)
        await desk.subscribe_quotes()
        market.sinks[Channel.QUOTES](Quote(ES, 1, 16_002, 1, 16_004, 1))
        assert desk.prices.entry(ES, Side.BUY) == ES.decimal(16_004)
        assert desk.prices.entry(ES, Side.SELL) == ES.decimal(16_002)
        assert desk.quote.bid_ticks == 16_002
        assert desk.last_trade.price_ticks == 16_001

    on_desk(script)


def test_the_state_of_the_market_reaches_the_manager_and_only_who_asked_for_it():
    async def script(desk, market):
        states = []
        desk.manager.on_status = lambda instrument, status: states.append(status)
        market.sinks[Channel.STATUS](StatusChange(ES, 1, TradingStatus.OPEN))
        assert states == [TradingStatus.OPEN]
        assert await heard(desk) == []

    on_desk(script)


def test_the_clock_is_the_one_that_was_given():
    async def script(desk, market):
        assert desk.now_ns == 5
        assert desk.now.isoformat() == "1970-01-01T00:00:00+00:00"

    on_desk(script)
