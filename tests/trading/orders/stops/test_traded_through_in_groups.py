"""A linked stop that the market has traded through: it alone is meant from then on, and closes at
market what it was for.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

OTO = """
    do oto buy 3 limit 20000 | sell 3 limit 20010 | sell 3 stop 19990
    > place 1.first#1 buy 3 limit 20000
    < new 1.first#1
    < ack 1.first#1
    < fill 1.first#1 2 @ 20000
    > place 1.leg1#1 sell 2 limit 20010
    > place 1.leg2#1 sell 2 stop 19990
    < new 1.leg1#1
    < ack 1.leg1#1
    < new 1.leg2#1
    < ack 1.leg2#1
    do price 19989
    wait 1
    > look 1.leg2#1
    < found 1.leg2#1
    = incidents stop_traded_through
    > cancel 1.first#1
    > cancel 1.leg1#1
    > cancel 1.leg2#1
"""

SCRIPTS = {
    "an OTO group's: it alone is meant, and closes what was bought": OTO
    + """
        < canceled 1.leg1#1
        < ack 1.leg1#1
        < canceled 1.leg2#1
        < ack 1.leg2#1
        < canceled 1.first#1
        > place 1.leg2#2 sell 2 market
        < ack 1.first#1
        < new 1.leg2#2
        < ack 1.leg2#2
        < fill 1.leg2#2 2 @ 19989
        = phase 1 done
        = position 0
        = incidents stop_traded_through
    """,
    "an OTO group's, and its target had filled: nothing is left to close": OTO
    + """
        < canceled 1.first#1
        < ack 1.first#1
        < fill 1.leg1#1 2 @ 20010
        < refuse 1.leg1#1 TOO_LATE
        < canceled 1.leg2#1
        < ack 1.leg2#1
        = phase 1 done
        = position 0
    """,
    "an OTO group's, and other hands had closed: no more is closed than is held": OTO
    + """
        < canceled 1.first#1
        < ack 1.first#1
        < canceled 1.leg1#1
        < ack 1.leg1#1
        do place sell 1
        > place 2#1 sell 1 market
        < new 2#1
        < ack 2#1
        < fill 2#1 1 @ 19990
        < canceled 1.leg2#1
        > place 1.leg2#2 sell 1 market
        < ack 1.leg2#1
        < new 1.leg2#2
        < ack 1.leg2#2
        < fill 1.leg2#2 1 @ 19989
        = position 0
    """,
    "a lone group's, and nothing is held any more: nothing is closed": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do oco sell 2 limit 20010 | sell 2 stop 19990
        > place 2.leg1#1 sell 2 limit 20010
        > place 2.leg2#1 sell 2 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < new 2.leg2#1
        < ack 2.leg2#1
        do place sell 2
        > place 3#1 sell 2 market
        < new 3#1
        < ack 3#1
        < fill 3#1 2 @ 19990
        do price 19989
        wait 1
        > look 2.leg2#1
        < found 2.leg2#1
        > cancel 2.leg1#1
        > cancel 2.leg2#1
        < canceled 2.leg1#1
        < ack 2.leg1#1
        < canceled 2.leg2#1
        < ack 2.leg2#1
        = phase 2 done
        = position 0
        = incidents stop_traded_through
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_linked_stop_that_is_traded_through_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
