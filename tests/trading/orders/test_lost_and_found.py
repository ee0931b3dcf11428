"""Orders that look-ups proved lost and that arrive after all: the broker is right."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

QUICK = OrderSettings(visible_s=0.1, misses=1)
GONE = """
        < lost {tag}
        > look {tag}
        < none {tag}
        wait 0.25
        > look {tag}
        < none {tag}
        = status {tag} REJECTED
"""
SCRIPTS = {
    "an order that arrives after it was taken for lost is cancelled": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        GONE 1#1
        = timers 0
        < new 1#1
        > cancel 1#1
        = working 1#1
        < canceled 1#1
        < ack 1#1
        = status 1#1 CANCELED
        = incidents late_order
        = working
        = timers 0
    """,
    "what such an order fills counts": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        GONE 1#1
        < new 1#1
        > cancel 1#1
        < fill 1#1 1 @ 20000
        = position 1
        < canceled 1#1
        < ack 1#1
        = status 1#1 CANCELED
        = position 1
    """,
    "an entry that arrives late and is filled is protected": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        GONE 1.entry#1
        < new 1.entry#1
        > cancel 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < refuse 1.entry#1 TOO_LATE
        < new 1.stop#1
        < ack 1.stop#1
        = position 1
    """,
    "a stop that arrives late beside its substitute is taken away": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        GONE 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        < new 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = working 1.stop#2
    """,
}


@pytest.mark.parametrize("story", SCRIPTS)
def test_lost_and_found(story, play):
    lines = []
    for line in SCRIPTS[story].splitlines():
        word, _, tag = line.strip().partition(" ")
        lines += GONE.format(tag=tag).splitlines() if word == "GONE" else [line]
    play("\n".join(lines), QUICK)
