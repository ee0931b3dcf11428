"""Where the broker's truth is not ours, it is written down, typed, and told."""

GAP = """
    do place buy 2
    > place 1#1 buy 2 market
    < ack 1#1
    < fill 1#1 2 @ 20000
    x hand sell 1 @ 20000
    x forget
    < stream up gap
    > ask fills
    > ask open
    > ask orders
    > ask positions
    < shown
"""


def test_a_position_that_differs_is_a_typed_record_and_an_incident(play):
    stage = play(GAP)
    (found,) = stage.manager.view.differences
    assert (found.what, found.instrument, found.tag) == ("position_differs", "MNQ", "")
    assert (found.ours, found.theirs) == ("2", "1")
    assert [i.text for i in stage.manager.view.incidents] == [str(found)]
    assert str(found) == "MNQ: we knew 2, the broker says 1"
