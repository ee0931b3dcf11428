"""What was filled before the venue takes a fill back: how scripts of manager tests begin."""

HELD = """
    do bracket buy 3 limit 20000 loss 40t target 80t
    > place 1.entry#1 buy 3 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
    < fill 1.entry#1 2 @ 20000
    > modify 1.stop#1 order_qty 3
    > modify 1.target#1 order_qty 3
    < replaced 1.stop#1 order_qty 3
    < ack 1.stop#1
    < replaced 1.target#1 order_qty 3
    < ack 1.target#1
    x time 2
"""
STOPPED = (
    HELD
    + """
    < fill 1.stop#1 3 @ 19990
    > cancel 1.target#1
    < canceled 1.target#1
    < ack 1.target#1
    = position 0
    = working
    x time 3
"""
)
GUARDED = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
    do guard loss 40t
    > place 2.stop#1 sell 2 stop 19990
    < new 2.stop#1
    < ack 2.stop#1
    x time 2
"""
