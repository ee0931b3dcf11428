"""Cancels that changed nothing, and the look that follows: the next goes when its pause is over."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

RESTS = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
"""
SCRIPTS = {
    "a cancel that was refused goes again after its pause, whether a look is answered or not": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        wait 0.24
        wait 0.01
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        wait 0.3
        < found 1#1
        wait 0.19                           -- half a second after the refusal
        wait 0.01
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        wait 0.6
        < lost 1#1                          -- nor does a look that failed begin the pause anew
        wait 0.39
        wait 0.01
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < ack 1#1
        = timers 0
    """,
    "a look after a refused cancel is not waited for for longer than any other": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        wait 0.99
        < found 1#1
        wait 0.01
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        wait 1
        wait 0.5
        < found 1#1                         -- late, and an answer all the same
        wait 0.49
        wait 0.01
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < ack 1#1
        = timers 0
    """,
    "the look after a cancel without an answer is a part of the pause, too": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < lost 1#1
        > look 1#1
        wait 0.2
        < found 1#1
        wait 0.05
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
    """,
    "a look that does not find it is too old to wait for another": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < lost 1#1
        > look 1#1
        < none 1#1
        wait 0.24
        wait 0.01
        > cancel 1#1
        < lost 1#1
        > look 1#1                          -- one and the same pause, each time
        < none 1#1
        wait 0.25
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < ack 1#1
        = timers 0
    """,
    "but a cancel waits for no look that found nothing before it was wanted": RESTS
    + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < lost 1#1
        > look 1#1
        < none 1#1
        wait 0.25
        > look 1#1
        < none 1#1
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < ack 1#1
        = timers 0
    """,
}
SETTINGS = {
    "a look after a refused cancel is not waited for for longer than any other": OrderSettings(
        retry_s=1.0, retry_most_s=2.0
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_next_cancel_goes_as_the_script_says(name, play):
    play(SCRIPTS[name], SETTINGS.get(name))
