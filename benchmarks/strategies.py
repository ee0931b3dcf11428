"""The strategies of the benchmarks, in a file of their own: strategy files are read before they
run, and what measures time has no place in one."""

from dryfill import Buy, Sell, Strategy, Ticks


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
