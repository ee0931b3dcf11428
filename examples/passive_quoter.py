"""Passive quoter: rests an order at the best bid and one at the best ask, and follows them.

A side stops quoting when `most` contracts are held on it. While an order is being cancelled, quotes
conflate: the next `on_quote` has the newest one.
"""

from dryfill import Buy, Sell, Strategy


class PassiveQuoter(Strategy):
    size, most = 1, 3

    async def on_start(self):
        self.bid = self.ask = None
        await self.subscribe_quotes()

    async def on_quote(self, quote):
        held = self.position.qty
        self.bid = await self.follow(self.bid, Buy, quote.bid if held < self.most else None)
        self.ask = await self.follow(self.ask, Sell, quote.ask if held > -self.most else None)

    async def follow(self, order, buy_or_sell, price):
        """The side's order, at `price`; None takes it away."""
        if order is not None and order.working:
            if order.request.price == price:
                return order
            await self.cancel(order)
        if price is None:
            return None
        return await self.place(buy_or_sell(self.size, limit=price))

    async def on_stop(self):
        await self.flatten(reason="end of the run")
