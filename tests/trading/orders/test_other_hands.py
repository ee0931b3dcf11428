"""What other hands do to a bracket's contracts: a plain order, a stranger, a flatten."""

import pytest
from held_with_a_stop import HELD as LONG_2

from dryfill.sim.loop.run import run_virtual

SCRIPTS = {
    "a plain order of the trader's closes a part: the legs follow": f"""
        {LONG_2}
        do place sell 1
        > place 2#1 sell 1 market
        < new 2#1
        < ack 2#1
        < fill 2#1 1 @ 20001
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        = incidents position_cut
        = position 1
        < ack 1.stop#1
        < ack 1.target#1
        = bare
    """,
    "a plain order that turns the position over: the legs go, and what is beyond is nobody's": f"""
        {LONG_2}
        do place sell 3
        > place 2#1 sell 3 market
        < new 2#1
        < ack 2#1
        < fill 2#1 3 @ 20001
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        = position -1
        = working
        = incidents position_cut
        do guard loss 40t
        > place 3.stop#1 buy 1 stop 20011
    """,
    "what was cut is not opened again by a later order on the same side": f"""
        {LONG_2}
        do place sell 2
        > place 2#1 sell 2 market
        < new 2#1
        < ack 2#1
        < fill 2#1 2 @ 20001
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        do place buy 2
        > place 3#1 buy 2 market
        < new 3#1
        < ack 3#1
        < fill 3#1 2 @ 20002
        = position 2
        = working
    """,
    "the oldest bracket loses first": f"""
        {LONG_2}
        do bracket buy 1 loss 40t
        > place 2.entry#1 buy 1 market
        < new 2.entry#1
        < ack 2.entry#1
        < fill 2.entry#1 1 @ 20000
        > place 2.stop#1 sell 1 stop 19990
        < new 2.stop#1
        < ack 2.stop#1
        do place sell 1
        > place 3#1 sell 1 market
        < new 3#1
        < ack 3#1
        < fill 3#1 1 @ 20001
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
    """,
    "the stop was faster than what follows: the flip is undone, once": f"""
        {LONG_2}
        do place sell 1
        > place 2#1 sell 1 market
        < new 2#1
        < ack 2#1
        x fill 2#1 1 @ 19995
        x fill 1.stop#1 2 @ 19990
        < told
        > modify 1.stop#1 order_qty 1
        > modify 1.target#1 order_qty 1
        < told
        = incidents position_cut overfill
        < refuse 1.stop#1 TOO_LATE
        < ack 1.target#1
        > cancel 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 buy 1 market
        < ack 1.target#1
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19991
        = position 0
        = incidents position_cut overfill
        = working
    """,
    "a fill that is told after a flatten was through is given back, once": f"""
        {LONG_2}
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        x fill 1.stop#1 1 @ 19990
        x canceled 1.stop#1
        < ack 1.stop#1
        < told
        < told
        > place 2.exit#1 sell 1 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 19990
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = position 0
        = incidents
    """,
    "what a bracket that was through closes too much is its own, and cuts no other": f"""
        {LONG_2}
        < fill 1.target#1 2 @ 20020
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        do bracket buy 2 loss 40t
        > place 2.entry#1 buy 2 market
        < new 2.entry#1
        < ack 2.entry#1
        < fill 2.entry#1 1 @ 20000
        > place 2.stop#1 sell 1 stop 19990
        < new 2.stop#1
        < ack 2.stop#1
        < fill 2.entry#1 1 @ 20000
        > modify 2.stop#1 order_qty 2
        < ack 2.stop#1
        < fill 1.stop#1 1 @ 19990
        > place 1.exit#1 buy 1 market
        = incidents overfill
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19991
        = position 2
        = incidents overfill
    """,
    "what a group closed too much, and the trader gave back, is nobody's any more": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.oco1#1 sell 3 limit 20010
        > place 2.oco2#1 sell 3 stop 19990
        < new 2.oco1#1
        < ack 2.oco1#1
        < new 2.oco2#1
        < ack 2.oco2#1
        < fill 2.oco1#1 3 @ 20010
        > cancel 2.oco2#1
        < canceled 2.oco2#1
        < ack 2.oco2#1
        do place buy 1
        > place 3#1 buy 1 market
        < new 3#1
        < ack 3#1
        < fill 3#1 1 @ 20010
        = position 0
        do bracket sell 3 loss 40t
        > place 4.entry#1 sell 3 market
        < new 4.entry#1
        < ack 4.entry#1
        < fill 4.entry#1 3 @ 20000
        > place 4.stop#1 buy 3 stop 20010
        = incidents
    """,
    "what a group opened that is through stays its own": """
        do oco buy 1 limit 19990 | buy 1 limit 19980
        > place 1.oco1#1 buy 1 limit 19990
        > place 1.oco2#1 buy 1 limit 19980
        < new 1.oco1#1
        < ack 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 19990
        > cancel 1.oco2#1
        < canceled 1.oco2#1
        < ack 1.oco2#1
        do place buy 1
        > place 2#1 buy 1 market
        < new 2#1
        < ack 2#1
        < fill 2#1 1 @ 20000
        do bracket sell 2 loss 40t
        > place 3.entry#1 sell 2 market
        < new 3.entry#1
        < ack 3.entry#1
        < fill 3.entry#1 2 @ 20000
        > place 3.stop#1 buy 1 stop 20010
        = position 0
        = incidents position_cut
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_of_other_hands(name, play):
    play(SCRIPTS[name])


def test_a_strangers_fill_that_was_the_stop_counts_once(play):
    """The stop's id is not known yet when its fill is told, without a tag."""
    play(
        """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < ack 1.entry#1
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        x new 1.stop#1
        x fill 1.stop#1 1 @ 19990
        < told
        < told
        = position 1
        < ack 1.stop#1
        = position 1
        = status 1.stop#1 PARTIALLY_FILLED
        = bare
        """,
        tagged=False,
    )


def test_a_strangers_fill_that_was_anothers_stop_gives_back_to_whom_it_was_taken_from(play):
    """Though that one was through by then, and nobody had looked at it any more."""
    play(
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < ack 1.entry#1
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.stop#1
        < new 1.stop#1
        do bracket buy 1 loss 40t
        > place 2.entry#1 buy 1 market
        < ack 2.entry#1
        < new 2.entry#1
        < fill 2.entry#1 1 @ 20000
        > place 2.stop#1 sell 1 stop 19990
        x new 2.stop#1
        x fill 2.stop#1 1 @ 19990
        < told
        < told
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        do place buy 1
        > place 3#1 buy 1 market
        < ack 3#1
        < new 3#1
        < fill 3#1 1 @ 20000
        = working 2.stop#1
        < ack 2.stop#1
        > place 1.stop#2 sell 1 stop 19990
        """,
        tagged=False,
    )


def test_brackets_that_a_flatten_closed_are_not_looked_at_for_ever(stage_kind, mnq):
    """Each fill looked at all of them, and in pairs: after 200 a stop came 8 ms later."""

    async def main():
        stage = stage_kind()
        resting = []
        for n in range(1, 7, 2):
            await stage.play(
                f"""
                do bracket buy 1 loss 40t
                > place {n}.entry#1 buy 1 market
                < ack {n}.entry#1
                < new {n}.entry#1
                < fill {n}.entry#1 1 @ 20000
                > place {n}.stop#1 sell 1 stop 19990
                < ack {n}.stop#1
                < new {n}.stop#1
                do flatten
                > cancel {n}.stop#1
                < canceled {n}.stop#1
                > place {n + 1}.exit#1 sell 1 market
                < ack {n}.stop#1
                < ack {n + 1}.exit#1
                < new {n + 1}.exit#1
                < fill {n + 1}.exit#1 1 @ 20000
                """
            )
            owners = stage.manager._owners
            resting.append((len(owners.late(mnq)), len(owners.stirring(mnq))))
        assert resting == [(1, 0), (2, 0), (3, 0)]

    run_virtual(main(), origin_ns=0)


SWEPT = f"""
    {LONG_2}
    x hand sell 2 @ 19980
    < canceled 1.stop#1
    > ask fills
    > ask open
    < canceled 1.target#1
    < shown
    = position 0
    = working
    = incidents stop_canceled target_canceled position_cut locked
    do place buy 1
    = refused RefusedByUs
"""


def test_rs_20_what_somebody_closed_and_swept_is_not_opened_again(play):
    """No new stop goes out, and no entry, until the trader says so."""
    play(SWEPT + "do release\ndo place buy 1\n> place 2#1 buy 1 market")


def test_what_the_traders_own_order_closed_locks_nothing(play):
    """The venue took the legs away, and an opposite order of the trader's closed what they guarded:
    nobody else traded."""
    play(
        f"""
        {LONG_2}
        do place sell 2
        > place 2#1 sell 2 market
        < canceled 1.stop#1
        > ask fills
        > ask open
        < canceled 1.target#1
        < fill 2#1 2 @ 19980
        < shown
        = position 0
        = incidents stop_canceled target_canceled position_cut
        do place buy 1
        > place 3#1 buy 1 market
        """
    )


def test_a_lock_lets_what_closes_pass(play):
    others = """
        x hand buy 1 @ 19980
        < stream up gap
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        = position 1
        do place sell 1
        > place 2#1 sell 1 market
    """
    play(SWEPT + others)
