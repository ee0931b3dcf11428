"""A strategy that waits for prices trades as one that hears every trade, on either engine."""

from typing import Any

import pytest

from dryfill import Backtest, Buy, Crossing, Strategy, Ticks, Trade, instruments, synthetic
from dryfill.matching.engines import native_is_there

ES = instruments.find("ES")
TAPE = synthetic(ES, seed=5, hours="08:30-09:00", kind="volatile")
ENGINES = ["reference", *(["native"] if native_is_there() else [])]


class Breaks(Strategy):
    """Buys in a bracket whenever the market has moved six ticks up, looks anew after six down."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.at = 0

    async def act(self, time_ns: int, price_ticks: int, rising: bool) -> None:
        self.at = price_ticks
        self.seen.append((time_ns, price_ticks, rising))
        if rising and not self.position and not self.working_orders:
            await self.bracket(Buy(1), stop=Ticks(8), target=Ticks(8))

    async def on_stop(self) -> None:
        Breaks.last = self.seen

    last: list[Any]


class Hears(Breaks):
    """Looks at every trade."""

    async def on_start(self) -> None:
        await self.subscribe_trades()

    async def on_trade(self, trade: Trade) -> None:
        price = trade.price_ticks
        if not self.at:
            self.at = price
        elif abs(price - self.at) >= 6:
            await self.act(trade.time_ns, price, price > self.at)


class Waits(Breaks):
    """Asks to be told."""

    async def on_start(self) -> None:
        await self.subscribe_crossing(above="0.25", name="first")

    async def on_crossing(self, crossing: Crossing) -> None:
        if crossing.name == "first":
            self.at = crossing.price_ticks
        else:
            await self.act(crossing.time_ns, crossing.price_ticks, crossing.rising)
        up, down = (ES.decimal(self.at + n) for n in (6, -6))
        await self.subscribe_crossing(above=up, below=down)


@pytest.mark.parametrize("engine", ENGINES)
def test_waiting_for_prices_and_hearing_every_trade_come_to_the_same(engine: str) -> None:
    told = []
    for kind in (Hears, Waits):
        report = Backtest(kind, TAPE, instrument=ES, latency="zero", engine=engine).run()
        told.append((Breaks.last, report.digest, len(report.record.round_trips)))
    assert told[0] == told[1]
    assert len(told[0][0]) > 20
    assert told[0][2] > 5


def test_a_handler_that_nothing_was_subscribed_for_is_named() -> None:
    class Forgot(Strategy):
        def on_crossing(self, crossing: Crossing) -> None: ...

    notes = Backtest(Forgot, TAPE, instrument=ES).run().notes
    assert "on_crossing was never called: crossings were not subscribed to" in notes
