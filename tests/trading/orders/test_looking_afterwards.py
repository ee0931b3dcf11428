"""When all is over, the looking goes on until nothing is new between two looks (F23)."""

import pytest

ROUND = """
    > ask fills
    > ask open
"""
RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
SCRIPTS = {
    "while the stream is down it goes on, though nothing works and nothing is held": RESTS
    + """
        < canceled 1#1
    """
    + 3 * ("wait 5" + ROUND + "< shown\n")
    + """
        < stream down
        wait 4.9
        wait 0.1
    """
    + ROUND
    + """
        < shown
        wait 5
    """
    + ROUND
    + """
        < shown
        = incidents stream_down
    """,
    "nothing works and nothing is held: three times more is asked, then nobody": RESTS
    + """
        < canceled 1#1
        = timers 1
    """
    + 3 * ("wait 5" + ROUND + "< shown\n")
    + """
        = timers 0
        wait 280
    """,
    "a fill that the end did not know of, and that was lost, is found": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do flatten
    """
    + ROUND
    + """
        < shown
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
        = position 0
        wait 1
        x fill 1.stop#1 1 @ 19990       -- before it was cancelled
        x drop
        wait 4
    """
    + ROUND
    + """
        < shown
        = position -1
        > place 1.exit#1 buy 1 market
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_after_the_end_it_goes_as_the_script_says(name, play, lossy):
    play(SCRIPTS[name], offers=lossy)
