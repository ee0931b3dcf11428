"""Prices that are waited for: what reaches a level, and the trader's side of it."""

import asyncio
from random import Random

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.broker import Offers
from dryfill.trading.desk import Desk
from dryfill.trading.errors import OffGrid, UsageError
from dryfill.trading.events import Crossing
from dryfill.trading.levels import Levels
from dryfill.trading.market import Channel, MarketOffers, Subscription

ES = instruments.find("ES")


@pytest.mark.parametrize(
    ("above", "below", "low", "high", "told"),
    [
        (10, None, 9, 9, None),
        (10, None, 10, 10, (10, 10, True)),
        (10, None, 12, 12, (10, 12, True)),
        (None, 5, 6, 6, None),
        (None, 5, 5, 5, (5, 5, False)),
        (None, 5, 2, 2, (5, 2, False)),
        (10, 5, 7, 7, None),
        (10, 5, 11, 11, (10, 11, True)),
        (10, 5, 4, 4, (5, 4, False)),
        (10, None, 9, 10, None),  # a quote: only its ask is there
        (None, 5, 5, 6, None),  # only its bid is
        (10, None, None, 20, None),  # nobody bids
        (None, 5, 1, None, None),  # nobody offers
        (10, 5, 10, 5, (10, 10, True)),  # a crossed quote that is at both
    ],
)
def test_a_level_is_reached_by_the_whole_market(above, below, low, high, told):
    crossing = Levels(above, below).crossing(ES, 7, low, high)
    got = crossing and (crossing.level_ticks, crossing.price_ticks, crossing.rising)
    assert got == told
    assert crossing is None or crossing.time_ns == 7


def test_a_crossing_says_prices_and_which_way():
    crossing = Levels(None, 16_000).crossing(ES, 3, 15_998, 15_998)
    assert (str(crossing.level), str(crossing.price)) == ("4000", "3999.5")
    assert repr(crossing) == "Crossing(ES falling to 4000 at 3999.5, time_ns=3)"


class WaitingMarket:
    """A market port that keeps what was asked, for the test to answer."""

    offers = MarketOffers(frozenset({Channel.CROSSINGS}), True)

    def __init__(self):
        self.asked = []
        self.ended = []

    def subscribe(self, instrument, channel, sink, *, span_ns=0, levels=None):
        self.asked.append((instrument.symbol, channel, levels, sink))
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(Subscription(instrument, channel, span_ns, len(self.asked)))
        return answer

    def unsubscribe(self, subscription):
        self.ended.append(subscription.number)


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
        pass


def on_desk(script):
    async def main():
        market = WaitingMarket()
        desk = Desk(market, NoBroker(), ES, now_ns=lambda: 5, random=Random(1))
        await script(desk, market)

    run_virtual(main(), origin_ns=0)


def reach(market, number, price=16_004):
    market.asked[number][3](Crossing(ES, 9, 16_000, price, True))


def test_a_desk_waits_for_levels_as_people_write_them_and_its_reader_is_told_by_name():
    async def script(desk, market):
        await desk.subscribe_crossing(above="4001", below=3999, name="range")
        symbol, channel, levels, _ = market.asked[0]
        assert (symbol, channel, levels) == ("ES", Channel.CROSSINGS, Levels(16_004, 15_996))
        assert Channel.CROSSINGS in desk.subscribed
        reach(market, 0)
        event = await desk.inbox.get()
        assert (type(event), event.name, str(event.price)) == (Crossing, "range", "4001")

    on_desk(script)


def test_one_that_was_ended_is_not_told_and_ended_at_the_market_once():
    async def script(desk, market):
        end = await desk.subscribe_crossing(above="4001")
        end()
        end()
        reach(market, 0)  # it was on its way
        other = await desk.subscribe_crossing(above="4001", name="other")
        reach(market, 1)
        reach(market, 1)
        other()  # it is over already
        assert (await desk.inbox.get()).name == "other"
        assert not desk.inbox._events
        assert market.ended == [1]

    on_desk(script)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, UsageError, "no level is given; write above="),
        ({"above": "4000", "below": "4000"}, UsageError, "above 4000 is not above below 4000"),
        ({"above": "4000.10"}, OffGrid, r"4000\.10"),
        ({"below": "x"}, UsageError, "x"),
    ],
)
def test_what_is_no_level_is_refused_before_anything_is_asked(given, error, said):
    async def script(desk, market):
        with pytest.raises(error, match=said):
            await desk.subscribe_crossing(**given)
        assert market.asked == []
        assert desk.subscribed == set()

    on_desk(script)
