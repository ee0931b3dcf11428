"""Levels are looked for in columns, and told as if every row had been heard."""

import asyncio
from random import Random

import numpy as np
import pytest

from dryfill.sim.feed.crossing_stream import CrossingStream
from dryfill.sim.feed.market_states import MarketStates
from dryfill.sim.feed.sim_market import SimMarket
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.events import Crossing
from dryfill.trading.levels import Levels
from dryfill.trading.market import Channel
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
ROWS = """
    10 quote 100x5 101x5
    20 trade 101x1 buyer
    30 quote 104x5 105x5
    40 trade 102x1
    50 trade 99x1
    60 trade 104x1
    70 trade 104x1
"""


class Feed:
    """A market in virtual time; what is told goes to `heard` as (what, price, ms)."""

    def __init__(self, tape, latency="zero"):
        self.loop = VirtualLoop(T0)
        self.process = Process("client", self.loop)
        wire = Wire(self.loop, latency_profile(latency), 0)
        states = MarketStates(ES, (), lambda: self.loop.now_ns)
        self.market = SimMarket(self.loop, wire, self.process, ES, tape, states)
        self.loop.add_source(self.market)
        self.heard = []

    def hear(self, event):
        price = event.price_ticks if hasattr(event, "price_ticks") else event.bid_ticks
        name = type(event).__name__.lower()
        self.heard.append((name, price, (self.loop.now_ns - T0) / MS))

    def wait(self, above=None, below=None, sink=None):
        levels = Levels(above, below)
        answer = self.market.subscribe(ES, Channel.CROSSINGS, sink or self.hear, levels=levels)
        return answer.result()

    def play(self, script, until_ms=10_000):
        async def main():
            await self.process.spawn(script(), "client")
            done = self.loop.create_future()
            self.loop.call_at_ns(T0 + until_ms * MS, done.set_result, None)
            await done

        run_on(self.loop, main())
        return self.heard


def test_the_first_trade_that_reaches_a_level_is_told_once_after_its_latency(tape_of):
    feed = Feed(tape_of(ROWS), "3ms")

    async def script():
        feed.wait(above=102)
        feed.wait(above=103, below=99)
        feed.wait(below=50)

    assert feed.play(script) == [("crossing", 102, 43), ("crossing", 99, 53)]


def test_where_there_are_no_trades_the_whole_quote_has_to_be_there(tape_of):
    feed = Feed(tape_of("10 quote 100x5 -\n20 quote 99x1 101x1\n30 quote 101x1 102x1"))

    async def script():
        feed.wait(above=101)
        feed.wait(below=101)

    assert feed.play(script) == [("crossing", 101, 20), ("crossing", 101, 30)]


def test_it_comes_among_other_events_in_the_order_of_the_file(tape_of):
    feed = Feed(tape_of("10 trade 5x1\n20 quote 7x1 8x1\n20 trade 9x1\n20 quote 8x1 9x1"), "1ms")

    async def script():
        feed.wait(above=9)
        for channel in (Channel.QUOTES, Channel.TRADES):
            feed.market.subscribe(ES, channel, feed.hear)

    heard = feed.play(script)
    assert [what for what, _, at in heard if at == 21] == ["quote", "crossing", "trade", "quote"]


def test_what_was_traded_before_it_was_waited_for_does_not_count(tape_of):
    feed = Feed(tape_of(ROWS))

    async def script():
        await asyncio.sleep(0.060)
        feed.wait(above=104)  # the trade of this nanosecond was before
        feed.wait(below=101)

    assert feed.play(script) == [("crossing", 104, 70)]


def test_the_rows_of_the_first_nanosecond_are_still_to_come(tape_of):
    feed = Feed(tape_of("0 trade 5x1\n5 trade 6x1"))

    async def script():
        feed.wait(above=5)

    assert feed.play(script) == [("crossing", 5, 0)]


def test_one_that_was_ended_is_not_told(tape_of):
    feed = Feed(tape_of(ROWS), "20ms")

    async def script():
        ended = [feed.wait(above=102), feed.wait(below=99)]
        await asyncio.sleep(0.055)  # the first is on its way
        for each in ended:
            feed.market.unsubscribe(each)
        feed.wait(above=104)

    assert feed.play(script) == [("crossing", 104, 80)]


def test_levels_are_needed_and_a_market_of_bars_has_no_such_thing(tape_of):
    market = Feed(tape_of(ROWS)).market
    refused = [market.subscribe(ES, Channel.CROSSINGS, print)]
    assert isinstance(refused[0].exception(), Refused)
    assert Channel.CROSSINGS in market.offers.channels


def walked(tape, levels, after_ns, nothing_yet):
    """What a level is told by hearing every row: the naive way."""
    rows = tape.trades if len(tape.trades.seq) else tape.quotes
    prices = (rows.price, rows.price) if rows is tape.trades else (rows.bid, rows.ask)
    columns = [column.tolist() for column in (rows.time_ns, *prices)]
    for time_ns, low, high in zip(*columns, strict=True):
        if time_ns > after_ns - nothing_yet:
            crossing = levels.crossing(ES, time_ns, low, high)
            if crossing is not None:
                return (crossing.time_ns, crossing.price_ticks, crossing.level_ticks)
    return None


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_in_columns_is_what_hearing_every_row_would_find(seed):
    rng = Random(seed)
    rows = rng.choice((5, 300, 3_000))
    time_ns = T0 + np.cumsum([rng.choice((0, 1, 7)) for _ in range(rows)]) * MS
    price = 100 + np.cumsum([rng.choice((-1, 0, 1)) for _ in range(rows)])
    n, ones = np.arange(rows), np.ones(rows, np.int64)
    wide = price + np.array([rng.choice((0, 1, 3)) for _ in range(rows)])
    tape = make_tape(
        *(
            (None, TradeRows(n, time_ns, price, ones, ones))
            if seed % 2
            else (QuoteRows(n, time_ns, price, ones, wide, ones), None)
        )
    )
    feed, told, meant = Feed(tape), [], []

    async def script():
        for number in range(12):
            near = 100 + rng.randrange(-60, 60)
            far = near - rng.randrange(1, 9) * rng.choice((1, 9))
            levels = Levels(near if rng.random() < 0.7 else None, far)
            first = not number
            found = walked(tape, levels, feed.loop.now_ns, first)
            meant.append(None if found is None else (number, *found))

            def hear(event, number=number):
                assert isinstance(event, Crossing)
                assert event.time_ns == feed.loop.now_ns
                told.append((number, event.time_ns, event.price_ticks, event.level_ticks))

            feed.wait(levels.above, levels.below, hear)
            await asyncio.sleep(rng.randrange(1, 40) / 1000)

    feed.play(script, until_ms=30_000)
    assert sorted(told) == [each for each in meant if each is not None]
    assert [at for _, at, *_ in told] == sorted(at for _, at, *_ in told)


@pytest.mark.parametrize("at", [0, 1_023, 1_024, 3_071, 3_072, 7_167, 7_168, 9_999])
def test_no_row_is_passed_over_between_one_look_and_the_next(at):
    n, ones = np.arange(10_000), np.ones(10_000, np.int64)
    price = ones.copy()
    price[at] = 9
    feed = Feed(make_tape(None, TradeRows(n, T0 + n * MS, price, ones, ones)))

    async def script():
        feed.wait(above=9)

    assert feed.play(script, until_ms=20_000) == [("crossing", 9, at)]


def test_a_reader_ahead_of_the_loop_leaves_crossings_to_it(tape_of):
    feed = Feed(tape_of(ROWS))

    async def script():
        feed.wait(above=102)
        assert not feed.market.pull({feed.hear: None})
        feed.market.next_moment(T0 + 10**12)
        assert not feed.market.pull({feed.hear: None})

    assert feed.play(script) == [("crossing", 102, 40)]


def test_a_level_far_away_is_looked_for_no_further_than_the_world_has_come(monkeypatch):
    rows = 200_000
    n, ones = np.arange(rows), np.ones(rows, np.int64)
    tape = make_tape(None, TradeRows(n, T0 + n * MS, ones, ones, ones))
    looked = []
    look = CrossingStream.look
    monkeypatch.setattr(CrossingStream, "look", lambda self: (looked.append(1), look(self))[1])
    feed = Feed(tape)

    async def script():
        for _ in range(50):
            end = feed.wait(above=99)
            await asyncio.sleep(0.010)
            feed.market.unsubscribe(end)

    feed.play(script, until_ms=600)
    assert 50 <= len(looked) <= 60


def test_one_latency_is_drawn_for_each_and_at_once_so_that_others_keep_theirs(tape_of):
    def heard(looks):
        feed = Feed(tape_of(ROWS), "live")

        async def script():
            feed.wait(above=104)
            feed.market.subscribe(ES, Channel.TRADES, feed.hear)
            for _ in range(looks):
                feed.market.next_moment(T0 + 10**12)
            await asyncio.sleep(0)

        return feed.play(script)

    assert heard(0) == heard(3)
    assert [what for what, _, _ in heard(0)].count("crossing") == 1
