"""Brackets whose stop and target the broker should keep, and does not: ours take their place.

In the scripts a child goes by the tag under which the manager knows it; the broker tells it under
its id alone.
"""

import pytest

from dryfill.trading.orders.settings import OrderSettings

ASKS = "> ask fills\n> ask open\n"
RESTING = """
    do bracket buy 2 limit 20000 loss 40t target 80t
    > place 1.entry#1 buy 2 limit 20000 attached -40 80
    < new 1.entry#1
    < ack 1.entry#1
    < child 1.stop#1 sell 2 stop
    < child 1.target#1 sell 2 limit
"""
MISSING = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market attached -40 80
    < new 1.entry#1
    < ack 1.entry#1
    do protect 1
    < fill 1.entry#1 2 @ 20000
    wait 0.49
    wait 0.02
"""
THEY_COME_UNHEARD = """
    x child 1.stop#1 sell 2 stop 19990
    x drop
    x child 1.target#1 sell 2 limit 20020
    x drop
"""
OURS = """
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    = incidents native_replaced
"""


def test_children_that_do_not_come_are_asked_for_and_then_sent_by_the_manager(play, native):
    play(MISSING + ASKS + "< shown" + OURS, offers=native)


@pytest.mark.parametrize("within_s", [0.2, 2.0])
def test_native_within_s_says_how_long_they_are_waited_for(play, native, within_s):
    filled = MISSING.partition("wait")[0]
    waits = f"wait {within_s - 0.01}\nwait 0.01\n"
    script = filled + waits + ASKS + waits + OURS
    play(script, OrderSettings(native_within_s=within_s), native)


def test_nobody_answering_does_not_keep_the_protection_away(play, native):
    play(MISSING + ASKS + "wait 0.47\nwait 0.03" + OURS, offers=native)


def test_a_child_that_a_look_finds_is_adopted_and_nothing_is_sent(play, native):
    """Its events were lost."""
    play(
        MISSING
        + ASKS
        + THEY_COME_UNHEARD
        + """
        < shown
        = working 1.stop#1 1.target#1
        = incidents
        = got protect 1 -> protected(2)
        """,
        offers=native,
    )


def test_what_an_answer_shows_by_then_is_known_before_ours_are_sent(play, native):
    """Another answer of the round takes its time (explorer, native, hostile 204)."""
    play(
        MISSING
        + ASKS
        + THEY_COME_UNHEARD
        + """
        wait 0.4
        < shown open
        wait 0.1
        = working 1.stop#1 1.target#1
        = incidents
        """,
        offers=native,
    )


def test_a_child_that_comes_after_ours_was_sent_is_taken_away(play, native):
    """Never two stops for longer than a cancel takes (RS-12)."""
    play(
        MISSING
        + ASKS
        + "< shown"
        + OURS
        + """
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        < child 1.stop#2 sell 2 stop 19990
        > cancel 1.stop#2
        < canceled 1.stop#2
        < ack 1.stop#2
        = working 1.stop#1 1.target#1
        """,
        offers=native,
    )


def test_a_child_that_stays_suspended_is_taken_away_and_ours_sent(play, native):
    """A broker that lets them work only when the entry is complete."""
    play(
        RESTING
        + """
        < fill 1.entry#1 1 @ 20000
        wait 0.51
        > ask fills
        > ask open
        < shown
        > cancel 1.stop#1
        > cancel 1.target#1
        > place 1.stop#2 sell 1 stop 19990
        > place 1.target#2 sell 1 limit 20020
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        = incidents native_replaced
        """,
        offers=native,
    )


def test_a_child_of_the_wrong_size_is_made_the_right_one(play, native):
    play(
        RESTING
        + """
        < fill 1.entry#1 2 @ 20000
        < new 1.stop#1 order_qty 1 stop_px 19990
        < new 1.target#1 order_qty 2 price 20020
        wait 0.51
        > ask fills
        > ask open
        < shown
        > modify 1.stop#1 order_qty 2
        < replaced 1.stop#1 order_qty 2
        < ack 1.stop#1
        wait 10
        = working 1.stop#1 1.target#1
        """,
        offers=native,
    )


def test_a_child_on_the_wrong_side_is_taken_away_at_once(play, native):
    play(
        """
        do bracket buy 2 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 2 limit 20000 attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < child 1.stray#1 buy 2 stop 20010
        > cancel 1.stray#1
        < child 1.target#1 sell 2 limit
        < canceled 1.stray#1
        < ack 1.stray#1
        < fill 1.entry#1 2 @ 20000
        < new 1.target#1 order_qty 2 price 20020
        wait 0.51
        > ask fills
        > ask open
        < shown
        > place 1.stop#1 sell 2 stop 19990
        """,
        offers=native,
    )


def test_a_target_that_nobody_asked_for_is_taken_away(play, native):
    play(
        """
        do bracket buy 1 limit 20000 loss 40t
        > place 1.entry#1 buy 1 limit 20000 attached -40
        < new 1.entry#1
        < ack 1.entry#1
        < child 1.stop#1 sell 1 stop
        < child 1.stray#1 sell 1 limit
        > cancel 1.stray#1
        """,
        offers=native,
    )


def test_a_stop_that_the_market_has_passed_closes_at_once(play, native):
    """The broker rejects the child when it is to work (RS-06)."""
    play(
        RESTING
        + """
        < fill 1.entry#1 2 @ 20000
        < rejected 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > cancel 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 2 market
        = incidents stop_rejected
        """,
        offers=native,
    )


def test_a_child_rejected_for_another_reason_is_sent_by_the_manager(play, native):
    play(
        RESTING
        + """
        < fill 1.entry#1 2 @ 20000
        < rejected 1.stop#1 NOT_SUPPORTED
        < new 1.target#1 order_qty 2 price 20020
        wait 0.3
        > place 1.stop#2 sell 2 stop 19990
        = incidents stop_rejected native_replaced
        """,
        offers=native,
    )


SEEN_AT_WORK = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market attached -40 80
    < stream down
    wait 1
    > ask fills
    > ask open
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    < child 1.stop#1 sell 2 stop
    < child 1.target#1 sell 2 limit
    < new 1.stop#1 order_qty 2 stop_px 19990
    x new 1.target#1 order_qty 2 price 20020
    x drop
    < shown                         -- asked before they came, and they are in it
"""


def test_a_child_that_an_older_question_shows_at_work_is_at_work(play, native):
    """It waited by the last word on it; none waits again (explorer, native, hostile 15)."""
    play(
        SEEN_AT_WORK
        + """
        do protect 1
        = got protect 1 -> protected(2)
        wait 0.9
        = incidents stream_down
        = working 1.stop#1 1.target#1
        """,
        offers=native,
    )
