"""What a flatten waits for while nobody knows what became of an order (decision 0013)."""

import pytest

SCRIPTS = {
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
