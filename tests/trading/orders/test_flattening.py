"""Flatten and close: nothing working, nothing held, and no lie where that cannot be had."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

LONG_2 = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < new 1.target#1
    < ack 1.stop#1
    < ack 1.target#1
"""
SCRIPTS = {
    "RS-34: a flatten waits for an order in flight and closes what came of it": """
        do place buy 1
        > place 1#1 buy 1 market
        do flatten
        < new 1#1
        > cancel 1#1
        < late ack 1#1
        < fill 1#1 1 @ 20000
        > place 2.exit#1 sell 1 market
        < refuse 1#1 TOO_LATE
        < new 2.exit#1
        < ack 2.exit#1
        = waiting flatten
        < fill 2.exit#1 1 @ 20000
        = position 0
        = timers 0
    """,
    "RS-34: what only a look knows of is closed too": """
        do place buy 1
        > place 1#1 buy 1 market
        < new 1#1
        < ack 1#1
        do flatten
        > cancel 1#1
        x fill 1#1 1 @ 20000
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1                     -- the fill's own event is still on its way
        > place 2.exit#1 sell 1 market
        < told
        = position 1
        < new 2.exit#1
        < fill 2.exit#1 1 @ 19999
        < ack 2.exit#1
        = position 0
    """,
    "RS-33: three flattens are one, and entries are refused until it is done": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do flatten
        > place 2.exit#1 sell 2 market
        do flatten again
        do flatten thrice
        < new 2.exit#1
        < fill 2.exit#1 1 @ 20000
        < fill 2.exit#1 1 @ 19999
        < ack 2.exit#1
        = waiting
        = timers 0
        do place buy 1
        > place 3#1 buy 1 market
    """,
    "a flatten's order that rests is replaced, later each time, and never given up": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do flatten
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < ack 2.exit#1
        wait 2
        > cancel 2.exit#1
        < canceled 2.exit#1
        > place 2.exit#2 sell 2 market
        < ack 2.exit#1
        < new 2.exit#2
        < ack 2.exit#2
        wait 3.99
        wait 0.01
        > cancel 2.exit#2
        < fill 2.exit#2 1 @ 19990
        < canceled 2.exit#2
        > place 2.exit#3 sell 1 market
    """,
    "a flatten in a shut market waits for its opening with one incident": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do flatten
        > place 2.exit#1 sell 2 market
        < refuse 2.exit#1 MARKET_CLOSED
        wait 0.25
        > place 2.exit#2 sell 2 market
        < refuse 2.exit#2 MARKET_CLOSED
        < status PRE_OPEN
        > place 2.exit#3 sell 2 market
        < refuse 2.exit#3 MARKET_CLOSED
        < status OPEN
        > place 2.exit#4 sell 2 market
        < new 2.exit#4
        < fill 2.exit#4 2 @ 19900
        < ack 2.exit#4
        = incidents exit_rejected
        = waiting
        = timers 0
    """,
    "what protects stays while a shut market lets nothing be closed": """
        do bracket buy 2 loss 40t target 80t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < new 1.stop#1
        < new 1.target#1
        < ack 1.stop#1
        < ack 1.target#1
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        < new 2#1
        < ack 2#1
        < status CLOSE
        do flatten
        > cancel 2#1
        < canceled 2#1
        < ack 2#1
        = working 1.stop#1 1.target#1
        wait 100
        < status PRE_OPEN
        < status OPEN
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 3.exit#1 sell 2 market
        < ack 1.stop#1
        < ack 1.target#1
        < new 3.exit#1
        < fill 3.exit#1 2 @ 19999
        < ack 3.exit#1
        = working
        = position 0
        = incidents
        = waiting
    """,
    "a stop stays for as long as nobody knows what became of a target": LONG_2
    + """
        do flatten
        > cancel 1.target#1
        < lost 1.target#1
        > look 1.target#1
        wait 1
        > cancel 1.target#1
        = working 1.stop#1 1.target#1
        < refuse 1.target#1 TOO_LATE
        > look 1.target#1
        x canceled 1.target#1
        x drop
        < found 1.target#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < ack 1.stop#1
    """,
    "what a target fills while it goes is no more its stop's to close": LONG_2
    + """
        do flatten
        > cancel 1.target#1
        < fill 1.target#1 1 @ 20020
        > modify 1.stop#1 order_qty 1
        < canceled 1.target#1
        < ack 1.stop#1
        > cancel 1.stop#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 1 market
        < ack 1.stop#1
    """,
    "a target that nobody can cancel ends a flatten under its stop, truthfully": LONG_2
    + """
        do flatten
        > cancel 1.target#1
        < refuse 1.target#1 NONE
        > look 1.target#1
        < found 1.target#1
        wait 0.25
        > cancel 1.target#1
        < refuse 1.target#1 NONE
        = got flatten -> FlattenResult(ok=False, position=2, reason='', confirmed=True)
        = incidents cancel_failed flatten_failed
        = working 1.stop#1 1.target#1
        > look 1.target#1
    """,
    "what a bracket closes by itself goes on while an order of it is in doubt": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > place 1.exit#1 sell 2 market
        do place sell 1 limit 21000
        > place 2#1 sell 1 limit 21000
        do flatten                          -- which waits for what becomes of that
        < unsent 1.exit#1
        wait 0.24
        wait 0.01
        > place 1.exit#2 sell 2 market
        < new 1.exit#2
        < ack 1.exit#2
        < fill 1.exit#2 2 @ 19989
        < refuse 2#1 TOO_LATE
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
    "at last call a shut market leaves the stop where it is, and says so": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < status CLOSE
        do last_call
        do flatten
        = incidents flatten_failed
        = working 1.stop#1
        = waiting
    """,
    "at last call nothing waits for a market that is shut": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do last_call
        do flatten
        > place 2.exit#1 sell 2 market
        < refuse 2.exit#1 MARKET_CLOSED
        wait 0.25
        > place 2.exit#2 sell 2 market
        < refuse 2.exit#2 MARKET_CLOSED
        = waiting
        = incidents exit_rejected flatten_failed
    """,
    "an order that nobody can cancel ends a flatten truthfully": """
        do place buy 1 limit 19000
        > place 1#1 buy 1 limit 19000
        < new 1#1
        < ack 1#1
        do flatten
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.5
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        = got flatten -> FlattenResult(ok=False, position=0, reason='', confirmed=True)
        = incidents cancel_failed flatten_failed
        do place buy 1                  -- allowed again
        > place 3#1 buy 1 market
    """,
    "RS-47: after close nothing is sent and what was left is said": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < ack 1#1
        do close
        = incidents left_undone
        = timers 0
        wait 60
        < fill 1#1 1 @ 20000
        = position 1
        do give_up cancel 1#1
    """,
}
SETTINGS = {
    "a target that nobody can cancel ends a flatten under its stop, truthfully": OrderSettings(
        cancel_tries=2
    ),
    "an order that nobody can cancel ends a flatten truthfully": OrderSettings(cancel_tries=3),
    "at last call nothing waits for a market that is shut": OrderSettings(exit_tries=2),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_flatten_goes_as_the_script_says(name, play):
    stage = play(SCRIPTS[name], SETTINGS.get(name))
    for order in stage.orders.values():
        assert order.working or not order.changed.waited_for, f"{order!r} is still waited for"


IN_A_HALT = """
    do bracket buy 1 loss 40t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
    do flatten
    > cancel 1.stop#1
    < refuse 1.stop#1 MARKET_CLOSED
    = incidents flatten_waits
    > look 1.stop#1
    < found 1.stop#1
    wait 0.25
    > cancel 1.stop#1
    < refuse 1.stop#1 MARKET_CLOSED
    > look 1.stop#1
    < found 1.stop#1
    = incidents flatten_waits cancel_failed
    = waiting flatten
"""


def test_rs_53_a_flatten_waits_for_as_long_as_the_market_lets_no_order_go(play):
    at_the_opening = """
        < status OPEN
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 1 market
        < ack 1.stop#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19900
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = incidents flatten_waits cancel_failed
    """
    play(IN_A_HALT + at_the_opening, OrderSettings(cancel_tries=2))


def test_a_flatten_in_a_market_that_has_ended_for_us_gives_up(play):
    at_the_end = """
        do last_call
        wait 30
        > cancel 1.stop#1
        < refuse 1.stop#1 MARKET_CLOSED
        = got flatten -> FlattenResult(ok=False, position=1, reason='', confirmed=True)
        > look 1.stop#1
    """
    play(IN_A_HALT + at_the_end, OrderSettings(cancel_tries=2))


def test_in_a_shut_market_the_stop_of_a_short_stays_until_it_opens(play):
    play(
        """
        do place sell 1
        > place 1#1 sell 1 market
        < ack 1#1
        < fill 1#1 1 @ 20000
        do place buy 1 stop 20010
        > place 2#1 buy 1 stop 20010
        < new 2#1
        < ack 2#1
        < status CLOSE
        do flatten
        = working 2#1
        """
    )
