"""No stop is to be had, and one in doubt is not found: what is held is closed beside it."""

import pytest
from position_acts import HELD

LOST = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < lost 1.stop#1
    > look 1.stop#1
    < none 1.stop#1
    wait 0.25
    > look 1.stop#1
    < none 1.stop#1
    wait 0.5
    > look 1.stop#1
    < none 1.stop#1
    wait 0.25
    > place 1.stop#2 sell 2 stop 19990
"""
BEYOND = """
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1                     -- at once, and no stop meanwhile
"""
CLOSED = (
    LOST
    + BEYOND
    + """
    < none 1.stop#1
    > place 1.exit#1 sell 2 market
    < new 1.exit#1
    < ack 1.exit#1
"""
)
FILLED = """
    < fill 1.exit#1 2 @ 19980
    = position 0
    = working 1.stop#1
    = incidents stop_hedged stop_rejected
"""
SCRIPTS = {
    "it is closed as soon as nobody found it": CLOSED + FILLED,
    "no stop goes beside the closing order": CLOSED
    + """
    wait 0.25
    > look 1.stop#1
    < none 1.stop#1
    wait 0.4
    = working 1.stop#1 1.exit#1
    """,
    "it turns up while that is on its way: it goes": CLOSED
    + """
    < new 1.stop#1
    > cancel 1.stop#1
    """,
    "it was filled after all, and nobody told: that is bought back once": CLOSED
    + FILLED
    + """
    wait 0.25
    > look 1.stop#1
    x new 1.stop#1
    x triggered 1.stop#1
    x fill 1.stop#1 2 @ 19990
    < found 1.stop#1
    > place 1.exit#2 buy 2 market
    < told
    < told
    < told
    < fill 1.exit#2 2 @ 19980
    = position 0
    = incidents stop_hedged stop_rejected overfill
    """,
    "the look finds it, and it is taken away before": LOST
    + BEYOND
    + """
    < found 1.stop#1
    > cancel 1.stop#1
    < canceled 1.stop#1
    > place 1.exit#1 sell 2 market
    """,
    "the look shows that it was filled": LOST
    + BEYOND
    + """
    x new 1.stop#1
    x triggered 1.stop#1
    x fill 1.stop#1 2 @ 19990
    < found 1.stop#1
    = position 0
    wait 60
    = incidents stop_hedged stop_rejected
    """,
    "nobody answers looks: two stops more, and it is closed": LOST
    + BEYOND
    + """
    wait 0.25
    > place 1.stop#3 sell 2 stop 19990
    < refuse 1.stop#3 SELL_STOP_NOT_BELOW_LAST
    wait 0.5
    > place 1.stop#4 sell 2 stop 19990
    < refuse 1.stop#4 SELL_STOP_NOT_BELOW_LAST
    > place 1.exit#1 sell 2 market
    """,
    "the market came back: the stop that is taken stays until the other is known": LOST
    + BEYOND
    + """
    wait 0.25
    > place 1.stop#3 sell 2 stop 19990
    < none 1.stop#1
    < new 1.stop#3
    < ack 1.stop#3
    = working 1.stop#1 1.stop#3
    """,
    "no answer ever came: it is looked up all the same": """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    wait 1
    > place 1.stop#2 sell 2 stop 19990
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    wait 0.01
    > look 1.stop#1
    < none 1.stop#1
    > place 1.exit#1 sell 2 market
    """,
    "a look from before shows nothing of what the market did since": LOST
    + """
    wait 0.75
    > look 1.stop#1
    wait 0.1
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    < none 1.stop#1
    wait 0.25
    > place 1.stop#3 sell 2 stop 19990
    > look 1.stop#1
    < refuse 1.stop#3 SELL_STOP_NOT_BELOW_LAST
    < none 1.stop#1
    > place 1.exit#1 sell 2 market
    """,
    "a flatten has to know before it closes, and so has its bracket": LOST
    + """
    do flatten
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1
    < none 1.stop#1
    = working 1.stop#1
    """,
    "a target in doubt is missing as well": """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < lost 1.target#1
    > look 1.target#1
    wait 0.1
    < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    < none 1.target#1                   -- it left before
    wait 0.25
    > place 1.stop#2 sell 2 stop 19990
    > look 1.target#1
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    < none 1.target#1
    > place 1.exit#1 sell 2 market
    """,
    "so is the stop of a guard": HELD
    + """
    do guard loss 19990
    > place 2.stop#1 sell 3 stop 19990
    wait 1
    > place 2.stop#2 sell 3 stop 19990
    < refuse 2.stop#2 SELL_STOP_NOT_BELOW_LAST
    wait 0.01
    > look 2.stop#1
    < none 2.stop#1
    > place 2.exit#1 sell 3 market
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
