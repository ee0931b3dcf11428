"""What the feed tells of the market's state when the venue changes it by itself."""

import pytest

from dryfill.sim.feed.market_states import MarketStates
from dryfill.sim.feed.sim_market import SimMarket
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.events import Quote, StatusChange
from dryfill.trading.market import Channel
from dryfill.trading.words import TradingStatus

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
OPEN, HALT, CLOSE = TradingStatus.OPEN, TradingStatus.HALT, TradingStatus.CLOSE
ROWS = "\n".join(f"{ms} quote 100x5 101x5" for ms in range(10, 100, 20))


class Feed:
    """A feed that takes 5 ms, and changes of the venue's at moments in ms."""

    def __init__(self, tape, *changes, calendar=()):
        self.loop = VirtualLoop(T0)
        told = [(T0 + ms * MS, status) for ms, status in calendar]
        self.states = MarketStates(ES, told, lambda: self.loop.now_ns)
        self.process = Process("client", self.loop)
        wire = Wire(self.loop, latency_profile("5ms"), 0)
        self.market = SimMarket(self.loop, wire, self.process, ES, tape, self.states)
        self.loop.add_source(self.market)
        self.heard = []
        for ms, status in changes:
            self.loop.call_at_ns(T0 + ms * MS, self.states.change, status)

    def hear(self, event):
        what = event.status if isinstance(event, StatusChange) else type(event)
        self.heard.append((what, (self.loop.now_ns - T0) / MS, (event.time_ns - T0) / MS))

    def at(self, ms, call):
        self.loop.call_at_ns(T0 + ms * MS, call)

    def subscribe(self, channel=Channel.STATUS):
        return self.market.subscribe(ES, channel, self.hear).result()

    def play(self):
        async def main():
            done = self.loop.create_future()
            self.at(1000, lambda: done.set_result(None))
            await done

        run_on(self.loop, main())
        return self.heard


def test_a_change_of_the_venues_comes_after_the_feeds_latency(tape_of):
    feed = Feed(tape_of(ROWS), (20, HALT), (40, OPEN))
    feed.subscribe()
    assert feed.play() == [(HALT, 25, 20), (OPEN, 45, 40)]


@pytest.mark.parametrize("first", [Channel.QUOTES, Channel.STATUS])
def test_a_change_comes_in_its_place_among_the_prices(tape_of, first):
    feed = Feed(tape_of(ROWS), (50, HALT))
    feed.subscribe(first)
    feed.subscribe(Channel.STATUS if first is Channel.QUOTES else Channel.QUOTES)
    told = [(what, ms) for what, ms, _ in feed.play() if ms <= 75]
    # One connection: what the feed had before comes before, and of one moment the state is first.
    assert told == [(Quote, 15), (Quote, 35), (HALT, 55), (Quote, 55), (Quote, 75)]


def test_a_state_that_stands_is_told_to_whoever_comes_later(tape_of):
    feed = Feed(tape_of(ROWS), (20, HALT), (60, OPEN))
    feed.at(30, feed.subscribe)
    assert feed.play() == [(HALT, 35, 30), (OPEN, 65, 60)]


def test_what_the_calendar_said_since_is_not_undone_for_whoever_comes_later(tape_of):
    feed = Feed(tape_of(ROWS), (20, HALT), calendar=[(30, CLOSE), (70, OPEN)])
    feed.at(40, feed.subscribe)
    assert feed.play() == [(OPEN, 75, 70)]


def test_who_has_unsubscribed_hears_nothing(tape_of):
    feed = Feed(tape_of(ROWS), (20, HALT), (40, OPEN))
    subscription = feed.subscribe()
    feed.at(30, lambda: feed.market.unsubscribe(subscription))
    assert feed.play() == [(HALT, 25, 20)]
