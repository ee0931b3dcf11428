"""Brackets whose stop and target the broker keeps, and what the trader does to them.

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


def test_moves_break_even_and_trail_change_the_child(play, native):
    play(
        """
        do bracket buy 1 loss 40t target 80t even 20t
        > place 1.entry#1 buy 1 market attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        < child 1.stop#1 sell 1 stop 19990
        < child 1.target#1 sell 1 limit 20020
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < replaced 1.stop#1 stop_px 19995
        < ack 1.stop#1
        = got move 1 stop -> None
        do price 20005
        > modify 1.stop#1 stop_px 20000
        < ack 1.stop#1
        do move 1 1 20015
        > modify 1.target#1 price 20015
        < refuse 1.target#1 NONE
        > look 1.target#1
        < found 1.target#1
        = got move 1 1 -> Refused
        """,
        offers=native,
    )


def test_a_move_before_the_fill_is_made_when_the_child_works(play, native):
    play(
        RESTING
        + """
        do move 1 stop 30t
        = got move 1 stop -> None
        < fill 1.entry#1 2 @ 20000
        < new 1.stop#1 order_qty 2 stop_px 19990
        < new 1.target#1 order_qty 2 price 20020
        > modify 1.stop#1 stop_px 19992.5
        """,
        offers=native,
    )


def test_a_move_waits_until_somebody_tells_that_the_child_works(play, native):
    play(
        RESTING
        + """
        < fill 1.entry#1 2 @ 20000
        do move 1 stop 30t
        = waiting move 1 stop
        < new 1.target#1 order_qty 2 price 20020
        = waiting move 1 stop
        < new 1.stop#1 order_qty 2 stop_px 19990
        > modify 1.stop#1 stop_px 19992.5
        = waiting move 1 stop
        < ack 1.stop#1
        = got move 1 stop -> None
        """,
        offers=native,
    )


def test_a_leg_that_the_trader_takes_away_stays_away(play, native):
    play(
        FILLED
        + """
        do cancel 1.target#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        wait 10
        = working 1.stop#1
        = incidents
        """,
        offers=native,
    )


def test_absolute_levels_are_made_exact_where_the_fill_was_better(play, native):
    play(
        """
        do bracket buy 1 limit 20000 loss 19990 target 20020
        > place 1.entry#1 buy 1 limit 20000 attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 19999
        < child 1.stop#1 sell 1 stop 19989
        < child 1.target#1 sell 1 limit 20019
        > modify 1.stop#1 stop_px 19990
        > modify 1.target#1 price 20020
        """,
        offers=native,
    )


def test_a_flatten_takes_the_children_away_and_closes(play, native):
    play(
        FILLED
        + """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < ack 1.stop#1
        < fill 2.exit#1 2 @ 20000
        < ack 2.exit#1
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        """,
        offers=native,
    )


def test_a_flatten_looks_for_children_that_nobody_told_of_before_it_says_flat(play, native):
    """Left behind they would open a position later (RS-61)."""
    play(
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market attached -40
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        x child 1.stop#1 sell 1 stop 19990
        x drop
        do flatten
        > ask fills
        > ask open
        = waiting flatten
        < shown
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 1 market
        < ack 1.stop#1
        < fill 2.exit#1 1 @ 20000
        < ack 2.exit#1
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = working
        """,
        offers=native,
    )


def test_a_child_that_is_moved_has_the_size_that_the_broker_gives_it_meanwhile(play, native):
    """The move asks for no size, so that its answer tells of none (explorer, native, hostile
    299)."""
    play(
        RESTING
        + """
        < fill 1.entry#1 1 @ 20000
        < new 1.stop#1 order_qty 1 stop_px 19990
        < new 1.target#1 order_qty 1 price 20020
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        x fill 1.entry#1 1 @ 20000
        x drop
        < replaced 1.stop#1 order_qty 2 stop_px 19995
        < ack 1.stop#1
        x replaced 1.target#1 order_qty 2
        x drop
        wait 0.51                   -- the stop is for more than is held, as far as we know
        > ask fills
        > ask open
        < shown
        wait 1
        = position 2
        = working 1.stop#1 1.target#1
        = incidents
        """,
        offers=native,
    )
