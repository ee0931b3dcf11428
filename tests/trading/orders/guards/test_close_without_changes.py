"""A close at a limit where the broker changes no order: another takes its place, and is smaller."""

from msgspec import structs
from position_acts import HELD
from scripted_broker import OFFERS

SMALLER = """
    do place sell 1
    > place {other}#1 sell 1 market
    < ack {other}#1
    < fill {other}#1 1 @ 20000
    > cancel 2.close#{n}
    < canceled 2.close#{n}
    > place 2.close#{next} sell {left} limit 20010
    < ack 2.close#{n}
    < new 2.close#{next}
    < ack 2.close#{next}
"""


def test_it_is_made_smaller_with_the_position_as_often_as_that_is(play):
    play(
        HELD
        + """
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < new 2.close#1
        < ack 2.close#1
        """
        + SMALLER.format(other=3, n=1, next=2, left=2)
        + SMALLER.format(other=4, n=2, next=3, left=1)
        + """
        = working 2.close#3
        < fill 2.close#3 1 @ 20010
        = got exit 2 -> gone(1 of 3): nothing more was held
        = position 0
        = timers 0
        """,
        offers=structs.replace(OFFERS, modify_in_place=False),
    )
