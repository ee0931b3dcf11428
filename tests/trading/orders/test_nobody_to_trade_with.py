"""A closing order in a thin market: refused, since nobody stands on the other side."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

FLATTENS = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
    < fill 1#1 1 @ 20000
    do flatten
    > place 2.exit#1 sell 1 market
    < refuse 2.exit#1 NO_OPPOSITE
    wait 0.25
    > place 2.exit#2 sell 1 market
    < refuse 2.exit#2 NO_OPPOSITE
    wait 0.5
    > place 2.exit#3 sell 1 market
    < refuse 2.exit#3 NO_OPPOSITE
    wait 1
    > place 2.exit#4 sell 1 market
    < refuse 2.exit#4 NO_OPPOSITE
    wait 1
    > place 2.exit#5 sell 1 market
    < new 2.exit#5
    < ack 2.exit#5
    < fill 2.exit#5 1 @ 19990
    = position 0
    = incidents exit_rejected
    = timers 0
"""


@pytest.mark.parametrize("tries", [2, 20])
def test_whom_nobody_trades_with_is_tried_again_soon_and_never_given_up(tries, play):
    play(FLATTENS, OrderSettings(exit_tries=tries))
