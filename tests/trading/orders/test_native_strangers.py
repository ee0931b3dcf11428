"""What the broker's children closed while nobody told of them is given back when they are known."""

import pytest
from msgspec import structs

ASKS_ALL = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
BRACKET = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market attached -40 80
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
"""
TARGET_FILLED = """
    x child 1.target#1 sell 2 limit 20020
    x drop
    x fill 1.target#1 2 @ 20020
    x drop
"""
ASKED = """
    wait 0.51
    > ask fills
    > ask open
    < shown                     -- a fill of an order that nobody knows: other hands, it seems
    = position 0
"""


@pytest.fixture
def lossy_native(native):
    return structs.replace(native, lossless_stream=False)


def test_whose_a_strangers_fill_is_is_asked_while_a_child_may_be_untold(play, lossy_native):
    """(explorer, native, hostile 204)"""
    play(
        BRACKET
        + TARGET_FILLED
        + ASKED
        + ASKS_ALL
        + """
        < shown                 -- it is the bracket's own target
        = position 0
        = working
        wait 4.9
        = waiting
        wait 0.2"""
        + ASKS_ALL,
        offers=lossy_native,
    )


TOO_MUCH = """
    wait 0.51
    > ask fills
    > ask open
    < shown
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
    x child 1.target#2 sell 2 limit 20020
    x drop
    x fill 1.target#2 2 @ 20020
    x drop
    x fill 1.target#1 2 @ 20020
    x drop
    wait 5
    > ask fills
    > ask open
    < shown
    = position -2
    > cancel 1.stop#1
"""


def test_what_a_child_closed_too_much_is_given_back_once_it_is_known_whose_it_was(
    play, lossy_native
):
    """The legs are the manager's by then, and the bracket is over."""
    play(
        BRACKET
        + TOO_MUCH
        + ASKS_ALL
        + """
        < shown
        < canceled 1.stop#1
        > place 1.exit#1 buy 2 market
        < ack 1.stop#1
        < fill 1.exit#1 2 @ 20020
        < ack 1.exit#1
        = position 0
        = incidents native_replaced overfill
        """,
        offers=lossy_native,
    )


@pytest.mark.parametrize(
    "fill",
    ["buy 1 @ 20000", "sell 1 @ 20000"],
    ids=["of the entry's side", "while no child is lacking"],
)
def test_no_more_is_asked_where_it_cannot_be_a_childs(play, lossy_native, fill):
    buys = fill.startswith("buy")
    children = """
        < child 1.stop#1 sell 2 stop 19990
        < child 1.target#1 sell 2 limit 20020
    """
    play(
        BRACKET
        + children * (not buys)
        + f"""
        x hand {fill}
        wait {0.51 if buys else 5}
        > ask fills
        > ask open
        < shown
        """
        + (
            "> place 1.stop#1 sell 2 stop 19990\n> place 1.target#1 sell 2 limit 20020"
            if buys
            else "> ask fills\n< shown"  # before what it closed is taken off
        ),
        offers=lossy_native,
    )


ONE_AFTER_THE_OTHER = (
    BRACKET
    + "x snapshot orders"
    + TARGET_FILLED
    + ASKED
    + ASKS_ALL
    + """
    = incidents position_cut
    < shown                     -- an answer that does not show the order yet
    do bracket sell 1 loss 40t target 80t
    > place 2.entry#1 sell 1 market attached 40 -80
    < new 2.entry#1
    < ack 2.entry#1
    < fill 2.entry#1 1 @ 20000
    x child 2.target#1 buy 1 limit 19980
    x drop
    x fill 2.target#1 1 @ 19980
    x drop
"""
    + ASKED
    + ASKS_ALL
    + """
    = incidents position_cut position_cut
    < shown                     -- they are the brackets' own, one of each side
    = position 0
    = working
"""
)


def test_each_bracket_has_back_what_its_own_target_closed(play, lossy_native):
    """One gave back what the other missed, and both sent orders (explorer, native, hostile 46)."""
    play(ONE_AFTER_THE_OTHER, offers=lossy_native)


def test_children_that_a_look_shows_before_the_entrys_id_is_known_are_taken_in(play, lossy_native):
    """They were forgotten, and an answer too old to show them had others sent beside them."""
    play(
        """
        do place buy 1 limit 19000
        > place 1#1 buy 1 limit 19000
        < new 1#1
        < ack 1#1
        do bracket buy 2 loss 40t target 80t
        > place 2.entry#1 buy 2 market attached -40 80
        x new 2.entry#1
        x drop
        x child 2.stop#1 sell 2 stop 19990
        x drop
        x child 2.target#1 sell 2 limit 20020
        x drop
        x fill 2.entry#1 2 @ 20000
        x drop
        wait 5
        > ask fills
        > ask open
        < shown
        = position 2
        = working 1#1 2.stop#1 2.target#1
        wait 0.6
        """,
        offers=lossy_native,
    )
