"""What an incident is about: the order, or else the intent, of whoever had it."""

from position_acts import GUARDED, HELD

REFUSED = """
    do exit all
    > place 2.exit#1 sell 3 market
    < refuse 2.exit#1 NONE
"""
TURNED_OVER = """
    x rests web-1 sell 1 20000
    x fill web-1 1 @ 20000
    x fill 2.stop#1 3 @ 19990
    < told
    > modify 2.stop#1 order_qty 2
    > modify 2.target#1 order_qty 2
    < told
    < refuse 2.stop#1 TOO_LATE
    < ack 2.target#1
    > cancel 2.target#1
"""


def about(stage):
    return [(each.kind, each.intent, each.tag) for each in stage.manager.view.incidents]


def test_an_incident_of_an_order_names_the_order_and_its_intent(play):
    stage = play(HELD + REFUSED)
    assert about(stage) == [("exit_rejected", "2", "2.exit#1")]
    (incident,) = stage.manager.view.incidents
    assert incident.text == "order 2.exit#1 (sell 3 MNQ market) rejected: no: NONE"


def test_an_incident_of_an_owner_names_its_intent(play):
    assert about(play(GUARDED + TURNED_OVER)) == [("overfill", "2", "")]
