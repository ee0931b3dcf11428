"""A round of questions in whose place another was asked: what it shows is so, all the same."""

import pytest

RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
ROUND = """
    > ask fills
    > ask open
"""
# A round of which nothing was answered when another took its place, which has been.
BROKEN_OFF = f"""
    {RESTS}
    wait 5
    {ROUND}
    < stream down
    < stream up gap
    {ROUND}
    > ask orders
    > ask positions
    < shown
"""
SCRIPTS = {
    "what a round that was broken off shows is so": BROKEN_OFF
    + """
        x fill 1#1 1 @ 20000
        x drop
        < shown open                -- it works, and one of it is filled
        = position 1
        = fills 1#1 0
        < shown fills
        = position 1
        = fills 1#1 1
        = status 1#1 PARTIALLY_FILLED
        = incidents stream_down
    """,
    "what it does not show proves nothing, and what it shows to be filled is filled": BROKEN_OFF
    + """
        x fill 1#1 2 @ 20000
        x drop
        < shown open                -- it is not there, and works on, as far as we know
        = position 0
        = working 1#1
        < shown fills
        = position 2
        = fills 1#1 1
        = status 1#1 FILLED
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_its_answers_are_heard_late(name, play, lossy):
    play(SCRIPTS[name], offers=lossy)
