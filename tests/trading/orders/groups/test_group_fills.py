"""Fills of one of several orders: what the others become, and what is undone.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""
PAIR = (
    HELD
    + """
    do oco sell 3 limit 20010 | sell 3 stop 19990
    > place 2.leg1#1 sell 3 limit 20010
    > place 2.leg2#1 sell 3 stop 19990
    < new 2.leg1#1
    < ack 2.leg1#1
    < new 2.leg2#1
    < ack 2.leg2#1
    = phase 2 working
"""
)
STRADDLE = """
    do oco buy 2 stop 20010 | sell 2 stop 19990
    > place 1.oco1#1 buy 2 stop 20010
    > place 1.oco2#1 sell 2 stop 19990
    < new 1.oco1#1
    < ack 1.oco1#1
    < new 1.oco2#1
    < ack 1.oco2#1
"""

SCRIPTS = {
    "a fill of one cancels the other, until the broker says so": PAIR
    + """
        do group 2
        < fill 2.leg1#1 3 @ 20010
        > cancel 2.leg2#1
        = phase 2 reducing
        = waiting group 2
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 done
        = got group 2 -> 2.leg1#1 filled(3), 2.leg2#1 canceled(0)
        = position 0
        = incidents
        = timers 0
    """,
    "a fill in part shrinks the other by as much": PAIR
    + """
        < fill 2.leg1#1 1 @ 20010
        > modify 2.leg2#1 order_qty 2
        < replaced 2.leg2#1 order_qty 2
        < ack 2.leg2#1
        = phase 2 working
        < fill 2.leg2#1 1 @ 19990
        > modify 2.leg1#1 order_qty 2
        < replaced 2.leg1#1 order_qty 2
        < ack 2.leg1#1
        < fill 2.leg1#1 1 @ 20010
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = stands 2 2.leg1#1 filled(2), 2.leg2#1 canceled(1)
        = position 0
        = timers 0
    """,
    "one that cancels at the first fill works on with what is left of it": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990 like OCO
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < ack 2.leg1#1
        < ack 2.leg2#1
        < fill 2.leg1#1 1 @ 20010
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 working
        < fill 2.leg1#1 2 @ 20010
        = stands 2 2.leg1#1 filled(3), 2.leg2#1 canceled(0)
    """,
    "what the other fills while it is cancelled is not filled again": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990 like OCO
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < ack 2.leg1#1
        < ack 2.leg2#1
        < fill 2.leg1#1 1 @ 20010
        > cancel 2.leg2#1
        < fill 2.leg2#1 1 @ 19990
        > modify 2.leg1#1 order_qty 2
        < canceled 2.leg2#1
        < replaced 2.leg1#1 order_qty 2
        < ack 2.leg1#1
        < ack 2.leg2#1
        < fill 2.leg1#1 1 @ 20010
        = position 0
        = incidents
    """,
    "RS-13: both fill in one race; the excess is bought back once": PAIR
    + """
        x fill 2.leg1#1 3 @ 20010
        x fill 2.leg2#1 3 @ 19990
        < told
        > cancel 2.leg2#1
        < told
        = phase 2 overfilled
        > place 2.exit#1 buy 3 market
        < refuse 2.leg2#1 TOO_LATE
        < new 2.exit#1
        < fill 2.exit#1 3 @ 19990
        < ack 2.exit#1
        = position 0
        = incidents overfill
        = stands 2 2.leg1#1 filled(3), 2.leg2#1 filled(3), 3 too much
        = phase 2 done
        = timers 0
    """,
    "RS-15: a target fills in part as the stop triggers whole": PAIR
    + """
        x fill 2.leg1#1 1 @ 20010
        x triggered 2.leg2#1
        x fill 2.leg2#1 3 @ 19990
        < told
        > modify 2.leg2#1 order_qty 2
        < told
        < told
        > cancel 2.leg1#1
        < refuse 2.leg2#1 TOO_LATE
        < canceled 2.leg1#1
        > place 2.exit#1 buy 1 market
        < ack 2.leg1#1
        < fill 2.exit#1 1 @ 19990
        < ack 2.exit#1
        = position 0
        = incidents overfill
        = timers 0
    """,
    "RS-16: one fills while the other's id is unknown: cancelled on arrival": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < fill 2.leg1#1 3 @ 20010
        < ack 2.leg1#1
        wait 0.6
        = phase 2 reducing
        < ack 2.leg2#1
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 done
        = incidents
    """,
    "RS-16: the event of its entry tells the id before the answer": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < fill 2.leg1#1 3 @ 20010
        < new 2.leg2#1
        > cancel 2.leg2#1
        < late ack 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        < ack 2.leg1#1
        = phase 2 done
    """,
    "RS-16: the answer of the other is lost: looked up, then cancelled": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < ack 2.leg1#1
        < fill 2.leg1#1 3 @ 20010
        < lost 2.leg2#1
        > look 2.leg2#1
        < found 2.leg2#1
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 done
        = timers 0
    """,
    "RS-17: the venue's cancel of the other is told before the fill": PAIR
    + """
        < canceled 2.leg2#1
        = working 2.leg1#1
        < fill 2.leg1#1 3 @ 20010
        = phase 2 done
        = position 0
        = incidents group_member_canceled
    """,
    "RS-18: a fill is told after the cancel was confirmed": PAIR
    + """
        < fill 2.leg1#1 3 @ 20010
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 done
        wait 900
        < fill 2.leg2#1 1 @ 19990
        = phase 2 overfilled
        > place 2.exit#1 buy 1 market
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19991
        = phase 2 done
        = position 0
        = incidents overfill
        = timers 0
    """,
    "over-filled twice: said once, and each excess is given back once": PAIR
    + """
        < fill 2.leg1#1 3 @ 20010
        > cancel 2.leg2#1
        < fill 2.leg2#1 1 @ 19990
        = phase 2 overfilled
        < canceled 2.leg2#1
        > place 2.exit#1 buy 1 market
        < ack 2.leg2#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19990
        = phase 2 done
        < fill 2.leg2#1 1 @ 19990
        > place 2.exit#2 buy 1 market
        < ack 2.exit#2
        < fill 2.exit#2 1 @ 19990
        = position 0
        = incidents overfill
    """,
    "on two sides the first fill, however small, cancels the other": STRADDLE
    + """
        < fill 1.oco1#1 1 @ 20010
        > cancel 1.oco2#1
        < canceled 1.oco2#1
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 20010
        = phase 1 done
        = position 2
        = incidents
    """,
    "on two sides what the other fills is undone": STRADDLE
    + """
        < fill 1.oco1#1 1 @ 20010
        > cancel 1.oco2#1
        < fill 1.oco2#1 2 @ 19990
        > place 1.exit#1 buy 2 market
        < refuse 1.oco2#1 TOO_LATE
        < ack 1.exit#1
        < fill 1.exit#1 2 @ 19990
        = phase 1 working
        < fill 1.oco1#1 1 @ 20010
        = phase 1 done
        = position 2
        = incidents overfill
    """,
    "in proportion: half of one leaves half of the other": """
        do oco buy 4 limit 19990 | buy 2 limit 19980 like OUO_PROPORTIONAL
        > place 1.oco1#1 buy 4 limit 19990
        > place 1.oco2#1 buy 2 limit 19980
        < ack 1.oco1#1
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 19990
        > modify 1.oco2#1 order_qty 1
        < replaced 1.oco2#1 order_qty 1
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 19990
        < fill 1.oco2#1 1 @ 19980
        > cancel 1.oco1#1
        < canceled 1.oco1#1
        < ack 1.oco1#1
        = phase 1 done
        = incidents
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_fill_of_one_does_to_the_others_as_the_script_says(name, play):
    play(SCRIPTS[name])
