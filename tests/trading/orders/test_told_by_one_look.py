"""One look tells of several fills: who closed too much says so before anybody loses anything."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

PAIR_IS_OVER = """
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
    < fill 2.leg2#1 2 @ 19990
    > cancel 2.leg1#1
    < canceled 2.leg1#1
    < ack 2.leg1#1
    = position 0
    do bracket buy 3 loss 40t
    > place 3.entry#1 buy 3 market
    < new 3.entry#1
    < ack 3.entry#1
"""
BOUGHT_3 = """
    x fill 3.entry#1 3 @ 20000
    x drop
"""
LOOK = """
    wait 5
    > ask fills
    > ask open
    < shown
"""
SCRIPTS = {
    "a bracket's entry, and what one of a pair filled before its cancel": PAIR_IS_OVER
    + BOUGHT_3
    + """
        x fill 2.leg1#1 2 @ 20010
        x drop
    """
    + LOOK
    + """
        > place 2.exit#1 buy 2 market
        > place 3.stop#1 sell 3 stop 19990
        = incidents overfill
        < fill 2.exit#1 2 @ 20000
        = position 3
    """,
    "a bracket's entry alone": PAIR_IS_OVER
    + BOUGHT_3
    + LOOK
    + """
        > place 3.stop#1 sell 3 stop 19990
        = incidents
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(play, name, lossy):
    play(SCRIPTS[name], OrderSettings(), lossy)
