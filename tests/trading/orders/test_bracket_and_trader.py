"""Brackets and their trader: what is waited for, moved, cancelled, flattened and left."""

import pytest
from held_with_a_stop import HELD as LONG_2

SCRIPTS = {
    "RS-01: an entry that is cancelled with a fill crossing protects what came": """
        do bracket buy 3 limit 20000 loss 19990 target 20020
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        do cancel 1.entry#1
        > cancel 1.entry#1
        x fill 1.entry#1 1 @ 20000
        x canceled 1.entry#1
        < ack 1.entry#1
        < told
        > modify 1.stop#1 order_qty 2
        > modify 1.target#1 order_qty 2
        < told
        do protect 1
        < ack 1.stop#1
        < ack 1.target#1
        = got cancel 1.entry#1 -> cancelled(2)
        = got protect 1 -> partial(2)
        = position 2
    """,
    "1b: the entry's cancel is refused because all of it filled": """
        do bracket buy 5 limit 20000 loss 19990 target 20020
        > place 1.entry#1 buy 5 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        do cancel 1.entry#1
        > cancel 1.entry#1
        x fill 1.entry#1 3 @ 20000
        < refuse 1.entry#1 TOO_LATE
        > look 1.entry#1
        < found 1.entry#1
        = got cancel 1.entry#1 -> already_filled(5)
        < new 1.stop#1
        < ack 1.stop#1
        > modify 1.stop#1 order_qty 5
        < new 1.target#1
        < ack 1.target#1
        > modify 1.target#1 order_qty 5
        < told
        = position 5
    """,
    "RS-10: the caller goes away between fill and protection": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        do protect 1
        < new 1.entry#1
        < ack 1.entry#1
        do give_up protect 1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        = working 1.stop#1
    """,
    "RS-32: a flatten takes the stop out first; what that filled is not closed again": LONG_2
    + """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        x triggered 1.stop#1
        x fill 1.stop#1 2 @ 19990
        < refuse 1.stop#1 TOO_LATE
        > look 1.stop#1
        < found 1.stop#1                    -- the fill's own event is still on its way
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        < told
        < told
        = position 0
        = incidents
    """,
    "a flatten while the stop is on its way in": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        do protect 1
        do flatten
        < new 1.stop#1
        > cancel 1.stop#1
        < late ack 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < ack 1.stop#1
        < new 2.exit#1
        < fill 2.exit#1 2 @ 19999
        < ack 2.exit#1
        = got protect 1 -> uncertain(2): left to a flatten
        = working
        = timers 0
    """,
    "a flatten while the stop waits for its next try leaves no stop behind": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 NO_LAST_PRICE
        do flatten
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < fill 2.exit#1 2 @ 19999
        < ack 2.exit#1
        wait 10
        = working
        = timers 0
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
    "two brackets on one instrument are flattened together": LONG_2
    + """
        do bracket sell 1 loss 40t
        > place 2.entry#1 sell 1 market
        < new 2.entry#1
        < fill 2.entry#1 1 @ 20001
        > place 2.stop#1 buy 1 stop 20011
        < ack 2.entry#1
        < new 2.stop#1
        < ack 2.stop#1
        = position 1
        do flatten
        > cancel 1.target#1
        = working 1.stop#1 1.target#1 2.stop#1
        < canceled 1.target#1
        > cancel 1.stop#1
        > cancel 2.stop#1
        < canceled 1.stop#1
        < canceled 2.stop#1
        > place 3.exit#1 sell 1 market
    """,
    "the stop is moved and stays there": LONG_2
    + """
        do modify 1.stop#1 stop 20000
        > modify 1.stop#1 stop_px 20000
        < ack 1.stop#1
        < replaced 1.stop#1 stop_px 20000
        = got modify 1.stop#1 -> None
        < fill 1.target#1 1 @ 20020
        > modify 1.stop#1 order_qty 1
    """,
    "a move of the stop that is refused leaves it where it was": LONG_2
    + """
        do modify 1.stop#1 stop 20030
        > modify 1.stop#1 stop_px 20030
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        = got modify 1.stop#1 -> Refused
        = incidents
        < fill 1.target#1 1 @ 20020
        > modify 1.stop#1 order_qty 1
    """,
    "of two moves the refused one leaves the stop where it was before both": LONG_2
    + """
        do modify 1.stop#1 stop 20001
        > modify 1.stop#1 stop_px 20001
        do modify 1.stop#1 stop 20030
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        > modify 1.stop#1 stop_px 20030
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        = working 1.stop#1 1.target#1
        = incidents
    """,
    "a target that the trader cancels stays away, and the stop works on": LONG_2
    + """
        do cancel 1.target#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = got cancel 1.target#1 -> cancelled(0)
        = working 1.stop#1
        < triggered 1.stop#1
        < fill 1.stop#1 2 @ 19990
        = working
        = timers 0
    """,
    "a bracket whose entry is refused is over": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        do protect 1
        < refuse 1.entry#1 NO_OPPOSITE
        = got protect 1 -> refused(0): no: NO_OPPOSITE
        = working
    """,
    "a time-out tells how things stand": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do protect 1 5
        wait 5
        = got protect 1 -> flat(0): still working at the time-out
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        do protect 1 0.9
        wait 0.9
        = got protect 1 -> uncertain(1): still working at the time-out
        < new 1.stop#1
        < ack 1.stop#1
        do protect 1 1
        wait 1
        = got protect 1 -> partial(1): still working at the time-out
    """,
    "RS-47: closing says what is bare, and nothing follows": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 NO_LAST_PRICE
        do close
        = incidents stop_rejected left_bare
        = timers 0
        wait 60
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bracket_and_its_trader_go_as_the_script_says(name, play):
    play(SCRIPTS[name])
