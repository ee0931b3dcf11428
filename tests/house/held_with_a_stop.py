"""Scripts of what is held with a stop, and of that stop being asked for once prices passed it."""

HELD = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""
ASKED = """
    do price 19989.75
    wait 1
    > look 1.stop#1
"""
