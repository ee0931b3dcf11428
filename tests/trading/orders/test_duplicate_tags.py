"""An order that is refused because its tag was used before: RS-04, where our own sending had come.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

BEFORE = """
    do place buy 1
    > place 1#1 buy 1 market
    < new 1#1
    < ack 1#1
    < fill 1#1 1 @ 20000
"""
SCRIPTS = {
    "it is there: the order goes its way": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x drop
        < refuse 1#1 DUPLICATE_TAG
        > look 1#1
        = working 1#1
        < found 1#1
        = status 1#1 NEW
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = incidents
        = timers 0
    """,
    "an entry that was filled by its first sending is protected": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        x new 1.entry#1
        x fill 1.entry#1 1 @ 20000
        < refuse 1.entry#1 DUPLICATE_TAG
        > look 1.entry#1
        < found 1.entry#1
        > place 1.stop#1 sell 1 stop 19990
    """,
    "a stop that is there gets no second one beside it": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        x new 1.stop#1
        < refuse 1.stop#1 DUPLICATE_TAG
        > look 1.stop#1
        < found 1.stop#1
        = working 1.stop#1
        = incidents
    """,
    "its event comes first: the refusal says nothing": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < refuse 1#1 DUPLICATE_TAG
        = working 1#1
    """,
    "it is not shown for long enough: there is none": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < refuse 1#1 DUPLICATE_TAG
        > look 1#1
        < none 1#1
    """
    + "".join(f"wait {pause}\n> look 1#1\n< none 1#1\n" for pause in (0.25, 0.5, 1, 2, 2, 2))
    + """
        = status 1#1 REJECTED
        = timers 0
    """,
    "another order under its tag is none of ours": BEFORE
    + """
        do place buy 2 limit 20000
        > place 2#1 buy 2 limit 20000
        x new 2#1 order_qty 3
        < refuse 2#1 DUPLICATE_TAG
        > look 2#1
        < found 2#1
        = status 2#1 REJECTED
        = timers 0
    """,
    "one that was filled before ours left is none of ours": """
        x time 100
    """
    + BEFORE
    + """
        x time 90
        do bracket buy 1 loss 40t
        > place 2.entry#1 buy 1 market
        x new 2.entry#1
        x fill 2.entry#1 1 @ 20000
        < refuse 2.entry#1 DUPLICATE_TAG
        > look 2.entry#1
        < found 2.entry#1
        = status 2.entry#1 REJECTED
        = position 1
        = timers 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
