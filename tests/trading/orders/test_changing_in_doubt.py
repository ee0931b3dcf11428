"""An order that is to be smaller while nobody answers whether it is there is looked for; and so is
one whose change nobody answers."""

import pytest

SENT = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
"""
HELD = """
    do bracket buy 2 loss 40t follow 8t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
"""
SCRIPTS = {
    "a change waits a second for the answer to the order, no more": SENT
    + """
    x new 1#1
    x drop
    do modify 1#1 qty 1
    wait 0.99
    wait 0.02
    > look 1#1
    < found 1#1
    > modify 1#1 order_qty 1
    < ack 1#1
    """,
    "one that is as it was sent waits on": SENT
    + """
    wait 5
    < ack 1#1
    wait 1
    > look 1#1
    """,
    "an answer in time leaves nothing to look for": SENT
    + """
    do modify 1#1 qty 1
    wait 0.9
    < ack 1#1
    > modify 1#1 order_qty 1
    < new 1#1
    < ack 1#1
    wait 2
    """,
    "a stop of another size is looked up in time for one more and its substitute": HELD
    + """
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 2
    wait 0.74
    wait 0.02
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 2
    """,
    "so it is once more where that look takes as long": HELD
    + """
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 2
    wait 0.75
    > look 1.stop#1
    wait 0.74
    wait 0.02
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 2
    """,
    "and one whose id is asked for because it is not wanted any more": SENT
    + """
    x new 1#1
    x drop
    do cancel 1#1
    wait 1
    > look 1#1
    wait 0.74
    wait 0.02
    > look 1#1
    < found 1#1
    > cancel 1#1
    < canceled 1#1
    = got cancel 1#1 -> cancelled(0)
    """,
    "one that is merely to be moved protects as it is": HELD
    + """
    do price 20010
    > modify 1.stop#1 stop_px 20008
    wait 0.99
    wait 0.02
    > look 1.stop#1
    """,
    "one that is being moved and is to be of another size is looked up in time for that": HELD
    + """
    do price 20010
    > modify 1.stop#1 stop_px 20008
    wait 0.2
    < fill 1.entry#1 1 @ 20000
    wait 0.54
    wait 0.02
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 2 stop_px 20008
    """,
    "the look at one that was only moved is waited for for a second": HELD
    + """
    do price 20010
    > modify 1.stop#1 stop_px 20008
    wait 1
    > look 1.stop#1
    wait 0.99
    wait 0.02
    > look 1.stop#1
    """,
    "what is known late is looked up at once": HELD
    + """
    do price 20010
    > modify 1.stop#1 stop_px 20008
    wait 0.9
    < fill 1.entry#1 1 @ 20000
    wait 0.01
    > look 1.stop#1
    """,
    "an entry has the time that its answer takes": """
    do bracket buy 2 loss 40t limit 20000
    > place 1.entry#1 buy 2 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    do modify 1.entry#1 limit 19999
    > modify 1.entry#1 price 19999
    do modify 1.entry#1 qty 1
    wait 5
    < ack 1.entry#1
    > modify 1.entry#1 order_qty 1
    < ack 1.entry#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
