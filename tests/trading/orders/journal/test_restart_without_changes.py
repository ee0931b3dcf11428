"""A restart while one order takes another's place, at a broker that changes none in place (RS-28).

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest
from msgspec import structs
from position_acts import HELD
from scripted_broker import OFFERS

FIXED = structs.replace(OFFERS, modify_in_place=False)
MOVED = """
    do bracket buy 3 loss 40t
    > place 1.entry#1 buy 3 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 3 @ 20000
    > place 1.stop#1 sell 3 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
    do move 1 stop 20t
    > place 1.stop#2 sell 3 stop 19995
"""
SMALLER = (
    HELD
    + """
    do exit all limit 20010
    > place 2.close#1 sell 3 limit 20010
    < new 2.close#1
    < ack 2.close#1
    do place sell 1
    > place 3#1 sell 1 market
    < new 3#1
    < ack 3#1
    < fill 3#1 1 @ 20000
    > cancel 2.close#1
"""
)
SCRIPTS = {
    "a stop that took another's place stays, and the other goes": MOVED
    + """
        x new 1.stop#2
        {again}
        < shown
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        wait 10
        = working 1.stop#2
        = incidents
    """,
    "one that never arrived is sent again beside the old one": MOVED
    + """
        x never 1.stop#2
        {again}
        < shown
        > look 1.stop#2
        < none 1.stop#2
    """
    + "".join(
        f"wait {pause}\n> look 1.stop#2\n< none 1.stop#2\n"
        for pause in (0.25, 0.5, 1, 1, 1, 1, 1, 1)
    )
    + """
        = working 1.stop#1
        wait 0.25
        > place 1.stop#3 sell 3 stop 19995
        = incidents stop_change_refused
        < new 1.stop#3
        > cancel 1.stop#1
    """,
    "a close at a limit that was being made smaller goes on": SMALLER
    + """
        x canceled 2.close#1
        {again}
        < shown
        > place 2.close#2 sell 2 limit 20010
        < new 2.close#2
        < ack 2.close#2
        {again}
        x canceled 2.close#2            -- that was somebody else
        < shown
        wait 10
        = working
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_over_a_restart_at_such_a_broker_it_goes_as_the_script_says(name, relive):
    relive(SCRIPTS[name], offers=FIXED)
