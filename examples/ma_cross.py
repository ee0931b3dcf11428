"""Moving-average cross: long while the fast mean of the closes is above the slow, else short."""

from dryfill import Buy, Sell, Strategy


class MovingAverageCross(Strategy):
    fast, slow, size = 10, 30, 1

    async def on_start(self):
        self.bars = await self.subscribe_bars("1m", warmup=self.slow)

    async def on_bar(self, bar):
        if self.working_orders:
            return  # the last order is not done yet
        closes = self.bars.close
        rising = closes[-self.fast :].mean() > closes[-self.slow :].mean()
        missing = (self.size if rising else -self.size) - self.position.qty
        if missing > 0:
            await self.place(Buy(missing))
        elif missing < 0:
            await self.place(Sell(-missing))

    async def on_stop(self):
        await self.flatten(reason="end of the run")
