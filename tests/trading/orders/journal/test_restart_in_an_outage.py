"""A restart while nobody can be reached: a question that hangs holds up none after it.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest

HUNG = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    x fill 1.entry#1 2 @ 20000
    {again}
    wait 5
    wait 1
    > ask fills
    wait 1
    > ask fills
"""
FOUND = """
    < shown
    > ask open
    > ask orders
    > ask positions
    < shown
    = recovered true
    > place 1.stop#1 sell 2 stop 19990
"""
SCRIPTS = {
    "whom nobody answered asks again before the last question is given up": HUNG + FOUND,
    "one that failed is no answer while another is under way": HUNG
    + """
    wait 0.5
    < late lost fills
    wait 0.5
    > ask fills
    """
    + FOUND,
    "the last one that failed ends the round, and another begins": HUNG
    + """
    wait 0.5
    < late lost fills
    < lost fills
    wait 0.9
    wait 0.1
    > ask fills
    wait 1
    > ask fills
    """
    + FOUND,
    "who fails at once is no silence": """
    {again}
    < lost fills
    wait 1
    > ask fills
    > ask open
    > ask orders
    > ask positions
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_after_a_restart_it_asks_as_the_script_says(name, relive):
    relive(SCRIPTS[name])
