"""The feed: one connection in order, nothing early, nothing twice, nothing missing."""

import asyncio

import pytest

from dryfill.scenarios import synthetic
from dryfill.scenarios.bars import to_bars
from dryfill.sim.feed.market_states import MarketStates
from dryfill.sim.feed.sim_market import SimMarket
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.events import Bar, Quote, StatusChange, Trade
from dryfill.trading.market import Channel
from dryfill.trading.tape import make_tape
from dryfill.trading.words import Side, TradingStatus

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
S = 1000 * MS
HEARD = {
    Quote: ("quote", "bid_ticks"),
    Trade: ("trade", "price_ticks"),
    Bar: ("bar", "close_ticks"),
    StatusChange: ("status", "status"),
}


class Feed:
    """A market in virtual time. What its sinks hear goes to `heard` as (kind, value, ms)."""

    def __init__(self, tape, latency="zero", *, start_ms=0, changes=()):
        self.loop = VirtualLoop(T0 + start_ms * MS)
        self.process = Process("client", self.loop)
        wire = Wire(self.loop, latency_profile(latency), 0)
        changes = [(T0 + ms * MS, status) for ms, status in changes]
        self.states = MarketStates(ES, changes, lambda: self.loop.now_ns)
        self.market = SimMarket(self.loop, wire, self.process, ES, tape, self.states)
        self.loop.add_source(self.market)
        self.heard = []

    @property
    def ms(self):
        return (self.loop.now_ns - T0) / MS

    def hear(self, event):
        kind, name = HEARD[type(event)]
        self.heard.append((kind, getattr(event, name), self.ms))

    def subscribe(self, channel, sink=None, **given):
        return self.market.subscribe(ES, channel, sink or self.hear, **given).result()

    def play(self, script, until_ms=10_000):
        async def main():
            await self.process.spawn(script(), "client")
            done = self.loop.create_future()
            self.loop.call_at_ns(T0 + until_ms * MS, done.set_result, None)
            await done

        run_on(self.loop, main())
        return self.heard

    def hear_all(self, *channels, **given):
        async def script():
            for channel in channels:
                self.subscribe(channel)

        return self.play(script, **given)


class Latencies:
    """The next message takes the next of these times, in ms; 0 after the last."""

    def __init__(self, *ms):
        self.ms = list(ms)

    def draw(self, rng):
        return self.ms.pop(0) * MS if self.ms else 0


def feed_of(*ms):
    return {"from": "zero", "feed": Latencies(*ms)}


TICKS = """
    10 quote 100x5 101x5
    20 trade 101x1 buyer
    20 quote 101x5 102x5
    30 quote 102x5 103x5
"""


def test_every_row_comes_after_its_latency(tape_of):
    heard = Feed(tape_of(TICKS), "3ms").hear_all(Channel.QUOTES, Channel.TRADES)
    assert heard == [
        ("quote", 100, 13),
        ("trade", 101, 23),
        ("quote", 101, 23),
        ("quote", 102, 33),
    ]


@pytest.mark.parametrize("swap", [False, True])
def test_at_one_nanosecond_the_order_is_that_of_the_file_whoever_subscribed_first(tape_of, swap):
    channels = [Channel.QUOTES, Channel.TRADES]
    heard = Feed(tape_of(TICKS)).hear_all(*(channels[::-1] if swap else channels))
    assert [kind for kind, _, at in heard if at == 20] == ["trade", "quote"]


def test_a_late_message_holds_up_those_behind_it_of_every_channel(tape_of):
    feed = Feed(tape_of(TICKS), feed_of(15, 1, 1, 1))
    heard = feed.hear_all(Channel.QUOTES, Channel.TRADES)
    assert [at for _, _, at in heard] == [25, 25, 25, 31]
    assert [kind for kind, _, _ in heard] == ["quote", "trade", "quote", "quote"]


def test_what_is_held_up_comes_when_the_late_one_is_not_wanted_any_more(tape_of):
    feed = Feed(tape_of(TICKS), feed_of(500, 1))

    async def script():
        quotes = feed.subscribe(Channel.QUOTES)
        feed.subscribe(Channel.TRADES)
        await asyncio.sleep(0.1)
        feed.market.unsubscribe(quotes)

    assert feed.play(script) == [("trade", 101, 100)]


def test_who_subscribes_in_the_middle_hears_what_the_feed_gets_from_then_on(tape_of):
    feed = Feed(tape_of(TICKS), "15ms")

    async def script():
        await asyncio.sleep(0.020)
        feed.subscribe(Channel.QUOTES)

    assert feed.play(script) == [("quote", 102, 45)]


def test_who_subscribes_before_anything_happened_hears_the_first_row_as_well(tape_of):
    tape = tape_of("0 quote 1x1 2x1\n5 quote 2x1 3x1")
    assert Feed(tape, "1ms").hear_all(Channel.QUOTES) == [("quote", 1, 1), ("quote", 2, 6)]
    feed = Feed(tape)

    async def script():
        feed.subscribe(Channel.QUOTES, lambda event: feed.subscribe(Channel.QUOTES))

    assert feed.play(script) == [("quote", 2, 5)]


def test_unsubscribing_in_a_sink_ends_it_at_once_and_leaves_the_others(tape_of):
    feed = Feed(tape_of(TICKS))

    async def script():
        def once(event):
            feed.hear(event)
            feed.market.unsubscribe(quotes)

        quotes = feed.subscribe(Channel.QUOTES, once)
        feed.subscribe(Channel.TRADES)

    assert feed.play(script) == [("quote", 100, 10), ("trade", 101, 20)]


def test_subscribing_in_a_sink_begins_after_that_moment(tape_of):
    feed = Feed(tape_of(TICKS))

    async def script():
        def more(event):
            feed.hear(event)
            feed.subscribe(Channel.QUOTES)

        feed.subscribe(Channel.TRADES, more)

    assert feed.play(script) == [("trade", 101, 20), ("quote", 102, 30)]


def test_two_subscriptions_of_one_channel_are_told_the_first_first(tape_of):
    feed, told = Feed(tape_of("5 quote 1x1 2x1")), []

    async def script():
        for name in "ab":
            feed.subscribe(Channel.QUOTES, lambda event, name=name: told.append(name))

    feed.play(script)
    assert told == ["a", "b"]


def test_after_a_crash_nothing_is_told(tape_of):
    feed = Feed(tape_of(TICKS), "3ms")

    async def main():
        feed.process.run(feed.subscribe, Channel.QUOTES)
        await asyncio.sleep(0.015)
        feed.process.crash()
        await asyncio.sleep(1)

    run_on(feed.loop, main())
    assert feed.heard == [("quote", 100, 13)]


def test_rows_come_when_the_feed_had_them_and_in_its_order(tape_of):
    tape = tape_of("10 quote 1x1 9x1\n20 quote 2x1 9x1\n30 quote 3x1 9x1", {"quote": [12, 50, 31]})
    assert Feed(tape, "1ms").hear_all(Channel.QUOTES) == [
        ("quote", 1, 13),
        ("quote", 2, 51),
        ("quote", 3, 51),
    ]


def test_a_row_on_its_way_to_the_feed_is_heard_by_who_subscribes_then(tape_of):
    tape = tape_of("10 quote 1x1 9x1\n20 quote 2x1 9x1", {"quote": [40, 50]})
    feed = Feed(tape)

    async def script():
        await asyncio.sleep(0.030)
        feed.subscribe(Channel.QUOTES)

    assert feed.play(script) == [("quote", 1, 40), ("quote", 2, 50)]


def test_values_come_as_they_are_and_what_is_absent_as_none(tape_of):
    feed, got = Feed(tape_of("5 quote - 102x?\n6 trade 101x3 seller\n7 trade 101x3")), []

    async def script():
        for channel in (Channel.QUOTES, Channel.TRADES):
            feed.subscribe(channel, got.append)

    feed.play(script)
    quote, trade, unknown = got
    assert (quote.bid_ticks, quote.ask_ticks, quote.ask_size) == (None, 102, None)
    assert (quote.time_ns, quote.ask) == (T0 + 5 * MS, ES.decimal(102))
    assert (trade.size, trade.aggressor, unknown.aggressor) == (3, Side.SELL, None)


SECONDS = """
    100  trade 5x1
    900  trade 7x1
    1000 trade 6x1
    3500 trade 9x1
"""


def bar_feed(tape, latency="zero", until_ms=10_000):
    feed = Feed(tape, latency)

    async def script():
        feed.subscribe(Channel.BARS, span_ns=S)

    return feed.play(script, until_ms)


def test_a_bar_is_told_at_its_end_plus_the_latency(tape_of):
    assert bar_feed(tape_of(SECONDS), "7ms") == [
        ("bar", 7, 1007),
        ("bar", 6, 2007),
        ("bar", 9, 4007),
    ]


def test_a_bar_ends_before_the_row_at_its_end(tape_of):
    feed = Feed(tape_of(SECONDS))

    async def script():
        feed.subscribe(Channel.TRADES)
        feed.subscribe(Channel.BARS, span_ns=S)

    assert feed.play(script)[2:4] == [("bar", 7, 1000), ("trade", 6, 1000)]


def test_a_bar_that_is_not_over_at_the_end_of_data_is_not_told(tape_of):
    assert bar_feed(tape_of(SECONDS), until_ms=3999)[-1] == ("bar", 6, 2000)


def bars_heard(tape, warmup_at_ms, span_ns, count=100):
    """(starts of history, starts of what was told) for one who comes in the middle."""
    feed = Feed(tape, "5ms")
    history, told = [], []

    async def script():
        await asyncio.sleep(warmup_at_ms / 1000)
        feed.subscribe(Channel.BARS, lambda bar: told.append(bar), span_ns=span_ns)
        history.extend(await feed.market.history(ES, span_ns, count))

    feed.play(script, until_ms=7_200_000)
    return history, told


def fields(bar):
    names = ("time_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks", "volume")
    return tuple(getattr(bar, name) for name in names)


@pytest.mark.parametrize("at_ms", [299_999, 300_000, 300_001, 1_234_567])
def test_history_and_subscription_join_without_a_gap_or_a_double(at_ms):
    # The session opens half an hour before T0.
    tape = synthetic(ES, seed=3, hours="08:30-10:00")
    history, told = bars_heard(tape, at_ms, 300 * S)
    starts = [bar.time_ns for bar in (*history, *told)]
    assert starts == list(range(tape.start_ns // S * S, tape.start_ns // S * S + 5400 * S, 300 * S))
    assert all(bar.end_ns <= T0 + at_ms * MS for bar in history)
    assert told[0].end_ns > T0 + at_ms * MS


def test_the_same_bars_come_from_ticks_and_from_one_minute_bars():
    ticks = synthetic(ES, seed=3, hours="08:30-10:00")
    minutes = make_tape(bars=to_bars(ticks, 60 * S))
    found = [
        [fields(bar) for part in bars_heard(tape, 1_000_000, 300 * S) for bar in part]
        for tape in (ticks, minutes)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 18


def test_history_takes_the_newest_and_comes_by_the_latency_later(tape_of):
    feed, came = Feed(tape_of(SECONDS), "7ms", start_ms=2_000), []

    async def script():
        bars = await feed.market.history(ES, S, 1)
        came.extend((bar.close_ticks, feed.ms) for bar in bars)
        came.append(len(await feed.market.history(ES, S, 0)))

    feed.play(script)
    assert came == [(6, 2007), 0]


def test_a_bar_whose_last_trade_is_still_on_its_way_is_not_history_yet(tape_of):
    tape = tape_of("0 trade 5x1\n900 trade 7x1\n2500 trade 6x1", {"trade": [1, 1300, 2501]})
    for at_ms, known in ((1200, []), (1300, [7])):
        history, told = bars_heard(tape, at_ms, S)
        assert [bar.close_ticks for bar in history] == known
        assert [bar.close_ticks for bar in (*history, *told)] == [7, 6]


def quoted_bars(tape):
    return make_tape(bars=to_bars(tape, S))


def test_of_bars_the_quote_is_the_close_of_each_and_comes_before_its_bar(tape_of):
    tape = quoted_bars(
        tape_of("0 quote 5x1 6x2\n500 trade 6x1\n900 quote 7x3 8x4\n1100 quote 9x1 9x1")
    )
    feed, got = Feed(tape), []

    async def script():
        feed.subscribe(Channel.BARS, got.append, span_ns=S)
        feed.subscribe(Channel.QUOTES, got.append)

    feed.play(script)
    assert [type(event) for event in got] == [Quote, Bar, Quote]
    first = got[0]
    assert (first.time_ns, first.bid_ticks, first.ask_ticks) == (T0 + S, 7, 8)
    assert (first.bid_size, first.ask_size) == (3, 4)


def test_changes_of_state_are_told_before_the_rows_of_their_nanosecond(tape_of):
    changes = [(0, TradingStatus.OPEN), (20, TradingStatus.HALT)]
    feed = Feed(tape_of(TICKS), "1ms", changes=changes)
    heard = feed.hear_all(Channel.TRADES, Channel.STATUS)
    assert heard == [("status", TradingStatus.HALT, 21), ("trade", 101, 21)]


def test_chunks_of_rows_join(tape_of, monkeypatch):
    monkeypatch.setattr("dryfill.sim.feed.streams._CHUNK", 3)
    tape = tape_of("\n".join(f"{n} quote {n}x1 {n + 1}x1" for n in range(1, 11)))
    heard = Feed(tape).hear_all(Channel.QUOTES)
    assert [value for _, value, _ in heard] == list(range(1, 11))
