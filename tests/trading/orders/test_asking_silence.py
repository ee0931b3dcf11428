"""Whom nobody answered is asked one question first, and a look that a cancel waits for is urgent.

Both keep the manager within the rate of an account when an outage is long, or the budget is spent.
"""

import pytest

DOWN = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
    < stream down
    wait 1
    > ask fills
    > ask open
"""
SILENT = (
    DOWN
    + """
    < unsent fills
    < unsent open
    wait 1
    > ask fills
"""
)
SCRIPTS = {
    "nobody is asked more while nobody answers": SILENT
    + """
    < unsent fills
    wait 1
    > ask fills
    < unsent fills
    wait 1
    > ask fills
    """,
    "the rest is asked once that is answered, and what it shows is so": SILENT
    + """
    x fill 1#1 1 @ 20000
    < shown
    > ask open
    = position 1
    < shown
    wait 1
    > ask fills
    > ask open
    """,
    "and after a quarter of a second without an answer": SILENT
    + """
    wait 0.24
    wait 0.01
    > ask open
    < shown
    """,
    "after a gap it is the same": DOWN
    + """
    < unsent fills
    < unsent open
    < stream up gap
    > ask fills
    < shown
    > ask open
    > ask orders
    > ask positions
    do place buy 1 limit 20000
    = refused RefusedByUs
    < shown
    do place buy 1 limit 20000
    > place 2#1 buy 1 limit 20000
    """,
    "a question that is not answered yet is no silence": DOWN
    + """
    < unsent fills
    wait 1.3
    > ask fills
    > ask open
    """,
    "an answer to one of them is enough": DOWN
    + """
    < unsent open
    < shown
    wait 1
    > ask fills
    > ask open
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_asked_as_the_script_says(name, play):
    play(SCRIPTS[name])


TAKEN_TOO_LATE = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < ack 1#1
    wait 1
    > look 1#1
"""


@pytest.mark.parametrize(
    ("script", "urgency"),
    [
        (TAKEN_TOO_LATE, 0),
        (
            TAKEN_TOO_LATE
            + """
    < found 1#1
    do cancel 1#1
    > cancel 1#1
    < refuse 1#1 TOO_LATE
    > look 1#1
    """,
            1,
        ),
    ],
)
def test_what_a_cancel_waits_for_is_as_urgent_as_the_cancel(script, urgency, play):
    assert play(script).broker.urgency == urgency
