"""What is told late of a finished bracket while a flatten closes: the flatten's, and nobody else's.

The bracket was not there to be let go when the flatten began (explorer, native, hostile 87).
"""

import pytest

CLOSED = """
    do bracket buy 1 loss 40t target 80t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
    < fill 1.target#1 1 @ 20020
    > cancel 1.stop#1
    < canceled 1.stop#1
    < ack 1.stop#1
"""
FINISHED = (
    CLOSED
    + """
    do place sell 1
    > place 2#1 sell 1 market
    < new 2#1
    < ack 2#1
    < fill 2#1 1 @ 20020
    do flatten
    > place 3.exit#1 buy 1 market
    < new 3.exit#1
    < ack 3.exit#1
"""
)
PAIR = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
    do oco sell 2 limit 20010 | sell 2 stop 19990
    > place 2.leg1#1 sell 2 limit 20010
    > place 2.leg2#1 sell 2 stop 19990
    < new 2.leg1#1
    < ack 2.leg1#1
    < new 2.leg2#1
    < ack 2.leg2#1
"""
PAIR_FLATTENED = (
    PAIR
    + """
    do flatten
    > cancel 2.leg1#1
    < canceled 2.leg1#1
    > cancel 2.leg2#1
    < ack 2.leg1#1
    < canceled 2.leg2#1
    > place 3.exit#1 sell 2 market
    < ack 2.leg2#1
    < new 3.exit#1
    < ack 3.exit#1
    < fill 3.exit#1 2 @ 20000
    = position 0
    = working
"""
)
SCRIPTS = {
    "what a pair filled before its cancel, told after a flatten, is given back": PAIR_FLATTENED
    + """
        < fill 2.leg1#1 1 @ 20010
        > place 2.exit#1 buy 1 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 20000
        = position 0
        = working
    """,
    "beside a bracket, what a pair gives back after a flatten is none of its": PAIR_FLATTENED
    + """
        do bracket buy 2 loss 40t
        > place 4.entry#1 buy 2 market
        < new 4.entry#1
        < ack 4.entry#1
        < fill 4.entry#1 2 @ 20000
        > place 4.stop#1 sell 2 stop 19990
        < new 4.stop#1
        < ack 4.stop#1
        < fill 2.leg1#1 1 @ 20010
        > place 2.exit#1 buy 1 market
        = incidents
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 20000
        = position 2
        = working 4.stop#1
    """,
    "a pair's closing order that is taken back after a flatten goes again": PAIR
    + """
        < fill 2.leg2#1 2 @ 19990
        > cancel 2.leg1#1
        < fill 2.leg1#1 2 @ 20010
        > place 2.exit#1 buy 2 market
        < refuse 2.leg1#1 TOO_LATE
        < new 2.exit#1
        < ack 2.exit#1
        do flatten
        > cancel 2.exit#1
        < fill 2.exit#1 2 @ 20000
        < refuse 2.exit#1 TOO_LATE
        = position 0
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        x time 2
        < void 2.exit#1
        = position -2
        > place 2.exit#2 buy 2 market
    """,
    "what a bracket that had closed has back is the flatten's that runs, and not its own": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        x rests web-1 sell 1 20000
        < fill web-1 1 @ 20000
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 1 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 20000
        = position 0
        = incidents position_cut stop_rejected
        do place buy 1
        > place 2#1 buy 1 market
        < new 2#1
        < ack 2#1
        < fill 2#1 1 @ 20000
        do flatten
        > place 3.exit#1 sell 1 market
        < new 3.exit#1
        x time 2
        < void web-1
        = position 2
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 20000
        > place 3.exit#2 sell 1 market
    """,
    "while another flatten closes, a pair gives nothing back itself": PAIR_FLATTENED
    + """
        do place buy 1
        > place 4#1 buy 1 market
        < new 4#1
        < ack 4#1
        < fill 4#1 1 @ 20000
        do flatten
        > place 5.exit#1 sell 1 market
        < new 5.exit#1
        < ack 5.exit#1
        < fill 2.leg1#1 2 @ 20010
        = position -1
        > cancel 5.exit#1
        < canceled 5.exit#1
        > place 5.exit#2 buy 1 market
    """,
    "too much was closed: the flatten closes that as well": FINISHED
    + """
        < fill 1.stop#1 1 @ 19990
        = position -2
        = incidents overfill
        < fill 3.exit#1 1 @ 20020
        > place 3.exit#2 buy 1 market
        < fill 3.exit#2 1 @ 20020
        < ack 3.exit#2
        = position 0
        = working
    """,
    "what a flatten took away and is filled after all is closed": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do flatten
        > cancel 1.entry#1
        < canceled 1.entry#1
        < ack 1.entry#1
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        < fill 1.entry#1 1 @ 20000
        > place 1.exit#1 sell 1 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19999
        = position 0
        = working
    """,
    "it waits under a stop: what was closed too much makes that smaller": CLOSED
    + """
        do bracket buy 3 loss 40t target 80t
        > place 2.entry#1 buy 3 market
        < new 2.entry#1
        < ack 2.entry#1
        < fill 2.entry#1 3 @ 20000
        > place 2.stop#1 sell 3 stop 19990
        > place 2.target#1 sell 3 limit 20020
        < new 2.stop#1
        < ack 2.stop#1
        do flatten                          -- the target has no answer yet: it waits for that
        < fill 1.stop#1 1 @ 19990
        > modify 2.stop#1 order_qty 2
        = position 2
        = incidents overfill
        < ack 2.stop#1
        < new 2.target#1
        > cancel 2.target#1
        < canceled 2.target#1
        > cancel 2.stop#1
        < canceled 2.stop#1
        > place 3.exit#1 sell 2 market
    """,
    "while there is none, or it is through, a bracket protects what it got": """
        do bracket buy 1 limit 20000 loss 40t
        > place 1.entry#1 buy 1 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do cancel 1.entry#1
        > cancel 1.entry#1
        < canceled 1.entry#1
        < ack 1.entry#1
        do flatten
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
