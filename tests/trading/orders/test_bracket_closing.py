"""Brackets on their way out: one leg takes the other along, and nothing is closed twice."""

import pytest
from held_with_a_stop import HELD as LONG_2

SCRIPTS = {
    "the stop fills and the target goes": LONG_2
    + """
        < triggered 1.stop#1
        < fill 1.stop#1 2 @ 19990
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
        = working
        = timers 0
        = incidents
    """,
    "RS-06: a stop refused on the wrong side closes the position at once": """
        do bracket buy 2 loss 160t target 80t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19960
        > place 1.target#1 sell 2 limit 20020
        < ack 1.entry#1
        do protect 1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        < new 1.target#1
        > cancel 1.target#1
        < late ack 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 2 market
        < ack 1.target#1
        < new 1.exit#1
        < fill 1.exit#1 2 @ 19940
        < ack 1.exit#1
        = position 0
        = incidents stop_rejected
        = timers 0
    """,
    "RS-07: a refused target leaves the stop alone": """
        do bracket buy 2 loss 40t target 80t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < refuse 1.target#1 NONE
        wait 0.25
        > place 1.target#2 sell 2 limit 20020
        < refuse 1.target#2 NONE
        wait 0.5
        > place 1.target#3 sell 2 limit 20020
        < refuse 1.target#3 NONE
        wait 60
        do protect 1
        = got protect 1 -> protected(2)
        = incidents target_rejected target_rejected target_rejected
        = working 1.stop#1
    """,
    "RS-09: a target that fills before the stop's answer takes the stop along": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < ack 1.entry#1
        < new 1.target#1
        < fill 1.target#1 1 @ 20020
        < ack 1.target#1
        = working 1.stop#1
        < new 1.stop#1
        > cancel 1.stop#1
        < late ack 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = working
        = timers 0
    """,
    "RS-13: both legs fill; the excess is bought back once, with one incident": LONG_2
    + """
        x fill 1.target#1 2 @ 20020
        < told
        > cancel 1.stop#1
        x triggered 1.stop#1
        x fill 1.stop#1 2 @ 19990
        < refuse 1.stop#1 TOO_LATE
        > look 1.stop#1
        < found 1.stop#1
        > place 1.exit#1 buy 2 market
        < told
        < told
        = position -2
        < refuse 1.exit#1 NO_OPPOSITE
        wait 0.25
        > place 1.exit#2 buy 2 market
        < new 1.exit#2
        < fill 1.exit#2 2 @ 19991
        < ack 1.exit#2
        = position 0
        = incidents overfill exit_rejected
        = timers 0
    """,
    "RS-15: the target fills in part as the stop is set off for all": """
        do bracket buy 3 loss 40t target 80t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        > place 1.target#1 sell 3 limit 20020
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        < fill 1.target#1 1 @ 20020
        > modify 1.stop#1 order_qty 2
        x triggered 1.stop#1
        x fill 1.stop#1 3 @ 19990
        < refuse 1.stop#1 TOO_LATE
        > look 1.stop#1
        < told
        < told
        > cancel 1.target#1
        < found 1.stop#1
        < canceled 1.target#1
        > place 1.exit#1 buy 1 market
        < ack 1.target#1
        < new 1.exit#1
        < fill 1.exit#1 1 @ 19990
        < ack 1.exit#1
        = position 0
        = incidents overfill
    """,
    "a resize that is refused for good closes what is held": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 2 @ 20001
        > modify 1.stop#1 order_qty 3 stop_px 19990.75
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 3 market
        = incidents stop_change_refused
    """,
    "a target that cannot be made smaller is taken away": LONG_2
    + """
        < triggered 1.stop#1
        < fill 1.stop#1 1 @ 19990
        > modify 1.target#1 order_qty 1
        < refuse 1.target#1 NONE
        > look 1.target#1
        < found 1.target#1
        wait 0.25
        > modify 1.target#1 order_qty 1
        < refuse 1.target#1 NONE
        > look 1.target#1
        < found 1.target#1
        wait 0.5
        > modify 1.target#1 order_qty 1
        < refuse 1.target#1 NONE
        > look 1.target#1
        < found 1.target#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = working 1.stop#1
    """,
    "a stop that was set off and rests is replaced by a closing order": LONG_2
    + """
        < triggered 1.stop#1
        < fill 1.stop#1 1 @ 19990
        > modify 1.target#1 order_qty 1
        < ack 1.target#1
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        wait 1
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < ack 1.stop#1
        = incidents stop_rests
    """,
    "a stop that was set off is asked for before it is said to rest": LONG_2
    + """
        < triggered 1.stop#1
        x fill 1.stop#1 2 @ 19990
        x drop
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        wait 2
        = incidents
        = position 0
    """,
    "an exit that rests is replaced, each time later": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 1 market
        < new 1.exit#1
        < ack 1.exit#1
        wait 2
        > cancel 1.exit#1
        < canceled 1.exit#1
        > place 1.exit#2 sell 1 market
        < ack 1.exit#1
        < new 1.exit#2
        < ack 1.exit#2
        wait 3.9
        wait 0.1
        > cancel 1.exit#2
    """,
    "an exit's pauses in a shut market are counted by themselves": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 1 market
        < unsent 1.exit#1
        wait 0.25
        > place 1.exit#2 sell 1 market
        < unsent 1.exit#2
        wait 0.5
        > place 1.exit#3 sell 1 market
        < unsent 1.exit#3
        wait 1
        > place 1.exit#4 sell 1 market
        < refuse 1.exit#4 MARKET_CLOSED
        wait 0.24
        wait 0.01
        > place 1.exit#5 sell 1 market
    """,
    "an exit without an answer reached nobody, which is told late: the next one goes": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 1 market
        wait 2.01
        > look 1.exit#1
        < late unsent 1.exit#1
        > place 1.exit#2 sell 1 market
        < new 1.exit#2
        < fill 1.exit#2 1 @ 19990
        < ack 1.exit#2
        < none 1.exit#1
        = position 0
        = incidents stop_rejected
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bracket_closes_as_the_script_says(name, play):
    play(SCRIPTS[name])
