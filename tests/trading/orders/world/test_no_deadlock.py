"""A strategy that awaits order calls from every handler never deadlocks; events keep flowing."""

from typing import ClassVar

import pytest

from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import Strategy


class Restless(Strategy):
    """From every handler: something random with orders, awaited to its end."""

    async def on_start(self):
        self.calls, self.done, self.refused, self.orders, self.heard = 0, 0, 0, [], 0
        await self.subscribe_quotes()
        await self.subscribe_trades()
        await self.subscribe_bars("1s")
        self.every("1s", "tick")
        self.desk.manager.incident("rehearsed", "so that this handler has its turn too")
        await self.act("on_start")

    async def on_quote(self, quote):
        if self.random.randrange(4) == 0:
            await self.act("on_quote")

    async def on_trade(self, trade):
        if self.random.randrange(4) == 0:
            await self.act("on_trade")

    async def on_bar(self, bar):
        await self.act("on_bar")

    async def on_order(self, report):
        self.heard += 1
        if self.random.randrange(3) == 0:
            await self.act("on_order")

    async def on_fill(self, fill):
        await self.act("on_fill")

    def on_position(self, position):  # a plain handler that hands an awaitable over
        return self.act("on_position") if self.random.randrange(2) else None

    async def on_timer(self, timer):
        await self.act("on_timer")

    async def on_incident(self, incident):
        await self.act("on_incident")

    async def on_stop(self):
        self.end = await self.flatten(reason="the end")
        self.seen.update(vars(self))

    async def act(self, where):
        self.calls += 1
        self.seen[where] = self.seen.get(where, 0) + 1
        try:
            await self.something()
            self.done += 1
        except Refused:
            self.refused += 1

    async def something(self):
        dice, spec = self.random.randrange(10), self.random.choice((Buy, Sell))
        working = self.working_orders
        if dice < 3:
            at = self.quote.bid if self.quote else "20000"
            self.orders.append(await self.place(spec(1 + dice, limit=at)))
        elif dice == 3 and abs(self.position.qty) < 20:
            self.orders.append(await self.place(spec(2)))
        elif dice == 4 and abs(self.position.qty) < 20:
            bracket = await self.bracket(spec(2), stop=Ticks(12), target=Ticks(12))
            await bracket.protected(timeout=2)
        elif dice == 5 and working:
            await self.move(self.random.choice(working))
        elif dice < 8 and working:
            await self.cancel(self.random.choice(working))
        elif dice == 8:
            await self.desk.cancel_all()
        elif self.random.randrange(3) == 0:
            await self.flatten(reason="because")

    async def move(self, order):
        step = self.random.choice((-1, 1)) * self.instrument.tick
        if order.core.price is not None:
            await self.modify(order, limit=order.core.price + step)
        elif order.core.stop_px is not None:
            await self.modify(order, stop=order.core.stop_px + step)


HANDLERS = [
    "on_start",
    "on_quote",
    "on_trade",
    "on_bar",
    "on_order",
    "on_fill",
    "on_position",
    "on_timer",
    "on_incident",
]


@pytest.mark.parametrize(("latency", "steps"), [("zero", 150), ("live", 600)])
def test_awaiting_orders_from_every_handler_never_deadlocks(latency, steps, run, restless):
    counted = dict.fromkeys(HANDLERS, 0)
    for seed in range(4):

        class Once(Restless):
            seen: ClassVar[dict] = {}

        record = run(restless(steps, seed), Once, latency=latency, seed=seed)
        seen = Once.seen
        assert seen["calls"] >= 100, "hundreds of callbacks"
        assert seen["done"] + seen["refused"] == seen["calls"], "each call came to its end"
        assert seen["heard"] > 100, "reports flowed on meanwhile"
        assert seen["end"].position == record.open_position, "the end is told as it is"
        assert seen["end"].ok == (record.open_position == 0)
        for handler in HANDLERS:
            counted[handler] += seen.get(handler, 0)
    never = [handler for handler, calls in counted.items() if not calls]
    assert not never, f"never called from: {never}"
