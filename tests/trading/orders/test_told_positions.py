"""A position that the stream tells, and that no fill told explains, shows that a fill was lost."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

RESTS = """
    do bracket buy 2 limit 20000 loss 40t
    > place 1.entry#1 buy 2 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
"""
ASKED = """
    > ask fills
"""
LOST = (
    RESTS
    + """
    x fill 1.entry#1 2 @ 20000
    x drop
    < holds 2
"""
)
FOUND = (
    ASKED
    + """
    < shown
    > place 1.stop#1 sell 2 stop 19990
    = position 2
    < new 1.stop#1
    < ack 1.stop#1
"""
)
SCRIPTS = {
    "RS-37: a lost fill is asked for as soon as its position is told": LOST
    + "wait 0.2\nwait 0.05"
    + FOUND,
    "a position that its fill's event follows is explained": RESTS
    + """
        x fill 1.entry#1 2 @ 20000
        < holds 2
        wait 0.2
        < told
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        wait 1
        = position 2
    """,
    "of several positions the newest counts": RESTS
    + """
        x fill 1.entry#1 1 @ 20000
        < holds 1
        wait 0.2
        < told
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        x fill 1.entry#1 1 @ 20000
        x drop
        < holds 2
        wait 0.05
    """
    + ASKED
    + """
        < shown
        > modify 1.stop#1 order_qty 2
        = position 2
    """,
    "a fill that the next report's sum tells of needs no question": RESTS
    + """
        x fill 1.entry#1 1 @ 20000
        x drop
        < holds 1
        x fill 1.entry#1 1 @ 20000
        < told
        > place 1.stop#1 sell 2 stop 19990      -- the report's sum says that both are held
        < new 1.stop#1
        < ack 1.stop#1
        < holds 2
        wait 1
        = position 2
    """,
    "of one difference it is asked once": RESTS
    + """
        x hand buy 1 @ 20000
        x forget
        < holds 1
        wait 0.25
    """
    + ASKED
    + """
        < shown
        < holds 1
        wait 1.1
        < holds 1
        wait 1.1
        = position 0
    """,
    "another difference is another question": LOST
    + "wait 0.25"
    + FOUND
    + """
        x hand buy 1 @ 20000
        < holds 3
        wait 0.9
        wait 0.1
    """
    + ASKED
    + """
        < shown
        = position 3
    """,
    "the next lost fill is asked for as well, a second later": RESTS
    + """
        x fill 1.entry#1 1 @ 20000
        x drop
        < holds 1
        wait 0.25
    """
    + ASKED
    + """
        < shown
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        x fill 1.entry#1 1 @ 20000
        x drop
        < holds 2
        wait 0.9
        wait 0.1
    """
    + ASKED
    + """
        < shown
        > modify 1.stop#1 order_qty 2
        = position 2
    """,
    "what is told as the last order ends is asked about at once": RESTS
    + """
        < holds 1
        wait 0.1
        < canceled 1.entry#1
        < holds 2
    """
    + ASKED
    + """
        wait 0.2
        = incidents
        < shown
        = position 0
    """,
    "where nothing is held, a position that is told twice is asked about once": RESTS
    + """
        < canceled 1.entry#1
        < holds 2
    """
    + ASKED
    + """
        < holds 2
        wait 0.3
        < shown
        < holds 2
        wait 0.3
        = position 0
    """,
    "how it was before a position that was told is nobody's business": RESTS
    + """
        < canceled 1.entry#1
        x time 2
        < holds 0
        x time 1
        < holds 2
        wait 0.3
        = position 0
    """,
    "a position of long ago is asked about, and nothing is taken over from it": LOST
    + "wait 0.25"
    + FOUND
    + """
        < holds 0
        wait 0.9
        wait 0.1
    """
    + ASKED
    + """
        < shown
        = position 2
        = working 1.stop#1
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_position_that_no_fill_explains_is_asked_about(play, lossy, script):
    play(script, offers=lossy)


def test_on_a_stream_that_loses_nothing_it_is_waited_for(play):
    play(LOST + "= timers 0\nwait 10\n= position 0")


def test_how_long_a_fill_is_waited_for_is_a_setting(play, lossy):
    settings = OrderSettings(position_differs_s=0.1)
    play(LOST + "wait 0.1" + FOUND, settings, lossy)
