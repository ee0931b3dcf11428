"""A stop that the market has traded through, and of which nobody tells: asked for, then closed
once.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

from decimal import Decimal

import pytest
from held_with_a_stop import ASKED, HELD
from msgspec import structs
from position_acts import GUARDED
from scripted_broker import MNQ, NATIVE, OFFERS

SHORT = """
    do bracket sell 2 loss 40t
    > place 1.entry#1 sell 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 buy 2 stop 20010
    < new 1.stop#1
    < ack 1.stop#1
"""
GIVEN_UP = (
    HELD
    + ASKED
    + """
    < found 1.stop#1
    = incidents stop_traded_through
    > cancel 1.stop#1
    > cancel 1.target#1
"""
)

SCRIPTS = {
    "it is taken away, and only then what it was for is closed, once": GIVEN_UP
    + """
        < canceled 1.target#1
        < ack 1.target#1
        wait 0.5
        < canceled 1.stop#1
        > place 1.exit#1 sell 2 market
        < ack 1.stop#1
        < new 1.exit#1
        < ack 1.exit#1
        do price 19980
        < fill 1.exit#1 2 @ 19980
        = position 0
        wait 70
        = working
        = timers 0
        = incidents stop_traded_through
    """,
    "a short's stop is passed from below": SHORT
    + """
        do price 20010                  -- at the stop: this trade may be the one
        wait 2
        do price 20010.25
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 buy 2 market
        < ack 1.stop#1
    """,
    "the broker had filled it: nothing is closed": HELD
    + ASKED
    + """
        x fill 1.stop#1 2 @ 19989.75
        < found 1.stop#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        < told
        = position 0
        = working
        = incidents
    """,
    "it fills while it is taken away: nothing is closed": GIVEN_UP
    + """
        < canceled 1.target#1
        < ack 1.target#1
        < refuse 1.stop#1 TOO_LATE
        > look 1.stop#1
        < fill 1.stop#1 2 @ 19985
        = position 0
        = working
        = incidents stop_traded_through
    """,
    "it fills in part while it is taken away: the rest is closed": GIVEN_UP
    + """
        < fill 1.stop#1 1 @ 19985
        < canceled 1.target#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < ack 1.stop#1
    """,
    "a cancel that nobody answers closes nothing: it is known to be out, or it is not": GIVEN_UP
    + """
        < canceled 1.target#1
        < ack 1.target#1
        wait 1
        > cancel 1.stop#1
        < lost 1.stop#1
        > look 1.stop#1
        x canceled 1.stop#1
        < found 1.stop#1
        > place 1.exit#1 sell 2 market
    """,
    "the event that was late comes before the time is up": HELD
    + """
        do price 19989.75
        wait 0.75
        < fill 1.stop#1 2 @ 19990
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        wait 70
        = timers 0
        = incidents
    """,
    "a market that comes back has not passed it; its time begins anew": HELD
    + """
        do price 19989.75
        wait 0.75
        do price 19990
        wait 5
        do price 19989.75
        wait 0.75
        do price 19989.5
        wait 0.25
        > look 1.stop#1
    """,
    "a market that comes back while the broker is asked has not, either": HELD
    + ASKED
    + """
        do price 19995
        < found 1.stop#1
        wait 5
        = incidents
    """,
    "where nobody answers nothing is done, and the answer decides": HELD
    + ASKED
    + """
        < lost 1.stop#1
        wait 0.25
        > look 1.stop#1
        = incidents
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target#1
        = incidents stop_traded_through
    """,
    "what was asked before says nothing: it is asked for again": HELD
    + """
        do price 19989.75
        wait 0.5
        do move 1 stop 44t loosen
        > modify 1.stop#1 stop_px 19989
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        wait 0.5
        < found 1.stop#1
        wait 1
        > look 1.stop#1
    """,
    "a stop that was moved away waits for a price beyond its new level": HELD
    + """
        do price 19989.75
        wait 0.5
        do move 1 stop 44t loosen
        > modify 1.stop#1 stop_px 19989
        < replaced 1.stop#1 stop_px 19989
        < ack 1.stop#1
        wait 5
        do price 19989
        wait 5
        do price 19988.75
        wait 1
        > look 1.stop#1
    """,
    "a stop that was set off is timed by what it rests for, not by this": HELD
    + """
        < triggered 1.stop#1
        do price 19985
        wait 1.5
        > look 1.stop#1                 -- it may have been filled and nobody told
        = incidents
    """,
    "of two stops the one that was passed": HELD
    + """
        do bracket buy 1 loss 60t
        > place 2.entry#1 buy 1 market
        < new 2.entry#1
        < ack 2.entry#1
        < fill 2.entry#1 1 @ 20000
        > place 2.stop#1 sell 1 stop 19985
        < new 2.stop#1
        < ack 2.stop#1
        do price 19986
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.target#1
        < ack 1.target#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 2 market
        < ack 1.stop#1
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 2 @ 19986
        wait 5
        = working 2.stop#1
        = position 1
    """,
    "an entry's stop is told of, and is left as it is": """
        do place buy 1 stop 20010
        > place 1#1 buy 1 stop 20010
        < new 1#1
        < ack 1#1
        do price 20011
        wait 1
        > look 1#1
        < found 1#1
        = incidents stop_traded_through
        do price 20012
        wait 5                          -- it was said
        = incidents stop_traded_through
        do modify 1#1 stop 20020
        > modify 1#1 stop_px 20020
        < replaced 1#1 stop_px 20020
        < ack 1#1
        do price 20021
        wait 1
        > look 1#1
        < found 1#1
        = incidents stop_traded_through stop_traded_through
    """,
    "a guard's": GUARDED
    + """
        do price 19989.75
        wait 1
        > look 2.stop#1
        < found 2.stop#1
        = incidents stop_traded_through
        > cancel 2.stop#1
        > cancel 2.target#1
        < canceled 2.target#1
        < ack 2.target#1
        < canceled 2.stop#1
        > place 2.exit#1 sell 3 market
        < ack 2.stop#1
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 3 @ 19989
        = position 0
        = incidents stop_traded_through
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_stop_that_is_traded_through_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])


def test_a_child_of_the_brokers_is_a_stop_like_others(play):
    play(
        """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market attached -40
        < ack 1.entry#1
        < child 1.stop#1 sell 2 stop
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        do price 19985                  -- the child is suspended, and waits for nothing yet
        do price 20000
        < new 1.stop#1 stop_px 19990
        do price 19989.75
        wait 1
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        = incidents stop_traded_through
        < canceled 1.stop#1
        > place 1.exit#1 sell 2 market
        < ack 1.stop#1
        """,
        offers=NATIVE,
    )


def test_a_broker_whose_stops_are_sure_is_not_watched(play):
    play(HELD + "do price 19000\nwait 70\n= timers 0\n= incidents", offers=sure(OFFERS))


def sure(offers):
    return structs.replace(offers, sure_stops=True)


def test_one_owner_that_fails_at_a_price_leaves_the_others_going(play, monkeypatch):
    """Its position goes under a fallback, and the other's stop follows the market."""

    def fail(stage):
        first = stage.brackets["1"]
        monkeypatch.setattr(first, "on_price", lambda price: 1 / 0)

    two = "".join(
        f"""
        do bracket buy 1 loss 40t follow 40t
        > place {n}.entry#1 buy 1 market
        < new {n}.entry#1
        < ack {n}.entry#1
        < fill {n}.entry#1 1 @ 20000
        > place {n}.stop#1 sell 1 stop 19990
        < new {n}.stop#1
        < ack {n}.stop#1
        """
        for n in (1, 2)
    )
    found = []

    def then(stage):
        fail(stage)
        px = MNQ.units(Decimal("20001"))
        stage.manager.on_price(MNQ, px, px)
        found.extend(incident.kind for incident in stage.manager.view.incidents)
        found.extend(stage.broker.sent)
        stage.broker.sent.clear()

    play(two + "do price 20000", then=then)
    assert found == ["fault", "fallback", "modify 2.stop#1 stop_px 19991"]
