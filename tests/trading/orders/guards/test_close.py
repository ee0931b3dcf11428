"""Closing a position or a part of it: never more than is held, whoever closes beside it."""

import pytest

from dryfill.trading.errors import UsageError

HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""
GUARDED = (
    HELD
    + """
    do guard loss 19990 target 20020
    > place 2.stop#1 sell 3 stop 19990
    > place 2.target#1 sell 3 limit 20020
    < ack 2.stop#1
    < ack 2.target#1
"""
)
BRACKET = """
    do bracket buy 3 loss 40t target 80t
    > place 1.entry#1 buy 3 market
    < ack 1.entry#1
    < fill 1.entry#1 3 @ 20000
    > place 1.stop#1 sell 3 stop 19990
    > place 1.target#1 sell 3 limit 20020
    < ack 1.stop#1
    < ack 1.target#1
"""

SCRIPTS = {
    "a close that is made again waits for another that may still fill": HELD
    + """
        do exit 2
        > place 2.exit#1 sell 2 market
        do exit 1
        > place 3.exit#1 sell 1 market
        < ack 3.exit#1
        < refuse 2.exit#1 NONE
        do place sell 1
        > place 4#1 sell 1 market
        < ack 4#1
        < fill 4#1 1 @ 20000
        > cancel 3.exit#1
        wait 0.7
        < fill 3.exit#1 1 @ 20000
        > place 2.exit#2 sell 1 market
        < ack 2.exit#2
        < fill 2.exit#2 1 @ 20000
        = position 0
        = timers 0
    """,
    "all of it at market": HELD
    + """
        do exit all
        > place 2.exit#1 sell 3 market
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 20000
        = waiting exit 2
        < fill 2.exit#1 2 @ 20000
        = got exit 2 -> closed(3 of 3)
        = position 0
        = timers 0
    """,
    "a part: the guard is made smaller first, and is never too large": GUARDED
    + """
        do exit 2
        > modify 2.stop#1 order_qty 1
        > modify 2.target#1 order_qty 1
        < ack 2.stop#1
        = waiting exit 3
        < ack 2.target#1
        > place 3.exit#1 sell 2 market
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = got exit 3 -> closed(2 of 2)
        = position 1
        = working 2.stop#1 2.target#1
        = bare
    """,
    "RS-32: a close of all waits for the stop to be out, and the stop may be faster": GUARDED
    + """
        do exit all
        > cancel 2.stop#1
        > cancel 2.target#1
        < ack 2.target#1
        < canceled 2.target#1
        x fill 2.stop#1 3 @ 19990
        < refuse 2.stop#1 TOO_LATE
        > look 2.stop#1
        < told
        < found 2.stop#1
        = got exit 3 -> gone(0 of 3): nothing more was held
        = position 0
        = working
    """,
    "n closes at once sell what is held and no more": HELD
    + """
        do exit 2
        > place 2.exit#1 sell 2 market
        do exit all
        > place 3.exit#1 sell 1 market
        do exit 1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
        = got exit 2 -> closed(2 of 2)
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 20000
        = got exit 3 -> gone(1 of 3): nothing more was held
        = got exit 4 -> gone(0 of 1): nothing more was held
        = position 0
        = timers 0
    """,
    "a close that was refused is made again, and a guard covers again where it is given up": GUARDED
    + """
        do exit 3
        > cancel 2.stop#1
        > cancel 2.target#1
        < canceled 2.stop#1
        < canceled 2.target#1
        > place 3.exit#1 sell 3 market
        < ack 2.stop#1
        < ack 2.target#1
        < refuse 3.exit#1 NONE
        wait 0.25
        > place 3.exit#2 sell 3 market
        do cancel 3.exit#2
        < ack 3.exit#2                  -- it may still fill: nothing is protected anew before
        > cancel 3.exit#2
        < canceled 3.exit#2
        > place 2.stop#2 sell 3 stop 19990
        > place 2.target#2 sell 3 limit 20020
        < ack 3.exit#2
        = got exit 3 -> cancelled(0 of 3): cancelled
        = incidents exit_rejected
    """,
    "at a limit: the stop stays whole, the target gives way": GUARDED
    + """
        do exit 2 limit 20010
        > modify 2.target#1 order_qty 1
        > place 3.close#1 sell 2 limit 20010
        < ack 2.target#1
        < ack 3.close#1
        = bare
        < fill 3.close#1 1 @ 20010
        > modify 2.stop#1 order_qty 2
        < ack 2.stop#1
        < fill 3.close#1 1 @ 20010
        > modify 2.stop#1 order_qty 1
        < ack 2.stop#1
        = got exit 3 -> closed(2 of 2)
        = working 2.stop#1 2.target#1
    """,
    "at a limit: made smaller with the position, and never opens": HELD
    + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < ack 2.close#1
        do place sell 2
        > place 3#1 sell 2 market
        < ack 3#1
        < fill 3#1 2 @ 20000
        > modify 2.close#1 order_qty 1
        < ack 2.close#1
        do place sell 1
        > place 4#1 sell 1 market
        < ack 4#1
        < fill 4#1 1 @ 20000
        > cancel 2.close#1
        < canceled 2.close#1
        < ack 2.close#1
        = got exit 2 -> gone(0 of 3): nothing more was held
        = timers 0
    """,
    "at a limit: an adding entry does not make it larger": HELD
    + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < ack 2.close#1
        do place buy 2
        > place 3#1 buy 2 market
        < ack 3#1
        < fill 3#1 2 @ 20000
        < fill 2.close#1 3 @ 20010
        = got exit 2 -> closed(3 of 3)
        = position 2
    """,
    "at a limit: its price may be moved, its end by another hand is told": HELD
    + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < ack 2.close#1
        do modify 2.close#1 limit 20005
        > modify 2.close#1 price 20005
        < ack 2.close#1
        do exit 1 limit 20020
        < fill 2.close#1 1 @ 20005
        < expired 2.close#1 DAY_ENDED
        > place 3.close#1 sell 1 limit 20020
        = got exit 2 -> cancelled(1 of 3): DAY_ENDED
        < refuse 3.close#1 PRICE_OFF_TICK
        = got exit 3 -> failed(0 of 1): no: PRICE_OFF_TICK
    """,
    "INV-04: a limit close and the stop both filled: what went through zero comes back": GUARDED
    + """
        do exit 2 limit 20010
        > modify 2.target#1 order_qty 1
        > place 3.close#1 sell 2 limit 20010
        < ack 2.target#1
        < ack 3.close#1
        x fill 3.close#1 2 @ 20010
        x fill 2.stop#1 3 @ 19990
        < told
        > modify 2.stop#1 order_qty 1
        < told
        > cancel 2.target#1
        = position -2
        < canceled 2.target#1
        > place 2.exit#1 buy 2 market
        < refuse 2.stop#1 TOO_LATE
        < ack 2.target#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 19990
        = position 0
        = incidents overfill
        = timers 0
    """,
    "INV-04: the stop first, and then the limit close: the close gives back": GUARDED
    + """
        do exit 2 limit 20010
        > modify 2.target#1 order_qty 1
        > place 3.close#1 sell 2 limit 20010
        < ack 2.target#1
        < ack 3.close#1
        x fill 2.stop#1 3 @ 19990
        x fill 3.close#1 2 @ 20010
        < told
        > cancel 2.target#1
        > cancel 3.close#1
        < told
        > place 3.exit#1 buy 2 market
        < canceled 2.target#1
        < ack 2.target#1
        < refuse 3.close#1 TOO_LATE
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20010
        = position 0
        = got exit 3 -> closed(2 of 2)
        = incidents overfill
        = timers 0
    """,
    "RS-18: a limit close filled after its cancel was confirmed comes back": HELD
    + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < ack 2.close#1
        do place sell 3
        > place 3#1 sell 3 market
        < ack 3#1
        < fill 3#1 3 @ 20000
        > cancel 2.close#1
        < canceled 2.close#1
        < ack 2.close#1
        = timers 0
        < fill 2.close#1 2 @ 20010
        > place 2.exit#1 buy 2 market
        = position -2
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20010
        = position 0
        = timers 0
        = incidents overfill
    """,
    "a part of a bracket: its own closing order, after its legs are smaller": BRACKET
    + """
        do exit 1
        > modify 1.stop#1 order_qty 2
        > modify 1.target#1 order_qty 2
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 2
        < ack 1.target#1
        > place 1.exit#1 sell 1 market
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 20000
        = got exit 2 -> closed(1 of 1)
        = working 1.stop#1 1.target#1
        = bare
        < fill 1.stop#1 2 @ 19990
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
        = timers 0
    """,
    "all of a bracket: nothing is left behind": BRACKET
    + """
        do exit all
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.target#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 3 market
        < ack 1.stop#1
        < ack 1.target#1
        do exit all
        < ack 1.exit#1
        < fill 1.exit#1 3 @ 20000
        = got exit 2 -> closed(3 of 3)
        = got exit 3 -> closed(0 of 0)
        = position 0
        = working
        = timers 0
    """,
    "a bracket's stop that is faster than the close": BRACKET
    + """
        do exit 1
        > modify 1.stop#1 order_qty 2
        > modify 1.target#1 order_qty 2
        x fill 1.stop#1 3 @ 19990
        < told
        < ack 1.target#1
        > cancel 1.target#1
        < canceled 1.target#1
        < refuse 1.stop#1 TOO_LATE
        < ack 1.target#1
        = got exit 2 -> gone(0 of 1): protective orders or others closed the rest
        = position 0
        = timers 0
    """,
    "what no bracket holds goes first, then the oldest bracket": BRACKET
    + """
        do place buy 1
        > place 2#1 buy 1 market
        < ack 2#1
        < fill 2#1 1 @ 20000
        do exit 2
        > modify 1.stop#1 order_qty 2
        > modify 1.target#1 order_qty 2
        > place 3.exit#1 sell 1 market
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 20000
        < ack 1.stop#1
        < ack 1.target#1
        > place 1.exit#1 sell 1 market
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 20000
        = got exit 3 -> closed(2 of 2)
        = position 2
    """,
    "no limit close of what a bracket holds": BRACKET
    + """
        do exit 1 limit 20010
        = refused RefusedByUs
    """,
    "a flatten takes a close over": HELD
    + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < ack 2.close#1
        do flatten
        > cancel 2.close#1
        < canceled 2.close#1
        > place 3.exit#1 sell 3 market
        < ack 2.close#1
        = got exit 2 -> cancelled(0 of 3): left to somebody else
        do exit all
        = refused RefusedByUs
        < ack 3.exit#1
        < fill 3.exit#1 3 @ 20000
        = position 0
        = timers 0
        do exit all
        = refused RefusedByUs
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_close_never_sells_more_than_is_held(play, name):
    play(SCRIPTS[name])


def test_true_is_no_number_of_contracts(play, mnq):
    stage = play(HELD)
    with pytest.raises(UsageError, match="qty is True; give contracts from 1 to 3"):
        stage.manager.close_position(mnq, True)


@pytest.mark.parametrize("qty", ["0", "4"])
def test_more_than_is_held_is_refused_by_name(play, qty):
    with pytest.raises(UsageError, match=f"qty is {qty}; give contracts from 1 to 3, .* at market"):
        play(HELD + f"do exit {qty}")
    with pytest.raises(
        UsageError, match=f"qty is {qty}; give contracts from 1 to 3, .* at a limit"
    ):
        play(HELD + f"do exit {qty} at 20010")
