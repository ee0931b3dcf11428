"""Rows that follow each other are told in one go, and yet everything comes in its place."""

import asyncio

from dryfill.sim.feed.market_states import MarketStates
from dryfill.sim.feed.sim_market import SimMarket
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.moments import Tie
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.market import Channel

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000


class Ticking:
    """Another source, with moments of its own."""

    tie = Tie.MARKET

    def __init__(self, heard, *ms):
        self.heard = heard
        self.left = list(ms)

    def next_moment(self, limit_ns):
        at_ns = T0 + self.left[0] * MS if self.left else None
        return at_ns if at_ns is not None and at_ns <= limit_ns else None

    def advance(self, to_ns):
        self.left.pop(0)
        self.heard.append(("tick", (to_ns - T0) / MS))


def test_rows_that_follow_each_other_let_everything_between_them_come_in_its_place(tape_of):
    loop, heard = VirtualLoop(T0), []
    rows = tape_of("\n".join(f"{ms} quote 100x5 101x5" for ms in range(10, 80, 10)))
    wire = Wire(loop, latency_profile("zero"), 0)
    states = MarketStates(ES, (), lambda: loop.now_ns)
    market = SimMarket(loop, wire, Process("client", loop), ES, rows, states)
    loop.add_source(market)
    loop.add_source(Ticking(heard, 25, 40))

    def hear(quote):
        ms = (loop.now_ns - T0) / MS
        heard.append(("quote", ms))
        if ms == 30:  # nobody had asked for this before
            loop.call_later(0.015, lambda: heard.append(("timer", (loop.now_ns - T0) / MS)))
        if ms == 50:
            loop.call_soon(lambda: heard.append(("at once", (loop.now_ns - T0) / MS)))

    async def main():
        await market.subscribe(ES, Channel.QUOTES, hear)
        await asyncio.sleep(0.1)

    run_on(loop, main())
    assert heard == [
        *(("quote", 10), ("quote", 20), ("tick", 25), ("quote", 30), ("tick", 40), ("quote", 40)),
        *(("timer", 45), ("quote", 50), ("at once", 50), ("quote", 60), ("quote", 70)),
    ]
