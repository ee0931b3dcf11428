"""What other hands traded before, and is told after a bracket was cut for what they traded last."""

from decimal import Decimal

import pytest
from scripted_broker import MNQ

from dryfill.trading.order import Execution
from dryfill.trading.orders.late_strangers import LateStrangers
from dryfill.trading.words import Side

CUT = """
    do bracket sell 2 loss 40t
    > place 1.entry#1 sell 2 market
    < new 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 buy 2 stop 20010
    < ack 1.entry#1
    < new 1.stop#1
    < ack 1.stop#1
    {first}
    x rests web-2 buy 1 20001
    < fill web-2 1 @ 20001
    > modify 1.stop#1 order_qty 1
    > ask fills
    < ack 1.stop#1
"""
BEFORE = CUT.format(first="x hand sell 1 @ 20001")
AFTER = CUT.format(first="") + "\n    x hand sell 1 @ 20001"
SCRIPTS = {
    "what was there before is what that closed": BEFORE
    + """
    < shown
    > modify 1.stop#1 order_qty 2
    = position -2
    = incidents position_cut
    """,
    "what came after it is nobody's": AFTER
    + """
    < shown
    = position -2
    = incidents position_cut
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play, lossy):
    play(SCRIPTS[name], offers=lossy)


def fill(exec_id, side, qty, time_ns):
    return Execution(
        exec_id=exec_id,
        instrument=MNQ,
        order_id="9",
        cl_ord_id="",
        side=side,
        qty=qty,
        px=Decimal(20_000),
        time_ns=time_ns,
        fee=Decimal(0),
    )


# a fill that is told after a cut at 5 by the fill T-9: what would undo it
TOLD = {
    "traded before": (fill("T-8", Side.SELL, 2, 4), [2]),
    "in the same instant, and before": (fill("T-8", Side.SELL, 2, 5), [2]),
    "in the same instant, and after": (fill("T-10", Side.SELL, 2, 5), []),
    "traded after": (fill("T-8", Side.BUY, 2, 6), []),
}


@pytest.mark.parametrize("name", TOLD)
def test_late_is_what_was_traded_before_the_cut(name):
    late, expected = TOLD[name]
    strangers = LateStrangers()
    strangers.booked(fill("T-9", Side.BUY, 1, 5))
    strangers.cut("MNQ", 3)
    assert strangers.take("MNQ") == []
    strangers.booked(late)
    assert strangers.take("MNQ") == expected
    assert strangers.take("MNQ") == []


def test_what_was_bought_and_what_was_sold_are_apart():
    strangers = LateStrangers()
    strangers.cut("MNQ", 9)
    for late in (
        fill("1", Side.BUY, 1, 1),
        fill("2", Side.SELL, 2, 2),
        fill("3", Side.BUY, 3, 3),
    ):
        strangers.booked(late)
    assert strangers.take("MNQ") == [-4, 2]


def test_an_instrument_of_which_nothing_was_cut_has_none():
    strangers = LateStrangers()
    strangers.cut("MES", 9)
    strangers.booked(fill("1", Side.BUY, 1, 1))
    assert strangers.take("MNQ") == []
