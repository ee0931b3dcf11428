"""Fills that were taken back, over a restart: nothing of them comes back, nothing goes twice."""

import pytest

from dryfill.trading.orders.journal import keeper

HELD = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 2
    < replaced 1.stop#1 order_qty 2
    < ack 1.stop#1
    x time 2
"""
SMALLER = """
    > modify 1.stop#1 order_qty 1
    < replaced 1.stop#1 order_qty 1
    < ack 1.stop#1
"""
SCRIPTS = {
    "what was taken back before stays so": HELD
    + "< void 1.entry#1"
    + SMALLER
    + """
        {again}
        < shown
        = position 1
        = fills 1.entry#1 1
        = status 1.entry#1 FILLED
        < again
        = position 1
        = working 1.stop#1
    """,
    "what is taken back while nobody lives is found": HELD
    + """
        x void 1.entry#1
        x drop
        {again}
        < shown
        > modify 1.stop#1 order_qty 1
        = position 1
        = fills 1.entry#1 1
    """,
    "so is all that a stop had closed": HELD
    + """
        < fill 1.stop#1 2 @ 19990
        = working
        x time 3
        x void 1.stop#1
        x drop
        {again}
        < shown
        > place 1.stop#2 sell 2 stop 19990
        = position 2
    """,
    "a plain order's fill that was taken back moves nothing when it is shown again": """
        do place buy 1
        > place 1#1 buy 1 market
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        = position 1
        x time 2
        < void 1#1
        = position 0
        {again}
        < shown
        = position 0
    """,
}


@pytest.mark.parametrize("records", [50, 1], ids=["each by itself", "all in one"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, records, relive, monkeypatch):
    monkeypatch.setattr(keeper, "_RECORDS_MOST", records)  # of an order, before they become one
    relive(SCRIPTS[name])
