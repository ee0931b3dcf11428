"""Members that are refused, changed or taken away, and groups that somebody else ends.

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

SCRIPTS = {
    "of orders that open, one that the venue takes away is nobody's trouble": """
        do oco buy 2 stop 20010 | sell 2 stop 19990
        > place 1.oco1#1 buy 2 stop 20010
        > place 1.oco2#1 sell 2 stop 19990
        < new 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco1#1
        < ack 1.oco2#1
        < canceled 1.oco1#1
        = working 1.oco2#1
        = incidents
        = phase 1 working
        = stands 1 1.oco1#1 canceled(0), 1.oco2#1 new(0)
    """,
    "a first order that is refused is told to who asked, and nothing follows": """
        do oto buy 2 limit 20000 | sell 2 limit 20010 | sell 2 stop 19990
        > place 1.first#1 buy 2 limit 20000
        do group 1
        < refuse 1.first#1 NONE
        = incidents
        = working
        = phase 1 done
    """,
    "a first order that the venue takes away is no trouble either": """
        do oto buy 2 limit 20000 | sell 2 limit 20010 | sell 2 stop 19990
        > place 1.first#1 buy 2 limit 20000
        < new 1.first#1
        < ack 1.first#1
        < canceled 1.first#1
        = incidents
        = phase 1 done
    """,
    "a member that is refused leaves the others of a protective group alone": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < refuse 2.leg1#1 NONE
        < new 2.leg2#1
        < ack 2.leg2#1
        = working 2.leg2#1
        = incidents group_member_rejected
        = stands 2 2.leg1#1 rejected(0), 2.leg2#1 new(0)
        < fill 2.leg2#1 3 @ 19990
        = phase 2 done
    """,
    "of orders that open, the others are cancelled when one is refused": """
        do oco buy 2 stop 20010 | sell 2 stop 19990
        > place 1.oco1#1 buy 2 stop 20010
        > place 1.oco2#1 sell 2 stop 19990
        < new 1.oco2#1
        < ack 1.oco2#1
        < refuse 1.oco1#1 NONE
        > cancel 1.oco2#1
        < canceled 1.oco2#1
        < ack 1.oco2#1
        = stands 1 1.oco1#1 rejected(0), 1.oco2#1 canceled(0)
        = incidents group_member_rejected
    """,
    "… unless the caller says that they are kept": """
        do oco buy 2 stop 20010 | sell 2 stop 19990 refused keep
        > place 1.oco1#1 buy 2 stop 20010
        > place 1.oco2#1 sell 2 stop 19990
        < new 1.oco2#1
        < ack 1.oco2#1
        < refuse 1.oco1#1 NONE
        = working 1.oco2#1
    """,
    "what protects is sent until it arrives": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < limited 2.leg2#1 2
        wait 2
        > place 2.leg2#2 sell 3 stop 19990
        < unsent 2.leg2#2
        wait 0.5
        > place 2.leg2#3 sell 3 stop 19990
        < new 2.leg2#3
        < ack 2.leg2#3
        = working 2.leg1#1 2.leg2#3
        = incidents group_member_waits rate_limited
        = timers 0
    """,
    "what protects asks a market that stays closed less and less often": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < refuse 2.leg2#1 MARKET_CLOSED
        wait 0.25
        > place 2.leg2#2 sell 3 stop 19990
        < refuse 2.leg2#2 MARKET_CLOSED
        wait 0.5
        > place 2.leg2#3 sell 3 stop 19990
        < refuse 2.leg2#3 MARKET_CLOSED
        wait 1
        > place 2.leg2#4 sell 3 stop 19990
        < refuse 2.leg2#4 MARKET_CLOSED
        wait 1.9
        wait 0.1
        > place 2.leg2#5 sell 3 stop 19990
        = incidents group_member_waits
    """,
    "what protects waits for a closed market": HELD
    + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < refuse 2.leg2#1 MARKET_CLOSED
        < status OPEN
        > place 2.leg2#2 sell 3 stop 19990
        < new 2.leg2#2
        < ack 2.leg2#2
        = timers 0
    """,
    "the trader takes one away: the others stay, and a fill of it counted": PAIR
    + """
        do cancel 2.leg2#1
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = got cancel 2.leg2#1 -> cancelled(0)
        = working 2.leg1#1
        wait 60
        < fill 2.leg1#1 3 @ 20010
        = phase 2 done
        = incidents
        = timers 0
    """,
    "the trader moves a price; the size follows what was filled": PAIR
    + """
        do modify 2.leg2#1 stop 19995
        > modify 2.leg2#1 stop_px 19995
        < ack 2.leg2#1
        < fill 2.leg1#1 1 @ 20010
        > modify 2.leg2#1 order_qty 2
        < ack 2.leg2#1
        = phase 2 working
    """,
    "RS-25: a price on its way and a fill: the newest of both is sent once": PAIR
    + """
        do modify 2.leg2#1 stop 19995
        > modify 2.leg2#1 stop_px 19995
        < fill 2.leg1#1 1 @ 20010
        < ack 2.leg2#1
        > modify 2.leg2#1 order_qty 2
        < ack 2.leg2#1
        = phase 2 working
    """,
    "a refused price is the trader's to hear of, not a shrinking that failed": PAIR
    + """
        do modify 2.leg2#1 stop 19995
        > modify 2.leg2#1 stop_px 19995
        < refuse 2.leg2#1 NONE
        > look 2.leg2#1
        < found 2.leg2#1
        = got modify 2.leg2#1 -> Refused
        = phase 2 working
        = incidents
        = timers 0
    """,
    "one that will not shrink is asked again, then sent anew at its size": PAIR
    + """
        < fill 2.leg1#1 1 @ 20010
        > modify 2.leg2#1 order_qty 2
        < refuse 2.leg2#1 NONE
        > look 2.leg2#1
        < found 2.leg2#1
        wait 0.25
        > modify 2.leg2#1 order_qty 2
        < refuse 2.leg2#1 NONE
        > look 2.leg2#1
        < found 2.leg2#1
        wait 0.5
        > modify 2.leg2#1 order_qty 2
        < refuse 2.leg2#1 NONE
        > look 2.leg2#1
        < found 2.leg2#1
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        > place 2.leg2#2 sell 2 stop 19990
        < ack 2.leg2#1
        < new 2.leg2#2
        < ack 2.leg2#2
        = phase 2 working
        = incidents group_member_change_refused
        = timers 0
    """,
    "a fill while a refused shrinking waits cancels at once": PAIR
    + """
        < fill 2.leg1#1 1 @ 20010
        > modify 2.leg2#1 order_qty 2
        < refuse 2.leg2#1 NONE
        > look 2.leg2#1
        < found 2.leg2#1
        < fill 2.leg1#1 2 @ 20010
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = timers 0
        = phase 2 done
    """,
    "a group that the trader ends: all goes, and an over-fill is still undone": PAIR
    + """
        do end 2
        > cancel 2.leg1#1
        > cancel 2.leg2#1
        x fill 2.leg1#1 3 @ 20010
        x fill 2.leg2#1 1 @ 19990
        < told
        < told
        < refuse 2.leg1#1 TOO_LATE
        < canceled 2.leg2#1
        > place 2.exit#1 buy 1 market
        < ack 2.leg2#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19990
        = position 0
        = phase 2 done
    """,
    "a flatten takes the group along and closes what is held itself": PAIR
    + """
        < fill 2.leg1#1 1 @ 20010
        > modify 2.leg2#1 order_qty 2
        < ack 2.leg2#1
        do flatten
        > cancel 2.leg1#1
        < canceled 2.leg1#1
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        > place 3.exit#1 sell 2 market
        = phase 2 done
        < ack 2.leg1#1
        < ack 2.leg2#1
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = timers 0
    """,
    "what both fill while a flatten takes them away is told, and given back by the flatten": PAIR
    + """
        do flatten
        > cancel 2.leg1#1
        < fill 2.leg1#1 3 @ 20010
        > cancel 2.leg2#1
        < fill 2.leg2#1 3 @ 19990
        = incidents overfill
        > place 3.exit#1 buy 3 market
        < refuse 2.leg1#1 TOO_LATE
        < refuse 2.leg2#1 TOO_LATE
        < ack 3.exit#1
        < fill 3.exit#1 3 @ 20000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = phase 2 done
        = incidents overfill
    """,
    "cancelled before it was sent: gone at once, and nothing is left behind": """
        do place buy 1 limit 19000
        > place 1#1 buy 1 limit 19000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 19000
        do oco sell 1 limit 20010 | sell 1 stop 19990
        > place 2.leg1#1 sell 1 limit 20010
        > place 2.leg2#1 sell 1 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < limited 2.leg2#1 5
        < fill 2.leg1#1 1 @ 20010
        = phase 2 done
        = working
        = timers 0
    """,
    "closed in the middle: nothing is sent any more": PAIR
    + """
        < fill 2.leg1#1 3 @ 20010
        > cancel 2.leg2#1
        do close
        < new 2.leg2#1
        < ack 2.leg2#1
        = timers 0
        = incidents left_undone
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_becomes_of_a_member_is_as_the_script_says(name, play):
    play(SCRIPTS[name])
