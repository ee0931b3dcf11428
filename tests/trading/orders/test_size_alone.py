"""A change of size and price that is refused is tried with the size alone, which matters more."""

import pytest

# The second fill moves the mean, and so the stop's size and its price; that is refused.
GROWS = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
    < fill 1.entry#1 1 @ 20001
    > modify 1.stop#1 order_qty 2 stop_px 19990.5
    < refuse 1.stop#1 NONE
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 2
"""

SCRIPTS = {
    "a change of size and price that is refused is tried with the size alone": GROWS
    + """
        < ack 1.stop#1
        do protect 1
        = got protect 1 -> protected(2)
        wait 0.25
        > modify 1.stop#1 stop_px 19990.5
        < ack 1.stop#1
        = incidents stop_change_refused
        = timers 0
    """,
    "and once: if that is refused as well, both are tried after the pause": GROWS
    + """
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 2 stop_px 19990.5
        < ack 1.stop#1
        do protect 1
        = got protect 1 -> protected(2)
        = timers 0
    """,
    "a change of the size alone is not tried again before the pause": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 1 @ 20000
        > modify 1.stop#1 order_qty 2
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 2
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
