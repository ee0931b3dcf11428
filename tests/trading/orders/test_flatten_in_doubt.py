"""What a flatten waits for while nobody knows what became of an order (decision 0013)."""

import pytest

# Its target's fill is told when all is over; what it bought too much is to be sold again.
OVERFILLED = """
    do bracket sell 1 loss 40t target 80t
    > place 1.entry#1 sell 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 buy 1 stop 20010
    > place 1.target#1 buy 1 limit 19980
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
    < fill 1.stop#1 1 @ 20010
    > cancel 1.target#1
    < ack 1.target#1
    < canceled 1.target#1
"""
# A flatten waits for it, whatever becomes of it.
DOUBT = """
    do place {doubted} 1 limit {limit}
    > place 3#1 {doubted} 1 limit {limit}
    do flatten
    = waiting place 3#1 flatten
"""
SCRIPTS = {
    "what would make more of what is held is not given back": OVERFILLED
    + """
        do place sell 3
        > place 2#1 sell 3 market
        < new 2#1
        < ack 2#1
        < fill 2#1 3 @ 20000
    """
    + DOUBT.format(doubted="buy", limit=19000)
    + """
        < fill 1.target#1 1 @ 19980
        = position -2
        = incidents overfill
        < refuse 3#1 TOO_LATE
        > place 4.exit#1 buy 2 market
    """,
    "what makes less of it is": OVERFILLED
    + """
        do place buy 3
        > place 2#1 buy 3 market
        < new 2#1
        < ack 2#1
        < fill 2#1 3 @ 20000
    """
    + DOUBT.format(doubted="sell", limit=21000)
    + """
        < fill 1.target#1 1 @ 19980
        > place 1.exit#1 sell 1 market
        = position 4
        = incidents overfill
    """,
    "what could only add is not waited for where nothing protects what is held": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        do flatten
        > place 3.exit#1 sell 2 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = waiting place 2#1 flatten         -- for what becomes of the other one
        < new 2#1
        > cancel 2#1
        < fill 2#1 1 @ 19000
        > place 3.exit#2 sell 1 market
        < new 3.exit#2
        < ack 3.exit#2
        < fill 3.exit#2 1 @ 19000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
    "what could turn it over is waited for": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do place sell 1 limit 21000
        > place 2#1 sell 1 limit 21000
        do flatten
        wait 0.9
        < refuse 2#1 TOO_LATE
        > place 3.exit#1 sell 2 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
    "what could only add is waited for while a stop protects what is held": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        do flatten
        wait 0.9
        < refuse 2#1 TOO_LATE
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 3.exit#1 sell 2 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_flatten_beside_a_doubt_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])
