"""A guard: stop and target of what is held beyond brackets, as large as that is at each moment."""

import pytest
from position_acts import GUARDED, HELD

SCRIPTS = {
    "it grows with the position": GUARDED
    + """
        do place buy 2
        > place 3#1 buy 2 market
        < ack 3#1
        < new 3#1
        < fill 3#1 1 @ 20001
        > modify 2.stop#1 order_qty 4
        > modify 2.target#1 order_qty 4
        = bare 2
        < fill 3#1 1 @ 20001
        < ack 2.stop#1
        > modify 2.stop#1 order_qty 5
        < ack 2.target#1
        > modify 2.target#1 order_qty 5
        < ack 2.stop#1
        < ack 2.target#1
        = bare
    """,
    "fault 14: a resting entry is never resized": GUARDED
    + """
        do place buy 7 limit 19995
        > place 3#1 buy 7 limit 19995
        < ack 3#1
        < new 3#1
        x hand buy 1 @ 20000
        do place sell 1
        > place 4#1 sell 1 market
        < ack 4#1
        < new 4#1
        < fill 4#1 1 @ 20000
        > modify 2.stop#1 order_qty 2
        > modify 2.target#1 order_qty 2
        < ack 2.stop#1
        < ack 2.target#1
        = working 2.stop#1 2.target#1 3#1
    """,
    "stop and target are one: what the target closes the stop gives up": GUARDED
    + """
        < fill 2.target#1 1 @ 20020
        > modify 2.stop#1 order_qty 2
        < ack 2.stop#1
        < fill 2.target#1 2 @ 20020
        > cancel 2.stop#1
        < ack 2.stop#1
        < canceled 2.stop#1
        = position 0
        = working
        = timers 0
        = incidents
    """,
    "RS-19: the trader closes a part by hand: the stop follows": GUARDED
    + """
        x rests web-1 sell 1 20000
        < fill web-1 1 @ 20000
        = position 2
        > modify 2.stop#1 order_qty 2
        > modify 2.target#1 order_qty 2
        < ack 2.stop#1
        < ack 2.target#1
        = bare
        = incidents
    """,
    "RS-19: and where the stop was faster, what it turned over is given back": GUARDED
    + """
        x rests web-1 sell 1 20000
        x fill web-1 1 @ 20000
        x fill 2.stop#1 3 @ 19990
        < told
        > modify 2.stop#1 order_qty 2
        > modify 2.target#1 order_qty 2
        < told
        = position -1
        < refuse 2.stop#1 TOO_LATE
        < ack 2.target#1
        > cancel 2.target#1
        < canceled 2.target#1
        > place 2.exit#1 buy 1 market
        < ack 2.target#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19990
        = position 0
        = incidents overfill
        = timers 0
    """,
    "levels are replaced in place, and what is left out stays": GUARDED
    + """
        do guard loss 19995
        > modify 2.stop#1 stop_px 19995
        = waiting guard
        < ack 2.stop#1
        = got guard -> protected(3)
        do guard target 40t
        > modify 2.target#1 price 20010
        < ack 2.target#1
        = got guard -> protected(3)
    """,
    "a refused change leaves what was": GUARDED
    + """
        do guard loss 19999
        > modify 2.stop#1 stop_px 19999
        < refuse 2.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 2.stop#1
        < found 2.stop#1
        = got guard -> refused(3): no: SELL_STOP_NOT_BELOW_LAST
        = bare
        do guard loss 19992
        > modify 2.stop#1 stop_px 19992
        < ack 2.stop#1
        = got guard -> protected(3)
    """,
    "no more than qty, however much is held": HELD
    + """
        do guard loss 40t qty 2
        > place 2.stop#1 sell 2 stop 19990
        < ack 2.stop#1
        = got guard -> protected(2)
        do place buy 1
        > place 3#1 buy 1 market
        < ack 3#1
        < fill 3#1 1 @ 20000
        do place sell 3
        > place 4#1 sell 3 market
        < ack 4#1
        < fill 4#1 3 @ 20000
        > modify 2.stop#1 order_qty 1
        < ack 2.stop#1
    """,
    "a stop that the market has passed closes what it was for": HELD
    + """
        do guard loss 19990 target 20020
        > place 2.stop#1 sell 3 stop 19990
        > place 2.target#1 sell 3 limit 20020
        < ack 2.target#1
        < refuse 2.stop#1 SELL_STOP_NOT_BELOW_LAST
        > cancel 2.target#1
        < canceled 2.target#1
        > place 2.exit#1 sell 3 market
        < ack 2.target#1
        < ack 2.exit#1
        < fill 2.exit#1 3 @ 19980
        = position 0
        = working
    """,
    "a leg moved by its order keeps its new level": GUARDED
    + """
        do modify 2.stop#1 stop 19993
        > modify 2.stop#1 stop_px 19993
        < ack 2.stop#1
        do place sell 1
        > place 3#1 sell 1 market
        < ack 3#1
        < fill 3#1 1 @ 20000
        > modify 2.stop#1 order_qty 2
        > modify 2.target#1 order_qty 2
    """,
    "distances count from the mean, anew when the position grows and never when it shrinks": HELD
    + """
        do guard loss 40t
        > place 2.stop#1 sell 3 stop 19990
        < ack 2.stop#1
        do place buy 3
        > place 3#1 buy 3 market
        < ack 3#1
        < fill 3#1 3 @ 20004
        > modify 2.stop#1 order_qty 6 stop_px 19992
        < ack 2.stop#1
        do place sell 3
        > place 4#1 sell 3 market
        < ack 4#1
        < fill 4#1 3 @ 20004
        > modify 2.stop#1 order_qty 3
    """,
    "what brackets hold is theirs": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.stop#1
        do guard loss 40t
        = refused RefusedByUs
        do place buy 1
        > place 2#1 buy 1 market
        < ack 2#1
        < fill 2#1 1 @ 20000
        do guard loss 19980
        > place 3.stop#1 sell 1 stop 19980
        < ack 3.stop#1
        = got guard -> protected(1)
        < fill 1.stop#1 2 @ 19990
        = position 1
        = working 3.stop#1
        < fill 3.stop#1 1 @ 19980
        = position 0
        = timers 0
    """,
    "a short position": """
        do place sell 1
        > place 1#1 sell 1 market
        < ack 1#1
        < fill 1#1 1 @ 20000
        do guard loss 20t target 20t
        > place 2.stop#1 buy 1 stop 20005
        > place 2.target#1 buy 1 limit 19995
        < ack 2.stop#1
        < ack 2.target#1
        = got guard -> protected(1)
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_guard_follows_what_is_held(play, name):
    play(SCRIPTS[name])
