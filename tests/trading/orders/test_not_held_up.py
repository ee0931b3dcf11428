"""What must be done waits for no answer that it does not need, and acts on all that one tells."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
LONG_2 = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < ack 1.entry#1
    < new 1.stop#1
    < new 1.target#1
    < ack 1.stop#1
    < ack 1.target#1
"""
ROUND = """
    > ask fills
    > ask open
"""
FULL = (
    ROUND
    + """
    > ask orders
    > ask positions
"""
)
OVER = 3 * ("wait 5" + ROUND + "< shown\n")  # nothing works any more, and the looks show that
SCRIPTS = {
    "a cancel waits a quarter of a second for the answer to a change, no more": RESTS
    + """
        do modify 1#1 limit 19999
        > modify 1#1 price 19999
        do cancel 1#1
        wait 0.24
        wait 0.01
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = incidents
    """,
    "a leg that must go does not wait for what became of its change": LONG_2
    + """
        do move 1 1 60t
        > modify 1.target#1 price 20015
        < fill 1.stop#1 2 @ 19990
        wait 0.24
        wait 0.01
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
    """,
    "a cancel overtakes a look": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x drop
        < ack 1#1
        wait 1
        > look 1#1
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
    """,
    "of a cancel that was refused it is looked first, and the look is a part of the pause": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        wait 0.2
        < found 1#1
        wait 0.05
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
    """,
    "an answer that is none says that nobody works on the order any more": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.stop#1 1 @ 19990
        x never 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 0.25
        > look 1.target#1
        < none 1.target#1
        < late lost 1.target#1          -- the gateway gave up: what it did is done by now
        wait 0.5
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1
        wait 1
        > look 1.target#1
        < none 1.target#1               -- the second that began five seconds after that
        = working
    """,
    "a pause that was kept once is not kept again": LONG_2
    + """
        do move 1 stop 30t
        > modify 1.stop#1 stop_px 19992.5
        < unsent 1.stop#1
        wait 0.4                        -- a quarter of a second, and what is drawn
        > modify 1.stop#1 stop_px 19992.5
        wait 1
        > look 1.stop#1
    """,
    "too much is given back while a leg is in doubt": LONG_2
    + """
        < fill 1.target#1 2 @ 20020
        > cancel 1.stop#1
        < fill 1.stop#1 2 @ 19990
        > place 1.exit#1 buy 2 market
        = incidents overfill
    """,
}
LOSSY_SCRIPTS = {
    "what one question shows is taken in though another failed": LONG_2
    + """
        wait 5
    """
    + ROUND
    + """
        x fill 1.stop#1 2 @ 19990
        x drop
        < lost fills
        < shown                         -- the stop is not among the open orders
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.target#1
        > ask fills                     -- and of what it was filled in
        > ask open
    """,
    "a failed question is not waited for by the others for long": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        < lost fills
        wait 0.25
        wait 1
    """
    + ROUND,
    "two fills of one answer are acted on once": LONG_2
    + """
        x fill 1.stop#1 1 @ 19990
        x drop
        x fill 1.stop#1 1 @ 19990
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown
        > cancel 1.target#1             -- and is not made smaller first
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
    """,
    "what a stranger bought does not bring back what another closed": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        x hand sell 1 @ 20001
        wait 5
    """
    + ROUND
    + """
        < shown
        > modify 1.stop#1 order_qty 1
        > ask fills
        < replaced 1.stop#1 order_qty 1
        < ack 1.stop#1
        < shown
        do bracket buy 1 loss 40t
        > place 2.entry#1 buy 1 market
        < new 2.entry#1
        < fill 2.entry#1 1 @ 20000
        > place 2.stop#1 sell 1 stop 19990
        < ack 2.entry#1
        < new 2.stop#1
        < ack 2.stop#1
        x fill 2.stop#1 1 @ 19990
        x drop
        x hand buy 1 @ 20001
        wait 5
    """
    + ROUND
    + """
        < shown
        = working 1.stop#1
        = position 2
        = incidents position_cut
    """,
    "an order that is shown is there, whatever became of its answer": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown
        = status 1#1 NEW
        do cancel 1#1
        > cancel 1#1
    """,
    "what is shown filled is filled, while a command is under way": LONG_2
    + """
        wait 4.5
        do move 1 stop 30t
        > modify 1.stop#1 stop_px 19992.5
        x fill 1.stop#1 1 @ 19990
        x drop
        wait 0.5
    """
    + ROUND
    + """
        < lost fills
        < shown
        > modify 1.target#1 order_qty 1
    """,
    "what was closed by hand is asked for before a flatten closes it again": LONG_2
    + """
        x hand sell 2 @ 20001
        do flatten
    """
    + ROUND
    + """
        > cancel 1.target#1
        < shown
        > cancel 1.stop#1
        < canceled 1.stop#1
        < canceled 1.target#1
        < ack 1.stop#1
        < ack 1.target#1
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = position 0
    """,
    "a flatten that asked closes what it was told of, before a stop for that is sent": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        x fill 1.entry#1 1 @ 20000
        x drop
        do flatten
    """
    + ROUND
    + """
        > cancel 1.entry#1
        < shown
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
    """,
    "a flatten waits for what others did for a second at most, under its stop": LONG_2
    + """
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        < new 2#1
        < ack 2#1
        do flatten
    """
    + ROUND
    + """
        > cancel 1.target#1
        > cancel 2#1                    -- it would add to what is held
        < canceled 1.target#1
        < canceled 2#1
        < ack 1.target#1
        < ack 2#1
        wait 0.9
        = working 1.stop#1
        wait 0.1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 3.exit#1 sell 2 market
    """,
    "what others opened, and nobody told of, is asked for before a flatten says it is flat": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        x hand sell 1 @ 20001
        do flatten
    """
    + ROUND
    + """
        = waiting flatten
        < shown
        > place 2.exit#1 buy 1 market
    """,
    "a flatten that breaks off a comparison asks for everything, too": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
    """
    + OVER
    + """
        wait 285
    """
    + FULL
    + """
        x hand sell 1 @ 20001
        x forget
        do flatten
    """
    + FULL
    + """
        < shown
        = waiting
        wait 5                          -- the difference is looked at once more
    """
    + FULL
    + """
        < shown
        = position -1
        = incidents position_differs
    """,
    "what others do in an account that rests is found by the comparison": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
    """
    + OVER
    + """
        x hand sell 1 @ 20001
        wait 284
        wait 1
    """
    + FULL
    + """
        < shown
        = position -1
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_it_is_not_held_up_as_the_script_says(play, script):
    play(script)


@pytest.mark.parametrize("script", LOSSY_SCRIPTS.values(), ids=LOSSY_SCRIPTS.keys())
def test_on_a_lossy_stream_it_goes_as_the_script_says(play, script, lossy):
    play(script, OrderSettings(), lossy)
