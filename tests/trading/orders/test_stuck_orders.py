"""Orders that the broker will not let go: they hold up nobody else, and their timers end with them.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

from dryfill.trading.orders.settings import OrderSettings

ONCE = OrderSettings(cancel_tries=1)
SCRIPTS = {
    "a flatten tries again what would not go, and cancels the rest": """
        do place buy 1 limit 19990
        > place 1#1 buy 1 limit 19990
        < new 1#1
        < ack 1#1
        do place buy 1 limit 19980
        > place 2#1 buy 1 limit 19980
        < new 2#1
        < ack 2#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        do flatten
        > cancel 1#1
        > cancel 2#1
        < canceled 2#1
        < ack 2#1
    """,
    "a stop that waits to be sent again waits no more once nothing is held": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < refuse 1.stop#1 NONE
        do place sell 1
        > place 2#1 sell 1 market
        < ack 2#1
        < fill 2#1 1 @ 20000
        = position 0
        = timers 0
        wait 60
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name], ONCE)
