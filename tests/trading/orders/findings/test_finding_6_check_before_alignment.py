"""Finding 6: prices were checked against each other before they were moved to the tick.

Two levels that differ by five cents are one price on a tick of a quarter. Here alignment comes
first and every relation is checked after it, against the entry, the market and each other; whoever
gives exact prices is refused where one is off the grid, and nothing is sent in either case.
"""

import asyncio
from decimal import Decimal

import pytest
from small_world import small_world

from dryfill.compat.project_x_py import OrderManager, ProjectXOrderError
from dryfill.trading.errors import OffGrid, UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks

MARKET = """
    0     quote 80000x50 80001x50
    0     trade 80000x1
    90000 quote 80000x50 80001x50
"""


@pytest.fixture
def sent_for():
    """What the broker has after a script: type, size and prices of every order, oldest first."""

    def go(script):
        found = []

        async def trade(desk):
            await desk.subscribe_quotes()
            await asyncio.sleep(0.1)
            error = None
            try:
                await script(desk)
            except (UsageError, ProjectXOrderError) as raised:
                error = raised
            states = await desk.broker.orders_since(0)
            found.append((error, [(s.ord_type.name, s.price, s.stop_px) for s in states]))
            return []

        small_world(MARKET).run(trade)
        return found[0]

    return go


def floats(entry, stop, target, kind="limit"):
    """A bracket as project-x-py is called: floats, moved to the nearest tick."""

    async def script(desk):
        orders = OrderManager(desk)
        asked = asyncio.ensure_future(
            orders.place_bracket_order("MNQ", 0, 1, entry, stop, target, kind)
        )
        await asyncio.sleep(1)
        if asked.done():
            asked.result()
        asked.cancel()

    return script


def test_levels_that_are_equal_after_alignment_are_refused_with_the_aligned_prices(sent_for):
    error, sent = sent_for(floats(20000.10, 20000.05, 20020.0))
    assert "stop 20000, entry 20000, target 20020" in str(error)
    assert sent == []


def test_levels_a_cent_apart_that_alignment_parts_are_sent_as_they_became(sent_for):
    error, sent = sent_for(floats(19999.88, 19999.87, 20020.0))
    assert error is None
    assert sent == [("LIMIT", Decimal("20000"), None)]


def test_the_pair_of_the_review_goes_out_aligned(sent_for):
    """Entry 20000.13 is 20000.25 (and fills at once), stop 20000.12 is 20000.00."""
    error, sent = sent_for(floats(20000.13, 20000.12, 20020.0))
    assert error is None
    assert sent[0] == ("LIMIT", Decimal("20000.25"), None)


def test_a_market_entry_is_checked_against_the_market(sent_for):
    error, sent = sent_for(floats(None, 20000.50, 20020.0, "market"))
    assert "stop 20000.5, entry 20000.25" in str(error)
    assert sent == []


@pytest.mark.parametrize(
    ("entry", "stop", "target"),
    [
        (Buy(1, limit="20000.10"), "19990", "20020"),
        (Buy(1, limit="20000"), "19990.05", "20020"),
        (Buy(1, limit="20000"), "19990", "20020.01"),
        (Sell(1, stop="19990.1"), "20000", "19980"),
    ],
)
def test_an_exact_price_off_the_grid_is_refused_and_nothing_is_rounded(
    entry, stop, target, sent_for
):
    async def script(desk):
        await desk.bracket(entry, stop=stop, target=target)

    error, sent = sent_for(script)
    assert type(error) is OffGrid
    assert sent == []


@pytest.mark.parametrize(
    ("entry", "stop", "target", "said"),
    [
        (Buy(1, limit="20000"), "20000", "20020", "stop < entry < target"),
        (Buy(1, limit="20000"), "19990", "20000", "stop < entry < target"),
        (Sell(1, limit="20000"), "20000", "19980", "target < entry < stop"),
        (Buy(1), "20000.25", Ticks(40), "stop < entry < target"),
        (Buy(1), Ticks(0), Ticks(40), "give at least Ticks(1)"),
    ],
)
def test_a_relation_that_does_not_hold_by_one_tick_is_refused(entry, stop, target, said, sent_for):
    async def script(desk):
        await desk.bracket(entry, stop=stop, target=target)

    error, sent = sent_for(script)
    assert type(error) is UsageError
    assert said in str(error)
    assert sent == []


def test_one_tick_apart_is_enough(sent_for):
    async def script(desk):
        await desk.bracket(Buy(1, limit="20000"), stop="19999.75", target="20000.25")

    error, sent = sent_for(script)
    assert error is None
    assert sent == [("LIMIT", Decimal("20000"), None)]
