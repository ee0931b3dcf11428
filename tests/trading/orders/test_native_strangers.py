"""What the broker's children closed while nobody told of them is given back when they are known."""

from msgspec import structs

ONE_AFTER_THE_OTHER = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market attached -40 80
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    x child 1.target#1 sell 2 limit 20020
    x drop
    x fill 1.target#1 2 @ 20020
    x drop
    wait 0.51
    > ask fills
    > ask open
    < shown                     -- a fill of an order that nobody knows: other hands
    = position 0
    = incidents position_cut
    do bracket sell 1 loss 40t target 80t
    > place 2.entry#1 sell 1 market attached 40 -80
    < new 2.entry#1
    < ack 2.entry#1
    < fill 2.entry#1 1 @ 20000
    x child 2.target#1 buy 1 limit 19980
    x drop
    x fill 2.target#1 1 @ 19980
    x drop
    wait 0.51
    > ask fills
    > ask open
    < shown
    = position 0
    = incidents position_cut position_cut
    < stream up gap
    > ask fills
    > ask open
    > ask orders
    > ask positions
    < shown                     -- they are the brackets' own, one of each side
    = position 0
    = working
"""


def test_each_bracket_has_back_what_its_own_target_closed(play, native):
    """One gave back what the other missed, and both sent orders (explorer, native, hostile 46)."""
    play(ONE_AFTER_THE_OTHER, offers=structs.replace(native, lossless_stream=False))
