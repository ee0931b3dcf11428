"""Orphans are swept, foreign orders are left alone; flatten all, and the kill switch."""

import pytest

HELD = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
"""
SCRIPTS = {
    "INV-03: an order of ours that protects nothing goes within orphan_s": """
        do orphan 9.stop#1 19990
        > place 9.stop#1 sell 1 stop 19990
        < new 9.stop#1
        < ack 9.stop#1
        wait 0.99
        wait 0.01
        > cancel 9.stop#1
        < canceled 9.stop#1
        < ack 9.stop#1
        = incidents orphan
        = timers 0
    """,
    "INV-03: not while something is held": HELD
    + """
        do orphan 9.stop#1 19990
        > place 9.stop#1 sell 1 stop 19990
        < new 9.stop#1
        < ack 9.stop#1
        wait 60
        < fill 9.stop#1 1 @ 19990
        = position 1
        = timers 0
    """,
    "INV-03: nor while something may open": """
        do orphan 9.stop#1 19990
        > place 9.stop#1 sell 1 stop 19990
        do place buy 1 limit 19995
        > place 1#1 buy 1 limit 19995
        < new 9.stop#1
        < ack 9.stop#1
        < new 1#1
        < ack 1#1
        wait 60
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        wait 1
        > cancel 9.stop#1
    """,
    "a stop of the trader's own is an order like others": """
        do place sell 1 stop 19990
        > place 1#1 sell 1 stop 19990
        < new 1#1
        < ack 1#1
        wait 60
        = working 1#1
    """,
    "INV-21: flatten all leaves foreign orders alone": HELD
    + """
        x rests web-1 sell 1 20010
        do flatten_all
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
= got flatten_all -> {'MNQ': FlattenResult(ok=True, position=0, reason='now', confirmed=True)}
    """,
    "INV-21: unless told so; what they opened meanwhile is closed, too": HELD
    + """
        x rests web-1 sell 1 20010
        do flatten_all foreign
        > place 2.exit#1 sell 2 market
        > ask open
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
        = position 0
        < shown
        > cancel web-1
        < fill web-1 1 @ 20010
        = position -1
        < refuse web-1 TOO_LATE
        wait 0.25
        > ask open
        < shown
        > place 3.exit#1 buy 1 market
        = waiting flatten_all
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 20010
= got flatten_all -> {'MNQ': FlattenResult(ok=True, position=0, reason='now', confirmed=True)}
        = incidents foreign_cancel
        = timers 0
    """,
    "foreign orders: a question without an answer proves nothing": """
        x rests web-1 sell 1 20010
        do flatten_all foreign
        > ask open
        wait 5                          -- no answer
        wait 0.25
        > ask open
        < shown
        > cancel web-1
        x canceled web-1
        < ack web-1
        wait 0.5
        = waiting flatten_all
        > ask open
        < shown
        = got flatten_all -> {}
        = timers 0
    """,
    "foreign orders: whoever waits hears of the end, too": """
        x rests web-1 sell 1 20010
        do flatten_all foreign
        > ask open
        do close
        = got flatten_all -> {}
        < shown
        = timers 0
    """,
    "foreign orders: one that will not go is said": """
        x rests web-1 sell 1 20010
        do flatten_all foreign
        > ask open
        < shown
        > cancel web-1
        < refuse web-1 NONE
    """
    + "".join(
        f"wait {pause}\n> ask open\n< shown\n> cancel web-1\n< refuse web-1 NONE\n"
        for pause in (0.25, 0.5, *[1] * 7)
    )
    + """
        = got flatten_all -> {}
        = timers 0
    """,
    "the kill switch: flat, then nothing that opens until it is released": HELD
    + """
        do place sell 1 limit 20010
        > place 2#1 sell 1 limit 20010
        < new 2#1
        < ack 2#1
        do kill up
        > cancel 2#1
        < canceled 2#1
        > place 3.exit#1 sell 2 market
        < ack 2#1
        < new 3.exit#1
        < ack 3.exit#1
        do place buy 1
        = refused RefusedByUs
        < fill 3.exit#1 2 @ 20000
= got kill -> {'MNQ': FlattenResult(ok=True, position=0, reason='kill switch: up', confirmed=True)}
        do place buy 1
        = refused RefusedByUs
        do bracket buy 1 loss 40t
        = refused RefusedByUs
        do release
        do place buy 1
        > place 4#1 buy 1 market
    """,
    "the kill switch: what is filled late is closed, too": HELD
    + """
        do kill up
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
        x rests web-1 buy 1 19990
        < fill web-1 1 @ 19990
        > place 3.exit#1 sell 1 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 1 @ 19990
        = position 0
        do release
        x rests web-2 buy 1 19990
        < fill web-2 1 @ 19990
        = position 1
    """,
    "the kill switch: what only closes passes, with the others of its side": HELD
    + """
        do kill up
        > place 2.exit#1 sell 2 market
    """
    + "".join(
        f"< refuse 2.exit#{n} NONE\nwait 1\n" + (f"> place 2.exit#{n + 1} sell 2 market\n")
        for n in range(1, 20)
    )
    + """
        < refuse 2.exit#20 NONE
= got kill -> {'MNQ': FlattenResult(ok=False, position=2, reason='kill switch: up', confirmed=True)}
        do place sell 3
        = refused RefusedByUs
        do place sell 1 limit 20010
        > place 3#1 sell 1 limit 20010
        < new 3#1
        < ack 3#1
        do place sell 2
        = refused RefusedByUs
        do modify 3#1 limit 20011
        = got modify 3#1 -> RefusedByUs
        do cancel 3#1
        > cancel 3#1
        < canceled 3#1
        < ack 3#1
        do place sell 2
        > place 4#1 sell 2 market
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_is_swept_and_what_is_left(play, name):
    play(SCRIPTS[name])
