"""Fills that the venue takes back: afterwards all is as if they had never been."""

import pytest
from before_voids import GUARDED, HELD, STOPPED

EXITS = """
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
    x time 2
"""
ENTRIES = """
    do oco buy 2 limit 19990 | buy 2 stop 20010
    > place 1.oco1#1 buy 2 limit 19990
    > place 1.oco2#1 buy 2 stop 20010
    < new 1.oco1#1
    < ack 1.oco1#1
    < new 1.oco2#1
    < ack 1.oco2#1
    x time 2
"""
SCRIPTS = {
    "an entry's fill: its stop and its target are for what is left": HELD
    + """
        < void 1.entry#1
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        = position 1
        = fills 1.entry#1 1
        = status 1.entry#1 FILLED
        = heard position 1
        = incidents trade_voided
        < again                         -- told twice it counts once
        = position 1
        = incidents trade_voided
    """,
    "all of an entry: nothing is left to protect": HELD
    + """
        < void 1.entry#1
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        < void 1.entry#1
        < ack 1.stop#1
        > cancel 1.stop#1
        < ack 1.target#1
        > cancel 1.target#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
        = working
        = status 1.entry#1 FILLED
    """,
    "of an entry that works on it is as much smaller, and what is open stays open": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        x time 2
        < void 1#1
        = position 0
        = status 1#1 NEW
        = working 1#1
        x time 3
        < fill 1#1 2 @ 20000
        = status 1#1 FILLED
        = position 2
        = got place 1#1 -> <order 1#1 (buy 3 MNQ limit) FILLED cum_qty=2 leaves_qty=0>
    """,
    "a void that comes before its fill: that counts nothing": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        x fill 1#1 1 @ 20000
        x time 2
        x void 1#1
        x swap
        < told
        = position 0
        < told
        = position 0
        = status 1#1 NEW
        = incidents trade_voided
        x time 3
        < fill 1#1 1 @ 20001
        = position 1
        = fills 1#1 1
        = status 1#1 FILLED
    """,
    "a finished bracket's stop: what it had closed is held again, and protected": STOPPED
    + """
        < void 1.stop#1
        > place 1.stop#2 sell 3 stop 19990
        > place 1.target#2 sell 3 limit 20020
        = position 3
        = status 1.stop#1 FILLED
        = incidents trade_voided
        < new 1.stop#2
        < ack 1.stop#2
        < new 1.target#2
        < ack 1.target#2
        < fill 1.target#2 3 @ 20020
        > cancel 1.stop#2
        < canceled 1.stop#2
        < ack 1.stop#2
        = position 0
        = working
    """,
    "where the market is beyond the stop by then, it is closed": STOPPED
    + """
        < void 1.stop#1
        > place 1.stop#2 sell 3 stop 19990
        > place 1.target#2 sell 3 limit 20020
        < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
        < new 1.target#2
        > cancel 1.target#2
        < late ack 1.target#2
        < canceled 1.target#2
        > place 1.exit#1 sell 3 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 3 @ 19985
        = position 0
        = working
    """,
    "an entry whose stop has closed it: what was closed too much is given back": STOPPED
    + """
        < void 1.entry#1
        > place 1.exit#1 buy 2 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 2 @ 19991
        = position 0
        = incidents overfill trade_voided
    """,
    "a guard's stop: the guard that had ended guards again": GUARDED
    + """
        < fill 2.stop#1 2 @ 19990
        = position 0
        = working
        x time 3
        < void 2.stop#1
        > place 2.stop#2 sell 2 stop 19990
        < new 2.stop#2
        < ack 2.stop#2
        = position 2
        = bare
    """,
    "where a stop in doubt is on its way out, no target is as large as it is": """
        do bracket buy 3 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        > place 1.target#1 sell 3 limit 20020
        < new 1.target#1
        < ack 1.target#1
        wait 1
        > place 1.stop#2 sell 3 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        < fill 1.stop#2 2 @ 19990
        > modify 1.target#1 order_qty 1
        < fill 1.stop#2 1 @ 19990
        < ack 1.target#1
        > cancel 1.target#1
        x time 4
        < void 1.stop#2
        > place 1.stop#3 sell 1 stop 19990
        < canceled 1.target#1
        > place 1.target#2 sell 1 limit 20020
        < ack 1.target#1
        < refuse 1.stop#3 SELL_STOP_NOT_BELOW_LAST
        < new 1.target#2
        > cancel 1.target#2
        = position 1
        = incidents stop_hedged stop_hedged trade_voided stop_rejected
    """,
    "what a guard is for is not held: its stop goes": GUARDED
    + """
        < void 1#1
        > cancel 2.stop#1
        < canceled 2.stop#1
        < ack 2.stop#1
        = position 0
        = working
    """,
    "one of two exits: both go out again": EXITS
    + """
        < fill 2.leg2#1 2 @ 19990
        > cancel 2.leg1#1
        < canceled 2.leg1#1
        < ack 2.leg1#1
        = phase 2 done
        x time 3
        < void 2.leg2#1
        > place 2.leg1#2 sell 2 limit 20010
        > place 2.leg2#2 sell 2 stop 19990
        = position 2
        = phase 2 working
    """,
    "one of two entries: neither goes out again": ENTRIES
    + """
        < fill 1.oco1#1 2 @ 19990
        > cancel 1.oco2#1
        < canceled 1.oco2#1
        < ack 1.oco2#1
        = phase 1 done
        x time 3
        < void 1.oco1#1
        = position 0
        = working
        = phase 1 done
    """,
    "a part of one of two entries: the other has its size back": ENTRIES
    + """
        < fill 1.oco1#1 1 @ 19990
        > modify 1.oco2#1 order_qty 1
        < ack 1.oco2#1
        < replaced 1.oco2#1 order_qty 1
        x time 3
        < void 1.oco1#1
        > modify 1.oco1#1 order_qty 2
        > modify 1.oco2#1 order_qty 2
        = position 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
