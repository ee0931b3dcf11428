"""Dip buyer: rests a limit order below the market, and puts a stop under what it bought.

It has a race, planted for docs/exploring.md, that a backtest does not show: an order may fill while
it is being cancelled, and what it fills then belongs to nobody.
"""

from dryfill import Buy, DryfillError, Sell, Strategy, Ticks


class DipBuyer(Strategy):
    size, below, stop, patience = 2, Ticks(2), Ticks(20), "3s"

    async def on_start(self):
        self.entry = None
        await self.subscribe_bars("1m")
        self.every(self.patience)

    async def on_bar(self, bar):
        if self.position or self.working_orders:
            return
        try:
            dip = bar.close - self.below.n * self.instrument.tick
            self.entry = await self.place(Buy(self.size, limit=dip))
        except DryfillError:
            await self.flatten(reason="the entry is in doubt")

    async def on_fill(self, fill):
        if self.entry is None or fill.order_id != self.entry.order_id:
            return  # not what it waits for
        try:
            await self.place(Sell(fill.qty, stop=fill.px - self.stop.n * self.instrument.tick))
        except DryfillError:
            await self.flatten(reason="no stop, no position")

    async def on_timer(self, timer):
        if self.entry is not None and self.entry.working:
            await self.cancel(self.entry)
            self.entry = None  # cancelled, so nothing was bought

    async def on_stop(self):
        await self.flatten(reason="end of the run")
