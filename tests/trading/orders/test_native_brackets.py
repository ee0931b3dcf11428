"""Brackets whose stop and target the broker keeps, and keeps well.

In the scripts a child goes by the tag under which the manager knows it; the broker tells it under
its id alone.
"""

RESTING = """
    do bracket buy 2 limit 20000 loss 40t target 80t
    > place 1.entry#1 buy 2 limit 20000 attached -40 80
    < new 1.entry#1
    < ack 1.entry#1
    < child 1.stop#1 sell 2 stop
    < child 1.target#1 sell 2 limit
"""
FILLED = (
    RESTING
    + """
    do protect 1
    < fill 1.entry#1 2 @ 20000
    < new 1.stop#1 order_qty 2 stop_px 19990
    < new 1.target#1 order_qty 2 price 20020
"""
)


def test_children_that_come_are_the_brackets_legs_and_nothing_is_sent(play, native):
    play(
        FILLED + "= got protect 1 -> protected(2)\nwait 10\n= incidents \n"
        "= working 1.stop#1 1.target#1",
        offers=native,
    )


def test_a_suspended_stop_protects_nothing(play, native):
    play(
        RESTING + "do protect 1 5\n< fill 1.entry#1 2 @ 20000\n"
        "wait 0.4\n= waiting protect 1\n= status 1.stop#1 SUSPENDED",
        offers=native,
    )


def test_what_the_broker_does_to_its_children_is_not_undone(play, native):
    """The second fill makes them larger and moves them; the target's fill makes the stop smaller
    and its last one takes the stop away."""
    play(
        RESTING
        + """
        < fill 1.entry#1 1 @ 20000
        < new 1.stop#1 order_qty 1 stop_px 19990
        < new 1.target#1 order_qty 1 price 20020
        wait 1
        < fill 1.entry#1 1 @ 19999.50
        < replaced 1.stop#1 order_qty 2 stop_px 19989.75
        < replaced 1.target#1 order_qty 2 price 20019.75
        wait 1
        < fill 1.target#1 1 @ 20019.75
        < replaced 1.stop#1 order_qty 1
        wait 1
        < fill 1.target#1 1 @ 20019.75
        < canceled 1.stop#1
        wait 10
        = position 0
        = working
        = incidents
        """,
        offers=native,
    )


def test_with_an_entry_that_was_not_filled_the_children_go_and_nothing_is_sent(play, native):
    play(
        RESTING
        + """
        do protect 1
        do cancel 1.entry#1
        > cancel 1.entry#1
        < canceled 1.entry#1
        < canceled 1.stop#1
        < canceled 1.target#1
        < ack 1.entry#1
        wait 10
        = working
        = incidents
        = got protect 1 -> flat(0)
        """,
        offers=native,
    )


def test_children_that_are_told_before_the_entrys_id_is_known_wait_for_it(play, native):
    """No event names the entry before its answer does (RS-03)."""
    play(
        """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market attached -40 80
        < child 1.stop#1 sell 1 stop 19990
        < child 1.target#1 sell 1 limit 20020
        = working 1.entry#1
        < ack 1.entry#1
        = working 1.entry#1 1.stop#1 1.target#1
        < fill 1.entry#1 1 @ 20000
        wait 2
        = incidents
        """,
        offers=native,
        tagged=False,
    )


def test_a_stop_taken_away_before_the_targets_fill_is_told_needs_no_new_one(play, native):
    """The target is looked up at once, and says why (RS-17)."""
    play(
        FILLED
        + """
        x fill 1.target#1 2 @ 20020
        x canceled 1.stop#1
        x drop
        < told
        > look 1.target#1
        wait 0.05
        < found 1.target#1
        = position 0
        wait 10
        = working
        = incidents
        """,
        offers=native,
    )


def test_a_stop_that_was_taken_away_for_no_reason_is_replaced_in_time(play, native):
    play(
        FILLED
        + """
        < canceled 1.stop#1
        > look 1.target#1
        < found 1.target#1
        wait 0.51
        > ask fills
        > ask open
        < shown
        > place 1.stop#2 sell 2 stop 19990
        = incidents native_replaced
        """,
        offers=native,
    )


def test_a_child_that_the_broker_leaves_behind_is_cancelled(play, native):
    """The stop is filled, and the target works on: it could open a position."""
    play(
        FILLED
        + """
        < fill 1.stop#1 2 @ 19990
        wait 0.51
        > ask fills
        > ask open
        < shown
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        = working
        """,
        offers=native,
    )


def test_a_child_that_nobody_told_of_is_looked_for_when_its_entry_is_over(play, native):
    """The entry was cancelled, unfilled, and its children's events were lost."""
    play(
        """
        do bracket buy 1 limit 20000 loss 40t
        > place 1.entry#1 buy 1 limit 20000 attached -40
        < new 1.entry#1
        < ack 1.entry#1
        x child 1.stop#1 sell 1 stop 19990
        x drop
        do cancel 1.entry#1
        > cancel 1.entry#1
        < canceled 1.entry#1
        < ack 1.entry#1
        wait 0.51
        > ask fills
        > ask open
        < shown
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        wait 10
        = working
        """,
        offers=native,
    )
