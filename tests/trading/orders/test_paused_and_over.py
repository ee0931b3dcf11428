"""What was over while an order of it paused holds again: nothing is left of the pause."""

import pytest

BOUGHT_2 = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
"""
SOLD_BY_THE_TRADER = """
    do place sell 2
    > place 2#1 sell 2 market
    < new 2#1
    < ack 2#1
    < fill 2#1 2 @ 20001
    = position 0
    = working
    = timers 0
    x time 3
"""
SCRIPTS = {
    "a stop that was refused for now": BOUGHT_2
    + "< refuse 1.stop#1 MARKET_CLOSED"
    + SOLD_BY_THE_TRADER
    + """
        < void 2#1
        > place 1.stop#2 sell 2 stop 19990
        = position 2
    """,
    "a closing order that was refused for now": BOUGHT_2
    + """
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 2 market
        < refuse 1.exit#1 MARKET_CLOSED
    """
    + SOLD_BY_THE_TRADER
    + """
        < void 2#1
        > place 1.exit#2 sell 2 market
        = position 2
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_again_at_once(play, name):
    play(SCRIPTS[name])
