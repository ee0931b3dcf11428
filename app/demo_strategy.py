"""The demo's strategy: brackets that join the best price, so that fills come as others trade.

A file like any user's own; `dryfill demo` runs it on a generated day.
"""

from typing import Any

from dryfill import Buy, Sell, Strategy, Ticks


class JoinTheTrend(Strategy):
    """Every few minutes, if flat, rest an order at the best price on the side the market came from.

    Such an order waits its turn in the queue and is filled in parts; each part is protected as it
    comes. What has not been filled after `patience` seconds is cancelled, and the rest is kept.
    """

    size, stop, target = 8, Ticks(12), Ticks(18)
    span, look_back, patience = "5m", 3, 45.0
    story: Any = None  # hears every report, for the demo's time line

    async def on_start(self) -> None:
        await self.subscribe_quotes()
        self.bars = await self.subscribe_bars(self.span, warmup=self.look_back + 1)

    async def on_bar(self, bar: Any) -> None:
        quote = self.quote
        if self.position or self.working_orders or quote is None:
            return
        if quote.bid is None or quote.ask is None:
            return
        rising = bar.close > self.bars.close[-1 - self.look_back]
        entry = Buy(self.size, limit=quote.bid) if rising else Sell(self.size, limit=quote.ask)
        bracket = await self.bracket(entry, stop=self.stop, target=self.target)
        outcome = await bracket.protected(timeout=self.patience)
        if not outcome.ok:
            await self.cancel(bracket.entry)

    async def on_stop(self) -> None:
        await self.flatten(reason="the day is over")

    def on_order(self, report: Any) -> None:
        if self.story is not None:
            self.story.append(report)
