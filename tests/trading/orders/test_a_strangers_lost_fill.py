"""A fill of other hands that the stream lost shows in the next one: the broker is asked at once."""

STRANGER_SELLS = """
    do place buy 1 limit 19900
    > place 1#1 buy 1 limit 19900
    < new 1#1
    < ack 1#1
    x rests web-1 sell 3 20000
    x fill web-1 2 @ 20000
    x drop
    < fill web-1 1 @ 20000
"""


def test_what_is_lacking_of_a_strangers_order_is_asked_for(play, lossy):
    play(
        STRANGER_SELLS
        + """
        = position -1
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        = position -3
        = incidents
        """,
        offers=lossy,
    )


def test_nothing_is_asked_where_nothing_is_lacking(play, lossy):
    play(
        """
        x rests web-1 sell 3 20000
        < fill web-1 2 @ 20000
        < fill web-1 1 @ 20000
        = position -3
        """,
        offers=lossy,
    )


def test_a_stream_that_loses_nothing_is_believed(play):
    """What is lacking was filled before we began."""
    play(STRANGER_SELLS + "= position -1")


ASKED = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""


def test_what_an_answer_is_too_old_to_show_is_asked_for_again(play, lossy):
    play(
        """
        do place buy 1 limit 19900
        > place 1#1 buy 1 limit 19900
        < new 1#1
        < ack 1#1
        x rests web-1 sell 3 20000
        x snapshot fills
        x fill web-1 2 @ 20000
        x drop
        < fill web-1 1 @ 20000
        """
        + ASKED
        + "< shown\n= position -1\nwait 1"
        + ASKED
        + "< shown\n= position -3\nwait 2.9",
        offers=lossy,
    )


def test_what_no_answer_shows_was_filled_before_us_and_is_asked_for_no_more(play, lossy):
    """Of the two contracts that are lacking nobody tells; five seconds later they are nobody's."""
    play(
        """
        do place buy 1 limit 19900
        > place 1#1 buy 1 limit 19900
        < new 1#1
        < ack 1#1
        x rests web-1 sell 3 20000
        x fill web-1 2 @ 20000
        x drop
        x forget
        < fill web-1 1 @ 20000
        """
        + ASKED
        + "< shown\n"
        + 4 * ("wait 1" + ASKED + "< shown\n")
        + "wait 1"
        + ASKED
        + "< shown\nwait 3\n",
        offers=lossy,
    )
