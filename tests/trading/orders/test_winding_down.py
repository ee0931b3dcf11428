"""Shutting down: risk-reducing work is finished within a deadline, or said to be left (RS-47)."""

import pytest

BRACKET = """
    do bracket buy 1 loss 40t target 80t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.target#1
    < ack 1.target#1
"""
SCRIPTS = {
    "RS-47: the cancel of the sibling is finished before it closes": BRACKET
    + """
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.target#1 1 @ 20020
        > cancel 1.stop#1
        do wind_down
        = waiting wind_down
        do place buy 1
        = refused RefusedByUs
        < ack 1.stop#1
        = waiting wind_down
        < canceled 1.stop#1
        = got wind_down -> []
        = working
        = timers 0
    """,
    "RS-47: a stop on its way is waited for, and what protects stays": BRACKET
    + """
        do wind_down
        = waiting wind_down
        < refuse 1.stop#1 MARKET_CLOSED
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        = got wind_down -> []
        = working 1.target#1 1.stop#2
        = timers 0
    """,
    "RS-47: a flatten is finished first": BRACKET
    + """
        < ack 1.stop#1
        do flatten
        > cancel 1.target#1
        do wind_down
        < canceled 1.target#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 1 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 20000
        < ack 1.stop#1
        < ack 1.target#1
        = got wind_down -> []
        = position 0
        = timers 0
    """,
    "RS-47: what is not finished in time is said, never left silently": BRACKET
    + """
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.target#1 1 @ 20020
        > cancel 1.stop#1
        do wind_down
        wait 0.75
        > cancel 1.stop#1
        wait 1
        > cancel 1.stop#1
        wait 1
        > cancel 1.stop#1
        wait 1
        > cancel 1.stop#1
        wait 1
        > cancel 1.stop#1
        wait 0.25
        = incidents left_undone
        = waiting
        = timers 0
    """,
    "what merely rests is nobody's work": """
        do place buy 1 limit 19990
        > place 1#1 buy 1 limit 19990
        < new 1#1
        < ack 1#1
        do wind_down
        = got wind_down -> []
        = working 1#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_manager_closes_when_its_work_is_done(play, name):
    play(SCRIPTS[name])
