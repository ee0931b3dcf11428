"""The strategies of the benchmarks, in a file of their own: strategy files are read before they
run, and what measures time has no place in one."""

from dryfill import Bar, Buy, Crossing, Quote, Sell, Strategy, Ticks


class Plain(Strategy):
    """Hears every quote and does nothing."""

    async def on_start(self) -> None:
        await self.subscribe_quotes()

    def on_quote(self, quote: object) -> None:
        pass


class Async(Strategy):
    """As `Plain`, with an async handler that never waits."""

    async def on_start(self) -> None:
        await self.subscribe_quotes()

    async def on_quote(self, quote: object) -> None:
        pass


class Idle(Strategy):
    """Subscribes to nothing."""


class Bars(Strategy):
    """Hears every minute's bar and does nothing."""

    async def on_start(self) -> None:
        await self.subscribe_bars("1m")

    def on_bar(self, bar: object) -> None:
        pass


class Churn(Strategy):
    """A bracket of three ticks each way whenever flat."""

    async def on_start(self) -> None:
        await self.subscribe_quotes()

    async def on_quote(self, quote: object) -> None:
        if not self.position and not self.working_orders:
            await self.bracket(Buy(1), stop=Ticks(3), target=Ticks(3))


class Counted(Churn):
    """As `Churn`; at its end it reads what the manager counted."""

    hit_rate: float | None = None

    async def on_stop(self) -> None:
        Counted.hit_rate = self.desk.manager.figures.statistics().hit_rate


class Alternate(Strategy):
    """Buys one, sells one, at every quote."""

    async def on_start(self) -> None:
        self.sides = 0
        await self.subscribe_quotes()

    async def on_quote(self, quote: object) -> None:
        self.sides += 1
        await self.place(Buy(1) if self.sides % 2 else Sell(1))


class Cross(Strategy):
    """Turns its position round where two averages of the mid cross."""

    fast = 150
    slow = 600

    async def on_start(self) -> None:
        self.quick, self.lazy = 2 / (self.fast + 1), 2 / (self.slow + 1)
        self.near = self.far = 0.0
        self.above: bool | None = None
        await self.subscribe_quotes()

    async def on_quote(self, quote: Quote) -> None:
        assert quote.bid_ticks is not None
        assert quote.ask_ticks is not None
        mid = (quote.bid_ticks + quote.ask_ticks) / 2
        if not self.near:
            self.near = self.far = mid
        self.near += self.quick * (mid - self.near)
        self.far += self.lazy * (mid - self.far)
        above = self.near > self.far
        if above is not self.above:
            if self.above is not None:
                await self.place(Buy(1) if above else Sell(1))
            self.above = above


class BarCross(Strategy):
    """Turns its position round where two averages of the closes cross."""

    fast = 20
    slow = 100

    async def on_start(self) -> None:
        self.quick, self.lazy = 2 / (self.fast + 1), 2 / (self.slow + 1)
        self.near = self.far = 0.0
        self.above: bool | None = None
        await self.subscribe_bars("1m")

    async def on_bar(self, bar: Bar) -> None:
        close = bar.close_ticks
        if not self.near:
            self.near = self.far = float(close)
        self.near += self.quick * (close - self.near)
        self.far += self.lazy * (close - self.far)
        above = self.near > self.far
        if above is not self.above:
            if self.above is not None:
                await self.place(Buy(1) if above else Sell(1))
            self.above = above


class BarChurn(Strategy):
    """A bracket of twelve ticks each way whenever flat."""

    async def on_start(self) -> None:
        await self.subscribe_bars("1m")

    async def on_bar(self, bar: object) -> None:
        if not self.position and not self.working_orders:
            await self.bracket(Buy(1), stop=Ticks(12), target=Ticks(12))


class Guarded(Strategy):
    """One bracket that is filled at once, its stop and target far away."""

    async def on_start(self) -> None:
        await self.bracket(Buy(1), stop=Ticks(5_000), target=Ticks(5_000))


class GuardedBars(Guarded):
    """As `Guarded`, and hears bars of a minute, which are made of trades."""

    async def on_start(self) -> None:
        await self.subscribe_bars("1m")
        await super().on_start()

    async def on_bar(self, bar: object) -> None:
        pass


class Moves(Strategy):
    """Counts moves of so many ticks, each from the end of the last: looks at every quote."""

    size = 20
    seen = 0

    async def on_start(self) -> None:
        self.near: tuple[int, int] | None = None
        self.count = 0
        await self.subscribe_quotes()

    def on_quote(self, quote: Quote) -> None:
        bid, ask = quote.bid_ticks, quote.ask_ticks
        assert bid is not None
        assert ask is not None
        if self.near is None:
            self.near = bid - self.size, bid + self.size
        elif bid >= self.near[1] or ask <= self.near[0]:
            price = bid if bid >= self.near[1] else ask
            self.near = price - self.size, price + self.size
            self.count += 1

    def on_stop(self) -> None:
        Moves.seen = self.count


class WaitsForMoves(Strategy):
    """The same moves; waits to be told of each."""

    size = 20

    async def on_start(self) -> None:
        self.count = -1
        await self.subscribe_crossing(above=self.instrument.decimal(1))

    async def on_crossing(self, crossing: Crossing) -> None:
        self.count += 1
        price, decimal = crossing.price_ticks, self.instrument.decimal
        await self.subscribe_crossing(
            above=decimal(price + self.size), below=decimal(price - self.size)
        )

    def on_stop(self) -> None:
        Moves.seen = self.count
