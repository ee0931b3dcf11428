"""What lacks a fill is asked for by one question, once, and beside the round under way."""

import asyncio
from types import SimpleNamespace

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.recovery.fills_alone import FillsAlone
from dryfill.trading.orders.settings import OrderSettings

RESTS = """
    do place buy 1 limit 19900
    > place 1#1 buy 1 limit 19900
    < new 1#1
    < ack 1#1
"""
LACKS = """
    x rests web-1 sell 9 20000
    x fill web-1 2 @ 20000
    x drop
    < fill web-1 1 @ 20000
"""
ALL = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
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
SCRIPTS = {
    "what is asked for is not asked for again as the order's next fills are told": RESTS
    + LACKS
    + """
        > ask fills
        < fill web-1 1 @ 20000
        < fill web-1 1 @ 20000
        wait 0.3
        < shown
        = position -5
        wait 4.6
    """,
    "where more is lacking by then it is, a quarter of a second later": RESTS
    + LACKS
    + """
        > ask fills
        x fill web-1 1 @ 20000
        x drop
        < fill web-1 1 @ 20000
        wait 0.2
        wait 0.05
        > ask fills
        < shown
        = position -5
        wait 4.6
    """,
    "and not where the answer to the first showed it": RESTS
    + LACKS
    + """
        > ask fills
        x fill web-1 1 @ 20000
        x drop
        < fill web-1 1 @ 20000
        < shown
        = position -5
        wait 4.6
    """,
    "a round under way goes on": RESTS
    + """
        wait 5
        > ask fills
        > ask open
    """
    + LACKS
    + """
        > ask fills
        < shown
        = position -3
        wait 4.9
    """,
    "where it has no answer, all is asked for until it has": RESTS
    + LACKS
    + """
        > ask fills
        < lost fills
        wait 0.9
        wait 0.1
    """
    + ALL
    + """
        < shown
        = position -3
    """,
    "what was taken back is asked about by one question, and by all when none is too old": HELD
    + """
        < void 1.entry#1
        > modify 1.stop#1 order_qty 1
        > ask fills
        < replaced 1.stop#1 order_qty 1
        < ack 1.stop#1
        < shown
        = position 1
        wait 4.9
        wait 0.1
        > ask fills                     -- the look that is due, and at once in its place
        > ask open
    """
    + ALL,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play, lossy):
    play(SCRIPTS[name], offers=lossy)


@pytest.mark.parametrize(("begins", "asked"), [(True, 0), (False, 1)])
def test_a_round_that_is_wanted_in_the_same_instant_begins_first(begins, asked):
    """(explored, traders, native: what a round asks anyway was asked for twice)"""
    rounds, alone = [], []

    async def main():
        loop = asyncio.get_running_loop()
        outbox = SimpleNamespace(settings=OrderSettings(), now_s=loop.time, closed=False)
        inquiry = SimpleNamespace(
            silent=False,
            begun=lambda *, back: len(rounds),
            ask_fills=lambda started_ns, *, back: alone.append(back),
        )
        fills = FillsAlone(outbox, inquiry, 0, lambda: None)
        fills.soon()
        if begins:  # somebody else who heard of the same asks for all
            loop.call_soon(rounds.append, "round")
        await asyncio.sleep(1)

    run_virtual(main(), origin_ns=10**9)
    assert len(alone) == asked
