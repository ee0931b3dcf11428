"""The market port onto a played hub and history: merged quotes, trades, and bars as everywhere."""

import asyncio
from decimal import Decimal

import httpx
import pytest
from live_wire import MNQ_ID, START_NS, error_of, mnq, run_live

from dryfill.live.bars.bar_builder import BarBuilder
from dryfill.live.bars.bar_feed import BarFeed
from dryfill.live.rest.requests import stamp
from dryfill.live.rest.terms import Terms
from dryfill.trading.broker import Urgency
from dryfill.trading.errors import Refused
from dryfill.trading.events import Trade
from dryfill.trading.levels import Levels
from dryfill.trading.market import Channel
from dryfill.trading.words import Side

SECOND_NS, MINUTE_NS, HOUR_NS = 10**9, 60 * 10**9, 3600 * 10**9


def quote(at, **data):
    at.market.link.call("GatewayQuote", MNQ_ID, data)


def trade(at, price, volume=1, kind=0, time_ns=None):
    time_ns = at.now_ns() if time_ns is None else time_ns
    data = {"price": price, "volume": volume, "type": kind, "timestamp": stamp(time_ns)}
    at.market.link.call("GatewayTrade", MNQ_ID, [data])


async def heard(at, channel, span_ns=0):
    events = []
    market = at.session.market
    await market.subscribe(await mnq(at), channel, events.append, span_ns=span_ns)
    return events


def bar(start_ns, opened, high, low, close, volume):
    return {"t": stamp(start_ns), "o": opened, "h": high, "l": low, "c": close, "v": volume}


def short(bars):
    """Bars as (start in seconds of the run, open, high, low, close, volume)."""
    return [
        (
            (b.time_ns - START_NS) // SECOND_NS,
            *map(float, (b.open, b.high, b.low, b.close)),
            b.volume,
        )
        for b in bars
    ]


def test_quotes_come_in_parts_and_are_told_whole_without_sizes(wire):
    async def script(at):
        events = await heard(at, Channel.QUOTES)
        quote(at, symbol="F.US.MNQ", bestBid=20000, lastUpdated="2026-11-20T15:00:01Z")
        quote(at, bestAsk=20000.25, bestBid=None)
        quote(at, lastPrice=20000.25)
        quote(at, bestBid=20000.1)
        await at.settle()
        assert [(q.bid, q.ask) for q in events] == [
            (Decimal(20000), None),
            (Decimal(20000), Decimal("20000.25")),
        ]
        assert {(q.bid_size, q.ask_size) for q in events} == {(None, None)}
        assert {q.time_ns for q in events} == {START_NS + SECOND_NS}
        assert at.session.market.quarantined == 1
        assert not at.session.market.offers.quote_sizes

    run_live(wire, script, broker=False)


def test_what_a_quote_was_before_a_reconnect_is_not_told_after_it(wire):
    async def script(at):
        events = await heard(at, Channel.QUOTES)
        quote(at, bestBid=20000, bestAsk=20000.25)
        await at.settle()
        at.market.link.cut()
        await asyncio.sleep(2)
        quote(at, bestAsk=20010)
        await at.settle()
        assert (events[-1].bid, events[-1].ask) == (None, Decimal(20010))

    run_live(wire, script, broker=False)


def test_trades_are_told_in_order_with_their_aggressor_alone_or_in_lists(wire):
    async def script(at):
        events = await heard(at, Channel.TRADES)
        trade(at, 20000.25, 3)
        trade(at, 20000, 1, kind=1)
        one = {"price": 1, "volume": 1, "type": 0, "timestamp": "2026-11-20T15:00:00Z"}
        at.market.link.call("GatewayTrade", MNQ_ID, one)
        at.market.link.call("GatewayTrade", MNQ_ID, [one, one | {"price": 2, "type": None}])
        at.market.link.call("GatewayTrade", "CON.F.US.OTHER.Z26", one)
        at.market.link.call("GatewayTrade", MNQ_ID, one | {"volume": "none"})
        await at.settle()
        assert [(t.price, t.size, t.aggressor) for t in events] == [
            (Decimal("20000.25"), 3, Side.BUY),
            (Decimal(20000), 1, Side.SELL),
            (Decimal(1), 1, Side.BUY),
            (Decimal(1), 1, Side.BUY),
            (Decimal(2), 1, None),
        ]
        assert at.session.market.quarantined == 1

    run_live(wire, script, broker=False)


def test_what_is_unsubscribed_is_not_told_and_not_asked_for_any_more(wire):
    async def script(at):
        market, instrument, events = at.session.market, await mnq(at), []
        first = await market.subscribe(instrument, Channel.TRADES, events.append)
        second = await market.subscribe(instrument, Channel.TRADES, events.append)
        await market.unsubscribe(first)
        trade(at, 20000)
        await at.settle()
        assert len(events) == 1
        await market.unsubscribe(second)
        await market.unsubscribe(second)
        await at.settle()
        trade(at, 20000)
        await at.settle()
        assert len(events) == 1
        targets = [f.get("target") for f in at.market.link.sent]
        assert [t.lower() for t in targets if t and "ubscribe" in t] == [
            "subscribecontracttrades",
            "unsubscribecontracttrades",
        ]

    run_live(wire, script, broker=False)


def test_a_level_is_reached_by_a_trade_once_and_the_hub_is_left_when_nobody_waits_any_more(wire):
    async def script(at):
        market, instrument, events = at.session.market, await mnq(at), []
        for levels in (Levels(instrument.units("20001")), Levels(None, instrument.units("19999"))):
            await market.subscribe(instrument, Channel.CROSSINGS, events.append, levels=levels)
        quote(at, bestBid=20005, bestAsk=20006)  # trades are told, so that quotes do not count
        trade(at, 20000)
        trade(at, 20001.25)
        trade(at, 20002)
        await at.settle()
        assert [(e.level, e.price, e.rising) for e in events] == [
            (Decimal(20001), Decimal("20001.25"), True)
        ]
        trade(at, 19999)
        trade(at, 19998)
        await at.settle()
        assert [e.price for e in events[1:]] == [Decimal(19999)]
        targets = [f.get("target") for f in at.market.link.sent]
        assert [t.lower() for t in targets if t and "ubscribe" in t] == [
            "subscribecontracttrades",
            "unsubscribecontracttrades",
        ]
        assert at.session.last_prices.known(instrument.symbol) is None

    run_live(wire, script, broker=False)


def test_a_last_price_is_good_while_somebody_listens_and_not_after(wire):
    """A stop measured from what was told an hour ago would trigger at once, or never."""
    wire.answers["History/retrieveBars"] = {"bars": [bar(START_NS, 7, 7, 7, 7, 1)]}

    async def script(at):
        market, instrument, last = at.session.market, await mnq(at), at.session.last_prices
        quotes = await market.subscribe(instrument, Channel.QUOTES, lambda event: None)
        trades = await market.subscribe(instrument, Channel.TRADES, lambda event: None)
        trade(at, 20000)
        await at.settle()
        await market.unsubscribe(trades)
        assert await last.of(instrument, Terms(Urgency.ORDINARY, None)) == 20000
        trade(at, 20001)
        quote(at, lastPrice=20002)  # on its way while it is given up
        await asyncio.gather(asyncio.sleep(0), market.unsubscribe(quotes))
        await at.settle()
        assert last.known(instrument.symbol) is None
        assert await last.of(instrument, Terms(Urgency.ORDINARY, None)) == 7
        events = await heard(at, Channel.QUOTES)
        quote(at, bestAsk=20010)
        await at.settle()
        assert (events[-1].bid, events[-1].ask) == (None, Decimal(20010))

    run_live(wire, script, broker=False)


def test_a_last_price_of_zero_is_a_price(wire):
    """Of a spread, or of crude oil in April 2020."""
    wire.answers["History/retrieveBars"] = {"bars": [bar(START_NS, 7, 7, 7, 7, 1)]}

    async def script(at):
        instrument, last = await mnq(at), at.session.last_prices
        assert await last.of(instrument, Terms(Urgency.ORDINARY, None)) == 7
        await heard(at, Channel.TRADES)
        trade(at, 0)
        await at.settle()
        assert last.known(instrument.symbol) == 0

    run_live(wire, script, broker=False)


@pytest.mark.parametrize("channel", [Channel.DEPTH, Channel.STATUS])
def test_what_the_gateway_does_not_tell_is_refused(wire, channel):
    async def script(at):
        market = at.session.market
        error = await error_of(market.subscribe(await mnq(at), channel, print), Refused)
        assert "it tells bars, crossings, quotes, trades" in str(error)
        for span_ns in (0, 7 * HOUR_NS, SECOND_NS // 2):
            call = market.subscribe(await mnq(at), Channel.BARS, print, span_ns=span_ns)
            await error_of(call, Refused)

    run_live(wire, script, broker=False)


def test_a_contract_that_the_hub_does_not_stream_is_refused(wire):
    async def script(at):
        at.market.refuses["SubscribeContractTrades"] = "no subscription"
        market = at.session.market
        error = await error_of(market.subscribe(await mnq(at), Channel.TRADES, print), Refused)
        assert "no subscription" in str(error)

    run_live(wire, script, broker=False)


# --- bars ---------------------------------------------------------------------------------------


def test_a_bar_is_told_at_its_end_and_a_bit_and_the_one_under_way_is_asked_for(wire):
    async def script(at):
        await asyncio.sleep(20)
        events = await heard(at, Channel.BARS, MINUTE_NS)
        wire.answers["History/retrieveBars"] = {"bars": [bar(START_NS, 1, 9, 1, 5, 44)]}
        trade(at, 5)
        await asyncio.sleep(40.5)
        assert events == []
        await asyncio.sleep(1)
        assert short(events) == [(0, 1, 9, 1, 5, 44)]
        for price, volume in ((6, 2), (8, 1), (4, 1), (7, 3)):
            trade(at, price, volume)
        await asyncio.sleep(59)
        trade(at, 10)  # of the next minute
        await at.settle()
        assert short(events)[1:] == [(60, 6, 8, 4, 7, 7)]
        await asyncio.sleep(61)
        assert short(events)[2:] == [(120, 10, 10, 10, 10, 1)]
        assert len(wire.bodies("History/retrieveBars")) == 1

    run_live(wire, script, broker=False)


def test_a_minute_without_a_trade_has_no_bar(wire):
    async def script(at):
        events = await heard(at, Channel.BARS, MINUTE_NS)
        wire.answers["History/retrieveBars"] = {"bars": [bar(START_NS, 1, 1, 1, 1, 1)]}
        trade(at, 1)
        await asyncio.sleep(180)
        trade(at, 2)
        await asyncio.sleep(62)
        assert [b[0] for b in short(events)] == [0, 180]

    run_live(wire, script, broker=False)


def test_bars_in_which_the_hub_was_down_are_asked_for_and_told_in_order(wire):
    async def script(at):
        events = await heard(at, Channel.BARS, MINUTE_NS)
        answers = [
            {"bars": [bar(START_NS, 1, 1, 1, 1, 1)]},
            httpx.Response(503),
            {"bars": [bar(START_NS + n * MINUTE_NS, n, n, n, n, n) for n in (4, 3, 2, 1)]},
        ]
        wire.answers["History/retrieveBars"] = answers
        trade(at, 1)
        await asyncio.sleep(70)
        at.market.link.cut()
        await asyncio.sleep(130)
        trade(at, 77)  # at 200 s: in the fourth bar, of which more may have been missed
        await asyncio.sleep(45)
        trade(at, 5)  # at 245 s: of this bar nothing was missed
        await asyncio.sleep(60)
        trade(at, 6)  # at 305 s
        await asyncio.sleep(57)
        assert [(b[0], b[1]) for b in short(events)] == [
            (0, 1), (60, 1), (120, 2), (180, 3), (240, 5), (300, 6),
        ]  # fmt: skip

    run_live(wire, script, broker=False)


def test_when_nobody_answers_the_missing_bars_are_said_and_the_series_goes_on(wire):
    async def script(at):
        events = await heard(at, Channel.BARS, MINUTE_NS)
        wire.answers["History/retrieveBars"] = httpx.Response(503)
        trade(at, 1)
        await asyncio.sleep(62)
        trade(at, 2)
        await asyncio.sleep(70)
        assert short(events) == [(60, 2, 2, 2, 2, 1)]
        (notice,) = at.session.notices
        assert "up to 1 bars of MNQZ6 are missing" in notice

    run_live(wire, script, broker=False)


def test_what_the_hub_says_while_the_session_closes_is_told_to_nobody(wire):
    """A bar that is begun by it would set a timer, and ask for its beginning, after the end."""

    async def script(at):
        trades = await heard(at, Channel.TRADES)
        bars = await heard(at, Channel.BARS, MINUTE_NS)
        await at.session.broker()
        link, closed = at.user.link, at.session.market.close

        async def closes_slowly():
            await asyncio.sleep(1)
            link.closed = True

        async def closes_the_market():
            await closed()
            told.append(len(trades))

        link.close, at.session.market.close = closes_slowly, closes_the_market
        told, closing = [], asyncio.ensure_future(at.session.close())
        for n in range(200):
            trade(at, n)
            await asyncio.sleep(0.01)
        await closing
        await asyncio.sleep(300)
        assert told == [len(trades)]
        assert bars == []
        assert not wire.bodies("History/retrieveBars")
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_live(wire, script)


def test_a_bar_feed_that_is_closed_by_whom_it_tells_tells_no_more(wire):
    async def script(at):
        events, minutes = [], [bar(START_NS + n * MINUTE_NS, 1, 1, 1, 1, 1) for n in range(4)]
        wire.answers["History/retrieveBars"] = {"bars": minutes[::-1]}
        builder = BarBuilder(await mnq(at), MINUTE_NS)

        def told(each):
            events.append(each)
            if len(events) == 2:
                feed.close()

        feed = BarFeed(builder, told, at.session.market.past, at.now_ns, print, 1.0)
        for n in (0, 3):
            feed.broken()
            feed.trade(Trade(builder.instrument, START_NS + n * MINUTE_NS, 4, 1, None))
            await asyncio.sleep(300)
        asked = len(wire.bodies("History/retrieveBars"))
        feed.trade(Trade(builder.instrument, START_NS + 9 * MINUTE_NS, 4, 1, None))
        await asyncio.sleep(300)
        assert [b[0] for b in short(events)] == [0, 60]
        assert len(wire.bodies("History/retrieveBars")) == asked

    run_live(wire, script, broker=False)
