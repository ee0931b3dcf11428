"""A flatten whose closing orders are refused gives up: what is held has its stop again, and what is
too much is given back."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

GIVES_UP = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
    do flatten
    > cancel 1.stop#1
    < canceled 1.stop#1
    > place 2.exit#1 sell 2 market
    < ack 1.stop#1
    < refuse 2.exit#1 NONE
    wait 0.25
    > place 2.exit#2 sell 2 market
"""
SCRIPTS = {
    "its bracket guards it": """
        < refuse 2.exit#2 NONE
        > place 1.stop#2 sell 2 stop 19990
        = got flatten -> FlattenResult(ok=False, position=2, reason='', confirmed=True)
        = incidents exit_rejected flatten_failed
        < new 1.stop#2
        < ack 1.stop#2
        do flatten
        > cancel 1.stop#2
        < canceled 1.stop#2
        > place 3.exit#1 sell 2 market
    """,
    "but at last call": """
        do last_call
        < refuse 2.exit#2 NONE
        = got flatten -> FlattenResult(ok=False, position=2, reason='', confirmed=True)
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(GIVES_UP + SCRIPTS[name], OrderSettings(exit_tries=2))


def test_what_was_closed_too_much_its_bracket_gives_back_then(play):
    script = """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        do flatten
        > cancel 1.target#1
        < fill 1.target#1 1 @ 20020
        > cancel 1.stop#1
        < fill 1.stop#1 1 @ 19990
        > place 2.exit#1 buy 1 market
        < refuse 2.exit#1 NONE
        wait 0.25
        > place 2.exit#2 buy 1 market
        < refuse 2.exit#2 NONE
        = got flatten -> FlattenResult(ok=False, position=-1, reason='', confirmed=True)
        > place 1.exit#1 buy 1 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19990
        = position 0
        wait 60
        = working
    """
    play(script, OrderSettings(exit_tries=2))
