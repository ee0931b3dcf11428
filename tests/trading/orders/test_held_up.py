"""A flatten that let go of all, and is told then of contracts that it cannot close yet."""

import pytest

from dryfill.trading.orders.brackets.core import Mode
from dryfill.trading.orders.exits.held_up import guard_again
from dryfill.trading.orders.settings import OrderSettings

# One of two is known to be filled, and the target has closed it; nobody heard of the stop.
LET_GO = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.target#1
    < ack 1.target#1
    x fill 1.entry#1 1 @ 20000
    x drop
    < lost 1.stop#1
    > look 1.stop#1
    < none 1.stop#1
    wait 0.25
    > look 1.stop#1
    < none 1.stop#1
    < fill 1.target#1 1 @ 20020
    > cancel 1.entry#1
    = position 0
    do flatten
    > look 1.stop#1
    < none 1.stop#1
    wait 0.7
    < refuse 1.entry#1 TOO_LATE
    > look 1.entry#1
    < found 1.entry#1
"""
GUARDED = (
    LET_GO
    + """
    > place 1.stop#2 sell 1 stop 19990      -- and no target: it is to be closed
    = incidents stop_hedged
    < new 1.stop#2
    < ack 1.stop#2
    = working 1.stop#1 1.stop#2
    = waiting flatten
"""
)
CLOSES = """
    > place 2.exit#1 sell 1 market
    < ack 1.stop#2
    < new 2.exit#1
    < fill 2.exit#1 1 @ 19999
    < ack 2.exit#1
    = position 0
    = waiting
    wait 1
    = timers 0
"""
SCRIPTS = {
    "what it cannot close is under a stop until the other one is there": GUARDED
    + """
    < new 1.stop#1
    > cancel 1.stop#1
    > cancel 1.stop#2
    < canceled 1.stop#1
    < canceled 1.stop#2
    """
    + CLOSES,
    "or is known never to have arrived": GUARDED
    + """
    wait 0.3
    > look 1.stop#1
    < none 1.stop#1
    wait 1
    > look 1.stop#1
    < none 1.stop#1
    > cancel 1.stop#2
    < canceled 1.stop#2
    """
    + CLOSES,
    "whose stop closes it meanwhile has nothing left to close": GUARDED
    + """
    < triggered 1.stop#2
    < fill 1.stop#2 1 @ 19990
    = position 0
    > look 1.stop#1
    < found 1.stop#1
    > cancel 1.stop#1
    < canceled 1.stop#1
    < ack 1.stop#1
    = waiting
    """,
    "an answer that is on its way is waited for": """
    do bracket buy 1 limit 20000 loss 40t
    > place 1.entry#1 buy 1 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    do place sell 1 limit 21000
    > place 2#1 sell 1 limit 21000
    do flatten
    > cancel 1.entry#1
    < fill 1.entry#1 1 @ 20000
    < refuse 1.entry#1 TOO_LATE
    < new 2#1
    > cancel 2#1
    < canceled 2#1
    > place 3.exit#1 sell 1 market
    < ack 2#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_guarded_as_the_script_says(name, play):
    play(SCRIPTS[name], OrderSettings(visible_s=1.5, misses=1, hedge_s=0.9))


FILLED = """
    do bracket buy 1 loss 40t target 80t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""
TOO_MUCH = """
    < fill 1.target#1 1 @ 20020
    > cancel 1.stop#1
    < fill 1.stop#1 1 @ 19990
    > place 1.exit#1 buy 1 market
"""


@pytest.mark.parametrize(
    ("script", "mode"), [(FILLED, Mode.GUARDING), (FILLED + TOO_MUCH, Mode.RELEASED)]
)
def test_what_it_holds_is_guarded_again_and_not_what_it_closed_too_much(play, mnq, script, mode):
    def let_go_and_guard(stage):
        bracket = stage.brackets["1"]
        bracket.mode = Mode.RELEASED
        guard_again(stage.manager._owners, mnq)
        assert bracket.mode is mode

    play(script, then=let_go_and_guard)
