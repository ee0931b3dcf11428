"""Brackets: what is held is protected as it comes, and again when protection is lost."""

import pytest
from held_with_a_stop import HELD as LONG_2

from dryfill.trading.orders.settings import OrderSettings

SCRIPTS = {
    "RS-05: fills faster than the stop end in one stop of the full size": """
        do bracket buy 4 loss 40t
        > place 1.entry#1 buy 4 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < fill 1.entry#1 1 @ 20000
        < new 1.stop#1
        > modify 1.stop#1 order_qty 2
        < late ack 1.stop#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20001          -- the mean moves, and the stop with it
        < ack 1.stop#1
        > modify 1.stop#1 order_qty 4 stop_px 19990.5
        do protect 1
        = waiting protect 1
        < ack 1.stop#1
        = got protect 1 -> protected(4)
    """,
    "1c: a stop refused once is placed again": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#2 sell 2 stop 19990
        do protect 1
        < new 1.stop#2
        < ack 1.stop#2
        = got protect 1 -> protected(2)
        = timers 0
    """,
    "1d: a stop refused always ends flat by one closing order": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        do protect 1
        < refuse 1.stop#1 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#2 sell 2 stop 19990
        < refuse 1.stop#2 NO_LAST_PRICE
        wait 0.5
        > place 1.stop#3 sell 2 stop 19990
        < refuse 1.stop#3 NO_LAST_PRICE
        > place 1.exit#1 sell 2 market
        < new 1.exit#1
        < fill 1.exit#1 2 @ 19995
        < ack 1.exit#1
        = position 0
        = working
        = timers 0
        = incidents stop_rejected stop_rejected stop_rejected
    """,
    "a market that is shut says nothing about the stop; its opening brings it": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < refuse 1.stop#1 MARKET_CLOSED
        wait 0.25
        > place 1.stop#2 sell 2 stop 19990
        < refuse 1.stop#2 MARKET_CLOSED
        wait 0.5
        > place 1.stop#3 sell 2 stop 19990
        < refuse 1.stop#3 MARKET_CLOSED
        wait 1
        > place 1.stop#4 sell 2 stop 19990
        < refuse 1.stop#4 MARKET_CLOSED
        < status PRE_OPEN
        > place 1.stop#5 sell 2 stop 19990
        < new 1.stop#5
        < ack 1.stop#5
        = incidents stop_rejected
        = timers 0
    """,
    "a target that the market takes shows that it is open: the stop is tried at once": """
        do bracket buy 2 loss 40t target 80t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < ack 1.entry#1
        < refuse 1.stop#1 MARKET_CLOSED
        < new 1.target#1
        > place 1.stop#2 sell 2 stop 19990
        < ack 1.target#1
        < refuse 1.stop#2 MARKET_CLOSED     -- once; then as long as for any other
        wait 0.49
        wait 0.01
        > place 1.stop#3 sell 2 stop 19990
        < ack 1.stop#3
    """,
    "a target that was taken before the market shut shows nothing": """
        do bracket buy 2 loss 40t target 80t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < ack 1.entry#1
        < new 1.target#1
        < ack 1.target#1
        wait 0.1
        < refuse 1.stop#1 MARKET_CLOSED
        wait 0.24
        wait 0.01
        > place 1.stop#2 sell 2 stop 19990
    """,
    "a stop that is taken and then lost, again and again, is given up": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < rejected 1.stop#1 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        < canceled 1.stop#2
        wait 0.5
        > place 1.stop#3 sell 1 stop 19990
        < new 1.stop#3
        < ack 1.stop#3
        < canceled 1.stop#3
        > place 1.exit#1 sell 1 market
    """,
    "RS-21: adding as the first stop is set off; the fresh protection stays": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        do bracket buy 2 loss 40t
        > place 2.entry#1 buy 2 market
        < triggered 1.stop#1
        < fill 1.stop#1 1 @ 19990
        < new 2.entry#1
        < fill 2.entry#1 2 @ 19991
        > place 2.stop#1 sell 2 stop 19981
        < ack 2.entry#1
        < new 2.stop#1
        < ack 2.stop#1
        = position 2
        = working 2.stop#1
    """,
    "RS-27: a stop that a change killed is placed again": LONG_2
    + """
        < fill 1.target#1 1 @ 20020
        > modify 1.stop#1 order_qty 1
        < ack 1.stop#1
        < canceled 1.stop#1
        > ask fills                     -- who took it away may have closed what it was for
        > ask open
        < shown
        > place 1.stop#2 sell 1 stop 19990
        = incidents stop_canceled
    """,
    "RS-17: the stop is gone before the fill that made it go is told; the fill is looked up": LONG_2
    + """
        x fill 1.target#1 2 @ 20020
        x drop
        < canceled 1.stop#1
        > ask fills
        > ask open
        < shown
        = position 0
        = working
        = incidents stop_canceled
    """,
    "RS-17: a question that nobody answers does not keep the stop away for long": LONG_2
    + """
        < canceled 1.stop#1
        > ask fills
        > ask open
        wait 0.49
        wait 0.01
        > place 1.stop#2 sell 2 stop 19990
    """,
    "a resize that is refused keeps the old stop and is tried again": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 2 @ 20000
        > modify 1.stop#1 order_qty 3
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        = working 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 3
        < ack 1.stop#1
        do protect 1
        = got protect 1 -> protected(3)
        = incidents stop_change_refused
        = timers 0
    """,
    "the look that follows a resize that is refused is a part of the pause": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 2 @ 20000
        > modify 1.stop#1 order_qty 3
        < refuse 1.stop#1 INSUFFICIENT_FUNDS
        > look 1.stop#1
        wait 0.2
        < found 1.stop#1
        wait 0.04
        wait 0.01
        > modify 1.stop#1 order_qty 3
        < refuse 1.stop#1 INSUFFICIENT_FUNDS
        > look 1.stop#1
        wait 0.7                        -- longer than the pause
        < found 1.stop#1
        wait 0.001
        > modify 1.stop#1 order_qty 3
        = incidents stop_change_refused stop_change_refused
    """,
    "the pauses of a shut market are counted by themselves": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        < unsent 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 3 stop 19990
        < unsent 1.stop#2
        wait 0.5
        > place 1.stop#3 sell 3 stop 19990
        < unsent 1.stop#3
        wait 1
        > place 1.stop#4 sell 3 stop 19990
        < unsent 1.stop#4
        wait 1
        > place 1.stop#5 sell 3 stop 19990
        < refuse 1.stop#5 MARKET_CLOSED     -- the first word on that
        wait 0.25
        > place 1.stop#6 sell 3 stop 19990
        < refuse 1.stop#6 MARKET_CLOSED
        wait 0.49
        wait 0.01
        > place 1.stop#7 sell 3 stop 19990
    """,
    "a stop that may be about to shrink does not count as protection": """
        do bracket buy 3 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        < fill 1.target#1 1 @ 20020
        > cancel 1.entry#1
        > modify 1.stop#1 order_qty 1
        < fill 1.entry#1 1 @ 20000
        > modify 1.target#1 order_qty 3
        < refuse 1.entry#1 TOO_LATE
        do protect 1
        = waiting protect 1
        < ack 1.stop#1
        > modify 1.stop#1 order_qty 2
        = waiting protect 1
        < ack 1.stop#1
        = got protect 1 -> protected(3)
    """,
    "a resize that the shut market refuses waits for it and never gives up": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 2 @ 20000
        > modify 1.stop#1 order_qty 3
        < refuse 1.stop#1 MARKET_CLOSED
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 3
        < refuse 1.stop#1 MARKET_CLOSED
        > look 1.stop#1
        < found 1.stop#1
        = working 1.stop#1
        < status OPEN
        > modify 1.stop#1 order_qty 3
        do protect 1
        = waiting protect 1
        < ack 1.stop#1
        = got protect 1 -> protected(3)
        = incidents stop_change_refused
        = timers 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bracket_protects_as_the_script_says(name, play):
    play(SCRIPTS[name])


def test_a_stop_that_worked_long_enough_starts_with_a_clean_slate(play):
    lost_twice = """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > ask fills
        > ask open
        < shown
        > place 1.stop#2 sell 1 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        wait 5
        < canceled 1.stop#2
    """
    again = "> ask fills\n> ask open\n< shown\n> place 1.stop#3 sell 1 stop 19990\n"
    play(lost_twice + again, OrderSettings(stop_tries=2))
    closed = "> place 1.exit#1 sell 1 market\n"
    play(lost_twice + closed, OrderSettings(stop_tries=2, proven_s=6))


def test_at_last_call_a_shut_market_counts_like_any_refusal(play):
    play(
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        do last_call
        < refuse 1.stop#1 MARKET_CLOSED
        > place 1.exit#1 sell 1 market
        < refuse 1.exit#1 MARKET_CLOSED
        wait 600                        -- the tries are used up: nothing goes on for ever
        = position 1
        = timers 0
        """,
        OrderSettings(stop_tries=1, exit_tries=1),
    )
