"""Sessions in virtual time with a recorder before their ports, and the faults of a plan in them."""

import asyncio
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from dryfill import Buy, Sell, Strategy, Ticks, synthetic
from dryfill.app.backtest import Backtest
from dryfill.app.session.recorded_session import Traded
from dryfill.app.session.recording import CHANNELS, unheard
from dryfill.live.recording.recorded_broker import RecordedBroker
from dryfill.live.recording.recorded_market import RecordedMarket
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.trading import instruments
from dryfill.trading.errors import DryfillError
from dryfill.trading.strategy import make_strategy, run_strategy

ES = instruments.find("ESH24")

BUYER = '''
"""Buys two, waits a moment for them, and puts a stop under them."""

import asyncio

from dryfill import Buy, Sell, Strategy


class Buyer(Strategy):
    size, patience = 2, 0.2

    async def on_start(self):
        self.sent = False
        await self.subscribe_trades()

    async def on_trade(self, trade):
        if self.sent:
            return
        self.sent = True
        entry = await self.place(Buy(self.size))
        try:
            async with asyncio.timeout(self.patience):
                await entry.done()
        except TimeoutError:
            return  # not filled, so nothing was bought
        await self.place(Sell(self.size, stop=entry.avg_px - 20))

    async def on_stop(self):
        await self.flatten(reason="the end")
'''


class Busy(Strategy):
    """Buys at market, rests a stop under it and a limit far away, and takes the limit away."""

    async def on_start(self):
        await self.subscribe_quotes()
        await asyncio.sleep(2)
        for step in (self.buy, self.rest, self.take_away):
            with suppress(DryfillError):
                await step()

    async def buy(self):
        entry = await self.place(Buy(2))
        async with asyncio.timeout(20):
            await entry.done()

    async def rest(self):
        last = self.quote.bid
        await self.place(Sell(2, stop=last - 100))
        self.far = await self.place(Buy(1, limit=last - 50))

    async def take_away(self):
        await asyncio.sleep(5)
        await self.cancel(self.far)


def record(folder, strategy, *faults, what="buyer.py:Buyer", minutes=2, end_s=None, **traded):
    """Run a strategy under faults, recorded in a folder; the world's record and its fault log."""
    market = synthetic(ES, seed=1, start="2024-03-04", hours=f"08:30-08:{30 + minutes:02d}")
    setup = Backtest(strategy, market, instrument=ES, latency="25ms").setup
    setup = replace(setup, plan=make_plan(*faults), lossless=False)
    world = World(setup)
    recorder = Recorder(
        folder, source="a test", now_ns=lambda: world.loop.now_ns, hide=str, aside=AtOnce()
    )
    world.market = RecordedMarket(world.market, recorder)
    world.broker = RecordedBroker(world.broker, recorder)
    heard = world.market

    async def trade(desk):
        recorder.session(ES, msgspec.json.encode(Traded(what=what, **traded)).decode())
        for channel in CHANNELS:
            if channel in heard.offers.channels:
                await heard.subscribe(ES, channel, unheard)
        return await run_strategy(make_strategy(strategy, {}, desk))

    world.run(trade)
    asyncio.run(recorder.close())
    return [entry.kind for entry in world.faults.log.entries]


__all__ = ["BUYER", "ES", "Busy", "Ticks", "record"]
