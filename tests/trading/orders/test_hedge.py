"""A stop in doubt gets one substitute, and one of the two stays (INV-08, RS-08, RS-52)."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

BARE = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
"""
HEDGED = (
    BARE
    + """
    wait 0.99
    wait 0.01
    > place 1.stop#2 sell 2 stop 19990
    = incidents stop_hedged
"""
)
SCRIPTS = {
    "the substitute is confirmed first: the first goes as soon as it is found": HEDGED
    + """
        do protect 1
        < new 1.stop#2
        < ack 1.stop#2
        = got protect 1 -> protected(2)
        < new 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        = working 1.stop#2
        = incidents stop_hedged
        = timers 0
    """,
    "the first is confirmed first: the substitute goes when its id is known": HEDGED
    + """
        < new 1.stop#1
        do protect 1
        = got protect 1 -> protected(2)
        < new 1.stop#2
        > cancel 1.stop#2
        < canceled 1.stop#2
        = working 1.stop#1
    """,
    "never a third, however long both are in doubt": HEDGED
    + """
        wait 4
        = working 1.stop#1 1.stop#2
        < lost 1.stop#1
        > look 1.stop#1
        < lost 1.stop#2
        > look 1.stop#2
        wait 0.9
        = incidents stop_hedged
    """,
    "RS-08: the first is proved lost: the substitute is the stop": HEDGED
    + """
        < lost 1.stop#1
        > look 1.stop#1
        < new 1.stop#2
        < ack 1.stop#2
        < none 1.stop#1
        wait 0.25
        > look 1.stop#1
        < none 1.stop#1
        wait 0.5
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        = working 1.stop#2
        = incidents stop_hedged
    """,
    "a fill of the entry while both are in doubt sizes the one that is confirmed": """
        do bracket buy 3 limit 20000 loss 40t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        wait 1
        > place 1.stop#2 sell 1 stop 19990
        < fill 1.entry#1 2 @ 20000
        < new 1.stop#2
        > modify 1.stop#2 order_qty 3
        < late ack 1.stop#2
        < ack 1.stop#2
        < new 1.stop#1
        > cancel 1.stop#1
    """,
    "both trigger: the excess is bought back once": HEDGED
    + """
        x new 1.stop#1
        x new 1.stop#2
        x triggered 1.stop#1
        x fill 1.stop#1 2 @ 19990
        x triggered 1.stop#2
        x fill 1.stop#2 2 @ 19990
        < told
        < told
        > cancel 1.stop#2
        < told
        < told
        < told
        < told
        > place 1.exit#1 buy 2 market
        < new 1.exit#1
        < fill 1.exit#1 2 @ 19990
        = position 0
        = incidents stop_hedged overfill
    """,
    "the first fills before the substitute is known: that is not left behind": HEDGED
    + """
        < new 1.stop#1
        < triggered 1.stop#1
        < fill 1.stop#1 2 @ 19990
        = position 0
        < new 1.stop#2
        > cancel 1.stop#2
        < canceled 1.stop#2
        = working
    """,
    "the substitute is refused while the first is in doubt: it is tried again, by itself": HEDGED
    + """
        < refuse 1.stop#2 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#3 sell 2 stop 19990
        < new 1.stop#3
        < new 1.stop#1
        > cancel 1.stop#1
    """,
    "the trader takes the stop away: its substitute goes with it": HEDGED
    + """
        do cancel 1.stop#1
        < new 1.stop#2
        > cancel 1.stop#2
        < new 1.stop#1
        > cancel 1.stop#1
    """,
    "a stop that is told of in time has no substitute": BARE
    + """
        wait 0.9
        < new 1.stop#1
        wait 60
        = working 1.stop#1
        = incidents
    """,
    "while nobody can be reached nothing was sent, and nothing is in doubt": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < unsent 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 2 stop 19990
        < new 1.stop#2
        = incidents stop_rejected
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_stop_in_doubt_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])


def test_a_stop_that_waits_for_the_way_to_be_free_is_not_in_doubt(play):
    script = """
        do place buy 1 limit 19000
        > place 1#1 buy 1 limit 19000
        < new 1#1
        < ack 1#1
        do bracket buy 2 loss 40t
        > place 2.entry#1 buy 2 market
        < new 2.entry#1
        < ack 2.entry#1
        do cancel 1#1
        > cancel 1#1
        < unsent 1#1
        < fill 2.entry#1 2 @ 20000          -- the breaker is open: the stop waits
        wait 3
        = incidents breaker_open
    """
    play(
        script + "wait 2\n> place 2.stop#1 sell 2 stop 19990",
        OrderSettings(breaker_tries=1, breaker_risk_s=5.0),
    )


ASKED = """
    > ask fills
    > ask open
"""
FLATTENED = (
    BARE
    + """
    wait 0.9
    do flatten
"""
    + ASKED
    + """
    wait 0.1                            -- the substitute would be due
    = working 1.stop#1
"""
)
IN_A_FLATTEN = {
    "the answer shows that the stop was filled: nothing takes its place": FLATTENED
    + """
        x new 1.stop#1
        x triggered 1.stop#1
        x fill 1.stop#1 2 @ 19990
        < shown
        = position 0
        wait 0.9
        = incidents
    """,
    "no answer comes: a fifth as long again it is waited for": FLATTENED
    + """
        wait 0.19
        = working 1.stop#1
        wait 0.02
        > place 1.stop#2 sell 2 stop 19990
        = incidents stop_hedged
    """,
    "an answer that shows nothing of it ends the wait": FLATTENED
    + """
        wait 0.1
        x never 1.stop#1
        < shown
        > place 1.stop#2 sell 2 stop 19990
    """,
}


@pytest.mark.parametrize("name", IN_A_FLATTEN)
def test_while_a_flatten_asks_what_is_held_a_substitute_waits_for_the_answer(name, play, lossy):
    play(IN_A_FLATTEN[name], offers=lossy)
