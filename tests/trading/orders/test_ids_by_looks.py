"""A look may be the first to tell an order's id, and shows fills under that id alone."""

FULL = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""


def test_what_a_look_shows_of_an_order_and_its_fills_counts_once(play, lossy):
    """The answer to the order is late, and the stream lost all of it (hostile, all, wire 4)."""
    play(
        """
        do place buy 2
        > place 1#1 buy 2 market
        x new 1#1
        x drop
        x fill 1#1 2 @ 20000
        x drop
        < stream up gap
        """
        + FULL
        + "do flatten"
        + FULL
        + """
        < shown
        > place 2.exit#1 sell 2 market
        = position 2
        = fills 1#1 1
        < ack 1#1
        = position 2
        """,
        offers=lossy,
        tagged=False,
    )
