"""A strategy's file that trades once: a bracket at the first trade, closed at the end."""

BUYS_ONCE = """
from dryfill import Buy, Strategy, Ticks


class Once(Strategy):
    async def on_start(self):
        await self.subscribe_trades()
        self.sent = False

    async def on_trade(self, trade):
        if not self.sent:
            self.sent = True
            bracket = await self.bracket(Buy(2), stop=Ticks(40), target=Ticks(400))
            outcome = await bracket.protected(timeout=5)
            print("protected" if outcome.ok else outcome, flush=True)

    async def on_stop(self):
        await self.flatten(reason="the end")
"""
