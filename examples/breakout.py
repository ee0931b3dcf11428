from dryfill import Buy, Strategy, Ticks


class Breakout(Strategy):
    size, stop, target = 2, Ticks(16), Ticks(32)

    async def on_start(self):
        self.bars = await self.subscribe_bars("5m", warmup=20)

    async def on_bar(self, bar):
        if self.position or self.working_orders:
            return
        if bar.close > self.bars.high[-21:-1].max():
            bracket = await self.bracket(Buy(self.size), stop=self.stop, target=self.target)
            outcome = await bracket.protected(timeout=5)  # reports flow on meanwhile
            if not outcome.ok:  # flat | partial | refused | uncertain
                await self.flatten(reason=outcome)
