"""What the market hub says waits here: bounded, merged where it may be, in slices."""

import asyncio

from live_wire import run_live

from dryfill.live.hubs.market_inbox import MarketInbox


def inbox_of(taken, **bounds):
    return MarketInbox(
        lambda target, contract, low: taken.append((target[7:], contract, low)),
        lambda: taken.append("lost"),
        **bounds,
    )


def test_while_nobody_lags_everything_is_handed_on_in_order(wire):
    async def script(at):
        taken = []
        inbox = inbox_of(taken)
        for n in range(100):
            inbox.put("gatewayquote", "C", {"n": n})
            inbox.put("gatewaytrade", "C", {"n": n})
        await at.settle()
        assert [t[0] for t in taken] == ["quote", "trade"] * 100
        assert inbox.conflated == 0

    run_live(wire, script, broker=False)


def test_quotes_that_come_too_fast_are_merged_and_no_trade_is_lost(wire):
    async def script(at):
        taken = []
        inbox = inbox_of(taken, calm=4)
        for n in range(100):
            inbox.put("gatewayquote", "C", {"bid": n if n % 2 else None, "n": n})
            inbox.put("gatewaytrade", "C", {"n": n})
        inbox.put("gatewayquote", "D", {"n": 0})
        await at.settle()
        assert [t[2]["n"] for t in taken if t[0] == "trade"] == list(range(100))
        quotes = [t for t in taken if t[0] == "quote"]
        assert quotes[-2:] == [("quote", "C", {"bid": 99, "n": 99}), ("quote", "D", {"n": 0})]
        assert len(quotes) + inbox.conflated == 101
        assert len(quotes) < 10

    run_live(wire, script, broker=False)


def test_beyond_its_bound_the_oldest_is_dropped_and_said(wire):
    async def script(at):
        taken = []
        inbox = inbox_of(taken, most=10)
        for n in range(15):
            inbox.put("gatewaytrade", "C", {"n": n})
        assert (len(inbox), inbox.dropped) == (10, 5)
        assert taken == ["lost"] * 5
        await at.settle()
        assert taken[5][2] == {"n": 5}

    run_live(wire, script, broker=False)


def test_a_slice_at_a_time_lets_others_run_between(wire):
    async def script(at):
        taken = []
        inbox = inbox_of(taken, slice_most=10)
        for n in range(95):
            inbox.put("gatewaytrade", "C", {"n": n})
        turns = 0
        while len(taken) < 95:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 10

    run_live(wire, script, broker=False)


def test_an_inbox_that_is_closed_takes_nothing_more(wire):
    async def script(at):
        taken = []
        inbox = inbox_of(taken)
        inbox.put("gatewaytrade", "C", {"n": 0})
        inbox.close()
        inbox.put("gatewaytrade", "C", {"n": 1})
        await at.settle()
        assert (taken, len(inbox)) == ([], 0)

    run_live(wire, script, broker=False)
