"""Who keeps a bracket's stop and target changes no fill, where nothing takes time.

The broker's are links in the engine (`AttachLegs`), the client's are orders that the order manager
sends and changes. Without latency both act at the same nanosecond.
"""

from dataclasses import replace

import numpy as np
import pytest

from dryfill import Backtest, Buy, Quote, Sell, Strategy, Ticks
from dryfill.matching.engines import NATIVE, REFERENCE, native_is_there
from dryfill.trading import instruments
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape

ES = replace(instruments.find("ES"), calendar="always")
START_NS = 1_709_510_400_000_000_000
ROWS = 2_000
BUILT = [REFERENCE, NATIVE] if native_is_there() else [REFERENCE]


class Brackets(Strategy):
    """Bracket after bracket, both sides, three contracts, at market or joining the quote; an entry
    that waits too long is taken back, whatever it has filled."""

    limited = False

    async def on_start(self) -> None:
        self.begun = 0
        await self.subscribe_quotes()

    async def on_quote(self, quote: Quote) -> None:
        if self.working_orders or self.position:
            return
        self.begun += 1
        side, joined = (Buy, quote.bid) if self.begun % 2 else (Sell, quote.ask)
        entry = side(3, limit=joined) if self.limited else side(3)
        await self.bracket(entry, stop=Ticks(5), target=Ticks(4), entry_timeout=0.5)


class Joining(Brackets):
    limited = True


def small_market(seed: int) -> Tape:
    """Quotes of few contracts, and a trade at one of their sides after each: much is filled in
    parts."""
    rng = np.random.default_rng(seed)
    time_ns = START_NS + np.cumsum(rng.integers(1, 100_000_000, ROWS))
    moves = rng.integers(0, 6, ROWS)
    bid = 20_000 + np.cumsum((moves == 0).astype(np.int64) - (moves == 1))
    ask = bid + 1 + (rng.integers(0, 20, ROWS) == 0)
    sizes = rng.integers(1, 4, (3, ROWS))
    seq, buys = np.arange(ROWS) * 2, rng.integers(0, 2, ROWS)
    return make_tape(
        QuoteRows(seq, time_ns, bid, sizes[0], ask, sizes[1]),
        TradeRows(seq + 1, time_ns, np.where(buys, ask, bid), sizes[2], 2 - buys),
    )


def fills(keeper, engine, strategy, seed):
    """Every fill of a run: when, which way, how much, at what; and how many orders had several."""
    tape = small_market(seed)
    backtest = Backtest(
        strategy, tape, instrument=ES, latency="zero", brackets=keeper, engine=engine, queue="front"
    )
    desk = backtest.run().record.desk
    told = [(fill.time_ns, fill.side, fill.qty, fill.px) for fill in desk.executions]
    orders = [fill.order_id for fill in desk.executions]
    children = sum(record.parent is not None for record in desk.orders.values())
    assert (children > 0) is (keeper == "native")
    return told, len(orders) - len(set(orders))


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("strategy", [Brackets, Joining])
@pytest.mark.parametrize("engine", BUILT)
def test_fills_are_those_of_brackets_that_the_client_keeps(engine, strategy, seed):
    by_broker, in_parts = fills("native", engine, strategy, seed)
    by_client, _ = fills("client", engine, strategy, seed)
    assert by_broker == by_client
    assert len(by_broker) > 20
    assert in_parts > 5
