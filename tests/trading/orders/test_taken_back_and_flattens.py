"""Fills that the venue takes back under a flatten, or after one: what is held again is closed."""

import pytest
from before_voids import GUARDED, HELD, STOPPED

# The fill of two that is taken back makes two of the three that the stop sold too much.
DOUBT = (
    STOPPED
    + """
        do place buy 2 limit 20010
        > place 2#1 buy 2 limit 20010
        do flatten
        < void 1.entry#1
        = position -2
        = working 2#1                       -- which may have bought them back
"""
)
SCRIPTS = {
    "what is too much by then waits for an order in doubt, and the flatten closes it": DOUBT
    + """
        < refuse 2#1 NONE
        > place 3.exit#1 buy 2 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = position 0
        = waiting
        wait 60
        = working
    """,
    "and is not bought twice where that bought it": DOUBT
    + """
        < new 2#1
        > cancel 2#1
        < fill 2#1 2 @ 20000
        = position 0
        < ack 2#1
        = waiting
        wait 60
        = working
    """,
    "once more is taken back than that, the rest is under a stop": DOUBT
    + """
        < void 1.stop#1
        = position 1
        > place 1.stop#2 sell 1 stop 19990
    """,
    "what a pair of exits had closed they close again, and no bracket that is over": HELD
    + """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 3 market
        < ack 1.stop#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 3 @ 20001
        do place buy 2
        > place 3#1 buy 2 market
        < new 3#1
        < ack 3#1
        < fill 3#1 2 @ 20000
        do oco sell 2 limit 20010 | sell 2 stop 19990
        > place 4.leg1#1 sell 2 limit 20010
        > place 4.leg2#1 sell 2 stop 19990
        < new 4.leg1#1
        < ack 4.leg1#1
        < new 4.leg2#1
        < ack 4.leg2#1
        < fill 4.leg1#1 2 @ 20010
        > cancel 4.leg2#1
        < canceled 4.leg2#1
        < ack 4.leg2#1
        = position 0
        x time 3
        < void 4.leg1#1
        > place 4.leg1#2 sell 2 limit 20010
        > place 4.leg2#2 sell 2 stop 19990
        = position 2
    """,
    "what a flatten closed is held again: its bracket closes it once more": HELD
    + """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 3 market
        < ack 1.stop#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 3 @ 20001
        = position 0
        x time 3
        < void 2.exit#1
        > place 1.exit#1 sell 3 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 3 @ 20001
        = position 0
        = working
    """,
    "while a flatten runs it closes what is held again": HELD
    + """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 3 market
        < ack 1.stop#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20001
        x time 3
        < void 2.exit#1
        > cancel 2.exit#1                   -- it is for one now
        < fill 2.exit#1 1 @ 20001
        > place 2.exit#2 sell 2 market
        < refuse 2.exit#1 TOO_LATE
        < new 2.exit#2
        < ack 2.exit#2
        < fill 2.exit#2 2 @ 20001
        = position 0
        = working
        = waiting
    """,
    "while a flatten waits for an order in doubt it is protected until it can be closed": STOPPED
    + """
        do place sell 1 limit 21000
        > place 2#1 sell 1 limit 21000
        do flatten
        < void 1.stop#1
        > place 1.stop#2 sell 3 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        wait 0.9
        < refuse 2#1 TOO_LATE
        > cancel 1.stop#2
        < ack 1.stop#2
        < canceled 1.stop#2
        > place 3.exit#1 sell 3 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 3 @ 20000
        = position 0
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
    "under a flatten it is the flatten that closes what a guard's stop had": GUARDED
    + """
        < fill 2.stop#1 2 @ 19990
        do place buy 1
        > place 3#1 buy 1 market
        < new 3#1
        < ack 3#1
        < fill 3#1 1 @ 19991
        do flatten
        > place 4.exit#1 sell 1 market
        < void 2.stop#1
        = position 3
        < new 4.exit#1
        < ack 4.exit#1
        < fill 4.exit#1 1 @ 19991
        > place 4.exit#2 sell 2 market
        < new 4.exit#2
        < ack 4.exit#2
        < fill 4.exit#2 2 @ 19991
        = position 0
        = working
    """,
    "what a flatten let go is protected while it waits for a doubt": """
        do bracket buy 3 limit 20000 loss 40t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        wait 1
        > place 1.stop#2 sell 3 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        < fill 1.stop#2 3 @ 19990
        x time 4
        do flatten
        < void 1.stop#2
        > place 1.stop#3 sell 3 stop 19990
        = position 3
    """,
    "under a flatten so it is of a bracket that was over before": STOPPED
    + """
        do place buy 1
        > place 2#1 buy 1 market
        < new 2#1
        < ack 2#1
        < fill 2#1 1 @ 19991
        do flatten
        > place 3.exit#1 sell 1 market
        < void 1.stop#1
        = position 4
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 19991
        > place 3.exit#2 sell 3 market
        < new 3.exit#2
        < ack 3.exit#2
        < fill 3.exit#2 3 @ 19991
        = position 0
        = working
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
