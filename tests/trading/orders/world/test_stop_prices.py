"""Prices are subscribed to while a stop works, by nobody's asking, and let go afterwards."""

import asyncio

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.market import Channel, MarketOffers
from dryfill.trading.order import Buy
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

FALLS = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    4000 trade 79950x1
    4001 quote 79949x5 79950x5
    40000 quote 79949x5 79950x5
    40001 trade 79950x1
    90000 quote 79949x5 79950x5
"""
QUOTES_ALONE = "\n".join(line for line in FALLS.splitlines() if "trade" not in line)
FROZEN = make_plan({"kind": "frozen", "event": "new", "role": "stop"})


class Port:
    """The market, and what is subscribed to through it."""

    def __init__(self, market):
        self._market = market
        self.open = {}

    def __getattr__(self, name):
        return getattr(self._market, name)

    def subscribe(self, instrument, channel, sink, *, span_ns=0):
        future = self._market.subscribe(instrument, channel, sink, span_ns=span_ns)
        self.open[future.result().number] = channel
        return future

    def unsubscribe(self, subscription):
        del self.open[subscription.number]
        return self._market.unsubscribe(subscription)

    @property
    def channels(self):
        return [each.value for each in self.open.values() if each is not Channel.STATUS]


def play(world, market, script, **setup):
    here = world(market, **setup)
    here.market = port = Port(here.market)
    seen = []

    async def trade(desk):
        await script(desk, lambda: seen.append(port.channels))
        return []

    record = here.run(trade)
    return seen, record


@pytest.mark.parametrize(("market", "told"), [(FALLS, "trades"), (QUOTES_ALONE, "quotes")])
def test_they_come_while_a_stop_works_and_go_with_the_last(world, market, told):
    async def script(desk, look):
        await asyncio.sleep(0.5)
        look()
        bracket = await desk.bracket(Buy(1), stop=Ticks(400))
        await asyncio.sleep(0.5)
        look()
        await desk.flatten()
        assert not bracket.position
        await asyncio.sleep(4.8)
        look()
        await asyncio.sleep(0.5)
        look()
        await desk.bracket(Buy(1), stop=Ticks(400))
        await asyncio.sleep(0.5)
        look()
        await desk.flatten()

    settings = OrderSettings(prices_kept_s=5)
    seen, _ = play(world, market, script, plan=FROZEN, settings=settings)
    assert seen == [[], [told], [told], [], [told]]


def test_a_broker_whose_stops_are_sure_needs_none(world):
    async def script(desk, look):
        await asyncio.sleep(0.5)
        await desk.bracket(Buy(1), stop=Ticks(400))
        await asyncio.sleep(0.5)
        look()
        await desk.flatten()

    assert play(world, FALLS, script)[0] == [[]]


def test_a_bracket_whose_stop_follows_the_market_keeps_them(world):
    async def script(desk, look):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(1), stop=Ticks(40))
        other = await desk.bracket(Buy(1, limit="19000"), stop=Ticks(40), trail=Ticks(9))
        await bracket.closed()
        await asyncio.sleep(10)
        look()
        await desk.cancel(other.entry)

    settings = OrderSettings(prices_kept_s=5)
    assert play(world, FALLS, script, plan=FROZEN, settings=settings)[0] == [["trades"]]


@pytest.mark.parametrize(("market", "px"), [(FALLS, "trades"), (QUOTES_ALONE, "quotes")])
def test_who_subscribes_to_nothing_gets_the_alarm(world, market, px):
    async def script(desk, look):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40))
        await bracket.closed()

    _, record = play(world, market, script, plan=FROZEN)
    assert [incident.kind for incident in record.incidents] == ["stop_traded_through"]
    sold = [fill.qty for fill in record.desk.executions if fill.side.sign < 0]
    assert sold == [2]


def test_a_market_that_tells_no_prices_is_not_asked_for_any(world, monkeypatch):
    async def script(desk, look):
        bars = MarketOffers(frozenset({Channel.BARS}), False)
        monkeypatch.setattr(type(desk.market._market), "offers", bars)
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40))
        await asyncio.sleep(9)
        look()
        assert bracket.position == 2
        await desk.flatten()

    seen, record = play(world, FALLS, script, plan=FROZEN)
    assert seen == [[]]
    assert not record.incidents


def test_a_subscription_that_is_refused_is_told_and_tried_with_the_next_stop(world, monkeypatch):
    async def script(desk, look):
        market, refused = desk.market, []
        subscribe = market.subscribe

        def fail(instrument, channel, sink, **more):
            refused.append(channel)
            future = asyncio.get_running_loop().create_future()
            future.set_exception(ConnectionError("no feed"))
            return future

        market.subscribe = fail
        await asyncio.sleep(0.5)
        await desk.bracket(Buy(1), stop=Ticks(400))
        await asyncio.sleep(0.5)
        look()
        market.subscribe = subscribe
        await desk.bracket(Buy(1), stop=Ticks(500))
        await asyncio.sleep(0.5)
        look()
        assert refused
        await desk.flatten()

    seen, record = play(world, FALLS, script, plan=FROZEN)
    assert seen == [[], ["trades"]]
    assert {incident.kind for incident in record.incidents} == {"stops_unwatched"}
