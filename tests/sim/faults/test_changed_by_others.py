"""An order that the trader, or the venue, changes: its price, its size; and a position turned."""

import asyncio

import pytest

from dryfill.trading import instruments

ES = instruments.find("ES")
HAND = {"kind": "trader", "at": "1 s"}
VENUE = {"kind": "venue-replace", "at": "1 s"}


@pytest.fixture
def left(stage, order):
    """What works two seconds later, a limit at 90 and a stop at 95 that were placed: tag, size and
    prices in ticks; what was told of them; the broker's log."""

    def go(*faults, strict=True, held=0):
        at = stage(*faults, strict=strict)

        async def script(broker):
            if held:
                await broker.place(order("9#1", "buy" if held > 0 else "sell", abs(held)))
            await broker.place(order("1.entry#1", limit=90, qty=2))
            await broker.place(order("1.stop#1", "sell", stop=95, qty=2))
            await asyncio.sleep(3)
            found = [
                (
                    each.cl_ord_id,
                    each.order_qty,
                    None if each.price is None else ES.units(each.price),
                    None if each.stop_px is None else ES.units(each.stop_px),
                )
                for each in await broker.open_orders()
            ]
            return found, await broker.positions()

        (found, held_then), told = at.play(script), [what for what, _ in at.orders]
        return found, told, str(at.faults.log), held_then

    return go


ENTRY, STOP = ("1.entry#1", 2, 90, None), ("1.stop#1", 2, None, 95)


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (
            {**HAND, "act": "move", "target": "1.entry", "ticks": -4},
            [("1.entry#1", 2, 86, None), STOP],
        ),
        (
            {**HAND, "act": "move", "target": "1.stop", "ticks": 3},
            [ENTRY, ("1.stop#1", 2, None, 98)],
        ),
        (
            {**HAND, "act": "resize", "target": "1.stop", "qty": 1},
            [ENTRY, ("1.stop#1", 1, None, 95)],
        ),
        ({**VENUE, "target": "*.stop", "ticks": -5}, [ENTRY, ("1.stop#1", 2, None, 90)]),
    ],
)
def test_an_order_is_changed_and_its_change_told(left, fault, after):
    found, told, log, _ = left(fault)
    assert sorted(found) == sorted(after)
    assert told[-1] == f"replaced of {fault['target'].replace('*', '1')}#1"
    assert ("the venue gives" if fault["kind"] == "venue-replace" else "the trader") in log


def test_the_order_whose_moment_it_is_is_moved(left):
    found, _, _, _ = left(
        {"kind": "trader", "event": "new", "role": "stop", "act": "move", "ticks": 1}
    )
    assert sorted(found) == [ENTRY, ("1.stop#1", 2, None, 96)]


def test_a_move_beyond_the_market_is_refused_to_the_trader_and_not_made_by_the_venue(left):
    found, _, log, _ = left(
        {**HAND, "act": "move", "target": "1.stop", "ticks": 40},
        {**VENUE, "target": "1.stop", "ticks": 40},
        strict=False,
    )
    assert sorted(found) == [ENTRY, STOP]
    assert "the trader is refused" in log
    assert "the venue" not in log


@pytest.mark.parametrize(("held", "then"), [(2, -2), (-1, 1)])
def test_a_position_is_turned_over(left, held, then):
    _, _, log, (position,) = left({**HAND, "act": "flip"}, held=held)
    assert position.qty == then
    assert "the trader does flip" in log


def test_what_is_not_there_is_neither_moved_nor_turned(left):
    found, _, log, _ = left(
        {**HAND, "act": "flip"},
        {**HAND, "act": "move", "target": "7.stop", "ticks": 1},
        {**VENUE, "target": "7.stop", "ticks": 1},
        strict=False,
    )
    assert (sorted(found), log) == ([ENTRY, STOP], "")
