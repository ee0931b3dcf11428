"""One order sends others out (OTO), and orders that were sent alone are linked.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

OTO = """
    do oto buy 3 limit 20000 | sell 3 limit 20010 | sell 3 stop 19990
    > place 1.first#1 buy 3 limit 20000
    < new 1.first#1
    < ack 1.first#1
    = phase 1 waiting
"""
OTO_1 = (
    OTO
    + """
    < fill 1.first#1 1 @ 20000
    > place 1.leg1#1 sell 1 limit 20010
    > place 1.leg2#1 sell 1 stop 19990
    < new 1.leg1#1
    < ack 1.leg1#1
    < new 1.leg2#1
    < ack 1.leg2#1
    = phase 1 working
"""
)

SCRIPTS = {
    "the first fills in parts and the others grow with it": OTO_1
    + """
        < fill 1.first#1 2 @ 20000
        > modify 1.leg1#1 order_qty 3
        > modify 1.leg2#1 order_qty 3
        < replaced 1.leg1#1 order_qty 3
        < replaced 1.leg2#1 order_qty 3
        < ack 1.leg1#1
        < ack 1.leg2#1
        < fill 1.leg2#1 3 @ 19990
        > cancel 1.leg1#1
        < canceled 1.leg1#1
        < ack 1.leg1#1
        = phase 1 done
        = stands 1 1.first#1 filled(3), 1.leg1#1 canceled(0), 1.leg2#1 filled(3)
        = position 0
    """,
    "the first fills on after the others were through: they go out again": OTO_1
    + """
        < fill 1.leg1#1 1 @ 20010
        > cancel 1.leg2#1
        < canceled 1.leg2#1
        < ack 1.leg2#1
        = position 0
        = phase 1 working
        < fill 1.first#1 2 @ 20000
        > place 1.leg1#2 sell 2 limit 20010
        > place 1.leg2#2 sell 2 stop 19990
        < ack 1.leg1#2
        < ack 1.leg2#2
        < fill 1.leg2#2 2 @ 19990
        > cancel 1.leg1#2
        < canceled 1.leg1#2
        < ack 1.leg1#2
        = phase 1 done
        = position 0
        = incidents
    """,
    "the first is refused: nothing else goes out": """
        do oto buy 3 limit 20000 | sell 3 stop 19990
        > place 1.first#1 buy 3 limit 20000
        do group 1
        < refuse 1.first#1 NONE
        = got group 1 -> 1.first#1 rejected(0), 1.leg1#1 not sent(0)
        = timers 0
    """,
    "the first is cancelled by the trader: what it filled stays protected": OTO_1
    + """
        do cancel 1.first#1
        > cancel 1.first#1
        < canceled 1.first#1
        < ack 1.first#1
        = working 1.leg1#1 1.leg2#1
        < fill 1.leg1#1 1 @ 20010
        > cancel 1.leg2#1
        < canceled 1.leg2#1
        < ack 1.leg2#1
        = phase 1 done
    """,
    "a fill of the first that is told after its cancel sends the others out": OTO
    + """
        do cancel 1.first#1
        > cancel 1.first#1
        < canceled 1.first#1
        < ack 1.first#1
        = phase 1 done
        wait 100
        < fill 1.first#1 1 @ 20000
        > place 1.leg1#1 sell 1 limit 20010
        > place 1.leg2#1 sell 1 stop 19990
        = phase 1 working
    """,
    "an over-fill of what follows is undone; later fills of the first go out again": OTO_1
    + """
        x fill 1.leg1#1 1 @ 20010
        x fill 1.leg2#1 1 @ 19990
        < told
        > cancel 1.leg2#1
        < told
        > place 1.exit#1 buy 1 market
        < refuse 1.leg2#1 TOO_LATE
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19990
        = position 0
        < fill 1.first#1 2 @ 20000
        > place 1.leg1#2 sell 2 limit 20010
        > place 1.leg2#2 sell 2 stop 19990
        = position 2
        = incidents overfill
    """,
    "one order after another, at market": """
        do oto buy 2 limit 20000 | buy 1
        > place 1.first#1 buy 2 limit 20000
        < new 1.first#1
        < ack 1.first#1
        < fill 1.first#1 1 @ 20000      -- half of it: no whole contract
        < fill 1.first#1 1 @ 20000
        > place 1.oco1#1 buy 1 market
        < ack 1.oco1#1
        < fill 1.oco1#1 1 @ 20001
        = phase 1 done
        = position 3
    """,
    "orders that were sent alone are linked; one that fills cancels the other": """
        do place sell 2 limit 20010
        > place 1#1 sell 2 limit 20010
        < new 1#1
        < ack 1#1
        do place sell 2 stop 19990
        > place 2#1 sell 2 stop 19990
        do link 1#1 2#1                 -- the broker did not answer 2#1 yet
        < fill 1#1 2 @ 20010
        < ack 2#1
        > cancel 2#1
        < canceled 2#1
        < ack 2#1
        = stands 3 1#1 filled(2), 2#1 canceled(0)
        = phase 3 done
        = timers 0
    """,
    "linked when one is filled already: the other goes at once": """
        do place sell 2 limit 20010
        > place 1#1 sell 2 limit 20010
        < new 1#1
        < ack 1#1
        do place sell 2 stop 19990
        > place 2#1 sell 2 stop 19990
        < ack 2#1
        < fill 1#1 2 @ 20010
        do link 1#1 2#1
        > cancel 2#1
        < canceled 2#1
        < ack 2#1
        = phase 3 done
    """,
    "linked orders are over-filled in one race: undone like any": """
        do place sell 2 limit 20010
        > place 1#1 sell 2 limit 20010
        < new 1#1
        < ack 1#1
        do place sell 2 stop 19990
        > place 2#1 sell 2 stop 19990
        < ack 2#1
        do link 1#1 2#1
        x fill 1#1 2 @ 20010
        x fill 2#1 2 @ 19990
        < told
        > cancel 2#1
        < told
        > place 3.exit#1 buy 2 market
        < refuse 2#1 TOO_LATE
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 19990
        = position -2
        = incidents overfill
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_orders_that_follow_do_as_the_script_says(name, play):
    play(SCRIPTS[name])
