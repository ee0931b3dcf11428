"""A simulated broker on a market that happens now: what the feed told last is what orders meet."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.gateway.venue.listing import market_rules
from dryfill.sim.live_paper import LivePaper
from dryfill.sim.loop.run import run_virtual
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import Refused
from dryfill.trading.events import Quote, Trade
from dryfill.trading.market import Channel, Subscription
from dryfill.trading.order import Attached, ExecutionReport, OrderRequest
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdType, Reason, Side

MNQ = instruments.find("MNQH24")
FRIDAY = 1_709_931_480_000_000_000  # 2024-03-08 14:58 in Chicago, two minutes before the pause


class Feed:
    """A market port that tells what the test says."""

    def __init__(self):
        self.sinks = {}

    def subscribe(self, instrument, channel, sink, *, span_ns=0):
        self.sinks[channel] = sink
        return done(Subscription(instrument, channel, span_ns, len(self.sinks)))

    def unsubscribe(self, subscription):
        del self.sinks[subscription.channel]
        return done(None)

    def quote(self, bid, ask):
        self.sinks[Channel.QUOTES](Quote(MNQ, 0, bid, None, ask, None))

    def trade(self, px, size=1):
        self.sinks[Channel.TRADES](Trade(MNQ, 0, px, size, None))


def done(result):
    answer = asyncio.get_running_loop().create_future()
    answer.set_result(result)
    return answer


def on_paper(script, *, start_ns=1_709_564_400_000_000_000, hours="always", wall=None):
    """Run `script(paper, feed, told)`; `told` are the reports that the client hears."""

    async def main():
        loop, feed, told = asyncio.get_running_loop(), Feed(), []
        paper = LivePaper(
            feed,
            MNQ,
            now_ns=wall or (lambda: loop.now_ns),
            rules=market_rules(MNQ),
            hours=calendar(hours),
            latency=latency_profile("10ms"),
            fees=fee_schedule("zero"),
            cash=Decimal(50_000),
            brackets=BracketRules(),
            seed=0,
        )
        paper.broker.listen(
            lambda event: told.append(event) if isinstance(event, ExecutionReport) else None
        )
        await paper.open()
        feed.quote(80_000, 80_001)
        feed.trade(80_000)
        await script(paper, feed, told)
        await paper.close()
        assert feed.sinks == {}

    run_virtual(main(), origin_ns=start_ns)


def order(side=Side.BUY, qty=2, kind=OrdType.MARKET, limit=None, stop=None, **more):
    return OrderRequest(
        cl_ord_id=more.pop("tag", "1#1"),
        instrument=MNQ,
        side=side,
        ord_type=kind,
        order_qty=qty,
        price=None if limit is None else MNQ.decimal(limit),
        stop_px=None if stop is None else MNQ.decimal(stop),
        **more,
    )


def fills(told):
    return [
        (each.order.side, each.last_qty, each.last_px)
        for each in told
        if each.exec_type is ExecType.TRADE
    ]


def test_an_order_takes_the_last_quote_all_of_it_where_no_size_is_told():
    async def script(paper, feed, told):
        feed.quote(80_010, 80_012)
        await paper.broker.place(order(qty=7))
        await asyncio.sleep(0.1)
        assert fills(told) == [(Side.BUY, 7, MNQ.decimal(80_012))]
        assert (await paper.broker.positions())[0].qty == 7

    on_paper(script)


def test_the_wire_takes_its_time():
    async def script(paper, feed, told):
        placing = paper.broker.place(order())
        await asyncio.sleep(0.009)
        assert not placing.done()
        feed.quote(80_020, 80_021)  # before the order is there
        await asyncio.sleep(0.002)
        assert paper.desk.orders
        assert not placing.done()
        assert told == []
        await placing
        await asyncio.sleep(0.02)
        assert fills(told) == [(Side.BUY, 2, MNQ.decimal(80_021))]

    on_paper(script)


def test_a_resting_limit_and_a_stop_wait_for_the_market():
    async def script(paper, feed, told):
        await paper.broker.place(order(kind=OrdType.LIMIT, limit=79_990))
        await paper.broker.place(order(Side.SELL, 1, OrdType.STOP, stop=79_980, tag="2#1"))
        feed.quote(79_989, 79_990)
        feed.quote(79_979, 79_981)
        feed.trade(79_979)
        await asyncio.sleep(0.1)
        assert fills(told) == [
            (Side.BUY, 2, MNQ.decimal(79_990)),
            (Side.SELL, 1, MNQ.decimal(79_979)),
        ]

    on_paper(script)


def test_stop_and_target_that_come_with_an_entry_are_kept_by_the_broker():
    async def script(paper, feed, told):
        await paper.broker.place(order(attached=Attached(stop=Ticks(-40), target=Ticks(80))))
        await asyncio.sleep(0.1)
        assert len(await paper.broker.open_orders()) == 2
        feed.quote(80_081, 80_082)
        feed.trade(80_081)
        await asyncio.sleep(0.1)
        assert fills(told)[-1] == (Side.SELL, 2, MNQ.decimal(80_081))
        assert await paper.broker.open_orders() == []

    on_paper(script)


def test_while_the_feed_is_down_nothing_trades_and_afterwards_it_does():
    async def script(paper, feed, told):
        await paper.broker.place(order(kind=OrdType.LIMIT, limit=79_990))
        paper.feed_down()
        paper.feed_down()
        with pytest.raises(Refused) as refused:
            await paper.broker.place(order(tag="2#1"))
        assert refused.value.reason is Reason.MARKET_CLOSED
        feed.quote(79_980, 79_981)  # a last word of the old connection
        await asyncio.sleep(0.1)
        assert fills(told) == []
        paper.feed_up()
        feed.quote(79_980, 79_981)
        await asyncio.sleep(0.1)
        assert fills(told) == [(Side.BUY, 2, MNQ.decimal(79_981))]

    on_paper(script)


def test_the_market_shuts_and_opens_with_its_hours():
    async def script(paper, feed, told):
        await asyncio.sleep(180)
        with pytest.raises(Refused):
            await paper.broker.place(order())
        await asyncio.sleep(3 * 86_400)
        feed.quote(80_000, 80_001)
        await paper.broker.place(order(tag="2#1"))
        await asyncio.sleep(0.1)
        assert len(fills(told)) == 1

    on_paper(script, start_ns=FRIDAY + 3_600 * 10**9, hours=MNQ.calendar)


def test_a_wall_clock_that_is_set_back_holds_nothing_up():
    set_back_ns = [0]

    async def script(paper, feed, told):
        set_back_ns[0] = 3600 * 10**9
        await paper.broker.place(order(), deadline_s=1)
        await asyncio.sleep(0.1)
        assert len(fills(told)) == 1

    on_paper(script, wall=lambda: asyncio.get_running_loop().now_ns - set_back_ns[0])


def test_a_wall_clock_that_is_set_back_goes_back_nowhere():
    times = iter([10, 20, 5, 5, 5, 30])
    last = [5]

    def wall():
        last[0] = next(times, last[0])
        return 1_709_564_400_000_000_000 + last[0]

    async def script(paper, feed, told):
        feed.quote(80_000, 80_001)
        feed.trade(80_001)
        assert paper.timers.now_ns >= 1_709_564_400_000_000_020

    on_paper(script, wall=wall)
