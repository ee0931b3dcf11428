"""Fidget: plain orders of every kind, for the day, changed and cancelled while they work."""

import asyncio
from contextlib import suppress

from dryfill import Buy, DryfillError, Sell, Strategy


class Fidget(Strategy):
    async def on_start(self):
        await self.subscribe_quotes()
        self.every("2s")
        self.turn, self.going = 0, []

    async def on_timer(self, timer):
        quote = self.quote
        if quote is None or quote.bid is None or quote.ask is None:
            return
        self.turn += 1
        if self.turn % 7 == 0:
            with suppress(DryfillError):
                await self.flatten(reason="enough")
            return
        tick = self.instrument.tick
        mid, near = quote.bid, (1 + self.turn % 3) * tick
        spec = (
            lambda: Buy(3, limit=mid),
            lambda: Buy(2, stop=mid + near),
            lambda: Sell(2, stop=mid - near, limit=mid - near + 6 * tick),
            lambda: Sell(2, limit=mid + near),
            lambda: Sell(3, stop=mid - near),
            lambda: Buy(2, stop=mid + near, limit=mid + near - 6 * tick),
        )[self.turn % 6]()
        try:
            order = await self.place(spec)
        except DryfillError:
            return
        self.going.append(asyncio.ensure_future(self.fidget(order, spec, tick)))

    async def fidget(self, order, spec, tick):
        with suppress(DryfillError):
            await asyncio.sleep(0.2 * (self.turn % 4))
            for by in (1, -2):
                changed = {}
                if spec.limit is not None:
                    changed["limit"] = spec.limit + by * tick
                if spec.stop is not None:
                    changed["stop"] = spec.stop + by * tick
                await self.modify(order, **changed)
            if self.turn % 2:
                await asyncio.sleep(0.5 * (self.turn % 3))
            await self.cancel(order)

    async def on_stop(self):
        await self.flatten(reason="the end")
