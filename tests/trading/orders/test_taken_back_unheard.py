"""Fills that the venue takes back, and nobody tells: what shows it, and what is asked then."""

import pytest
from before_voids import HELD, STOPPED

LOST = {
    "a void that the stream lost is found by the next look": HELD
    + """
        x void 1.entry#1
        x drop
        = position 3
        wait 5
        > ask fills
        > ask open
        < shown
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        = position 1
        = incidents trade_voided
        > ask fills                     -- one was taken back, and so may others be
        < shown
        = incidents trade_voided
    """,
    "one that says only that a fill was taken back: which, is asked": HELD
    + """
        x void 1.entry#1
        x unname
        < told
        = position 3
        > ask fills
        < shown
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        = position 1
    """,
    "the next fill's report shows that one is missing: it is asked for": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        x void 1#1
        x drop
        x time 2
        < fill 1#1 1 @ 20001
        = position 2
        > ask fills
        < shown
        = position 1
        = fills 1#1 1
        = status 1#1 PARTIALLY_FILLED
    """,
    "what is held of nothing that works: the position that is told says it": STOPPED
    + """
        x void 1.stop#1
        x drop
        < holds 3
        > ask fills
        < shown
        > place 1.stop#2 sell 3 stop 19990
        > place 1.target#2 sell 3 limit 20020
        = position 3
        wait 0.3                        -- it was the answer about all that was taken back
    """,
    "an old answer does not bring back what was taken": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        wait 5
        > ask fills
        > ask open
        x snapshot
        x time 2
        < void 1#1
        > ask fills
        = position 0
        < shown fills
        < shown                         -- the orders, how they were before
        = position 0
        = status 1#1 NEW
    """,
    "what another hand had closed, and is taken back, is the bracket's again": HELD
    + """
        x hand sell 3 @ 20001
        wait 5
        > ask fills
        > ask open
        < shown
        > cancel 1.stop#1
        > cancel 1.target#1
        > ask fills                     -- whether it was others at all
        < shown
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        = position 0
        x time 3
        x unhand
        < holds 3
        > ask fills
        < shown
        = position 3
        > place 1.stop#2 sell 3 stop 19990
        > place 1.target#2 sell 3 limit 20020
    """,
}


@pytest.mark.parametrize("name", LOST)
def test_what_the_stream_does_not_tell_is_found(name, play, lossy):
    play(LOST[name], offers=lossy)
