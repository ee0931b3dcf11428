"""While a market is shut no stop in it is judged, whatever was told or asked before."""

import pytest
from held_with_a_stop import ASKED, HELD

SCRIPTS = {
    "while the market is shut nothing is set off; its time begins when it opens": HELD
    + """
        do price 19985
        wait 0.5
        < status HALT
        wait 20
        < status OPEN
        wait 0.75
        = incidents halted
        wait 0.25
        > look 1.stop#1
    """,
    "a stop that first waits in a halt is not judged before it ends": "< status HALT"
    + HELD
    + """
        do price 19980                  -- the spike's last print, late
        wait 20
        = incidents
        = working 1.stop#1 1.target#1
        < status OPEN
        wait 0.75
        wait 0.25
        > look 1.stop#1
    """,
    "a halt in which all stops went and one came": HELD
    + """
        < status HALT
        do cancel 1.stop#1
        > cancel 1.stop#1
        do cancel 1.target#1
        > cancel 1.target#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        wait 60                         -- the prices are let go of
        = prices
        do place sell 2 stop 19990
        > place 2#1 sell 2 stop 19990
        < new 2#1
        < ack 2#1
        do price 19980
        wait 20
        = incidents halted
    """,
    "what the broker says in a halt to a question of before is no judgement": HELD
    + ASKED
    + """
        < status HALT
        < found 1.stop#1
        wait 20
        = incidents halted
        = working 1.stop#1 1.target#1
        < status OPEN
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target#1
        = incidents halted stop_traded_through
    """,
    "a market that says again that it is open is no new beginning": HELD
    + """
        do price 19989.75
        wait 0.75
        < status OPEN
        wait 0.25
        > look 1.stop#1
        < status OPEN
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target#1
        = incidents stop_traded_through
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_stop_that_a_halt_comes_over_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
