"""The stream goes down and comes back: what is asked then, and what may be sent meanwhile."""

import pytest

from dryfill.sim.loop.run import run_virtual

RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
ROUND = """
    > ask fills
    > ask open
"""
FULL = (
    ROUND
    + """
    > ask orders
    > ask positions
"""
)
GAP_SCRIPTS = {
    "RS-36: fills from a time without a stream are found when it is back": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        < stream down
        < stream down
        = incidents stream_down
        x fill 1.target#1 1 @ 20020
        x drop
        wait 0.5
        < stream up gap
    """
    + FULL
    + """
        do place buy 1 limit 20000
        = refused RefusedByUs
        < shown
        > cancel 1.stop#1
        = position 0
        = incidents stream_down
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
    """,
    "while the stream is down it is looked every second": RESTS
    + """
        < stream down
        x fill 1#1 1 @ 20000
        x drop
        wait 0.9
        wait 0.1
    """
    + ROUND
    + """
        < shown
        = position 1
        wait 1
    """
    + ROUND,
    "a stream that comes back without a word of a gap had one": RESTS
    + """
        < stream down
        < stream up
    """
    + FULL
    + """
        do bracket buy 1 loss 40t
        = refused RefusedByUs
        < shown
        = timers 0
    """,
    "a round from before the return is not the one that ends the gap": RESTS
    + """
        < stream down
        wait 1
    """
    + ROUND
    + """
        < lost open
        < stream up gap
        > ask fills
        > ask open
        > ask orders
        > ask positions
        do place buy 1 limit 20000
        = refused RefusedByUs
        < lost orders                   -- it has to be through
        do place buy 1 limit 20000
        = refused RefusedByUs
        wait 1.5                        -- the others have a quarter of a second more
    """
    + FULL
    + """
        < shown
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
    """,
    "a round from before the return does not end the one after it": RESTS
    + """
        < stream down
        wait 1
    """
    + ROUND
    + """
        wait 4.5
        < stream up gap
    """
    + FULL
    + """
        wait 1
        < shown
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
    """,
    "gaps that come faster than answers end no round, and one more follows it": RESTS
    + """
        < stream up gap
    """
    + FULL
    + """
        x fill 1#1 1 @ 20000
        x drop
        wait 0.5
        < stream up gap
        wait 0.5
        < stream up gap
        wait 0.5
        < shown                         -- what it shows is taken in
        = position 1
    """
    + FULL
    + """
        do place buy 1 limit 20000      -- and it was asked before the last gap
        = refused RefusedByUs
        wait 0.5
        < stream up gap
        < shown
    """
    + FULL
    + """
        < shown
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
    """,
    "a stream that goes down again ends no round": RESTS
    + """
        < stream down
        < stream up
    """
    + FULL
    + """
        x fill 1#1 1 @ 20000
        x drop
        wait 1
        < stream down
        wait 0.5
        < shown
        = position 1
        wait 1
    """
    + ROUND
    + """
        < stream up
    """
    + FULL
    + "< shown",
    "what reduces risk is sent after a gap": RESTS
    + """
        < fill 1#1 2 @ 20000
        < stream up gap
    """
    + FULL
    + """
        do place sell 3 limit 20010
        = refused RefusedByUs
        do place sell 2 limit 20010
        > place 2#1 sell 2 limit 20010
        do cancel 2#1
        < ack 2#1
        > cancel 2#1
        do flatten
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < canceled 2#1
        wait 1                          -- for the answers, and no longer
        > place 3.exit#1 sell 2 market
    """,
    "what the broker holds beyond what was told is an incident": RESTS
    + """
        < fill 1#1 2 @ 20000
        x time 100
        x hand sell 1 @ 20000
        x forget                        -- the fills do not show it
        < stream up gap
    """
    + FULL
    + """
        < shown
        = incidents position_differs
        = position 2
    """,
    "an order entered and over in the gap is told by what was entered since": RESTS
    + """
        do place buy 1 limit 19990
        > place 2#1 buy 1 limit 19990
        < ack 2#1
        x new 2#1
        x drop
        x canceled 2#1
        x drop
        < stream up gap
    """
    + FULL
    + """
        < shown
        = status 2#1 CANCELED
        = heard CANCELED 2#1
    """,
}


@pytest.mark.parametrize("name", GAP_SCRIPTS)
def test_after_a_gap_it_goes_as_the_script_says(name, play):
    play(GAP_SCRIPTS[name])


HELD = """
    do place buy 1
    > place 1#1 buy 1 market
    < new 1#1
    < ack 1#1
    < fill 1#1 1 @ 20000
"""
URGENCIES = {
    "nothing held": (RESTS + "wait 5\n" + ROUND, 0),
    "something held": (HELD + "wait 5\n" + ROUND, 1),
    "after a gap": (RESTS + "< stream up gap\n" + FULL, 1),
    "while the stream is down": (RESTS + "< stream down\nwait 1\n" + ROUND, 1),
}


@pytest.mark.parametrize("case", URGENCIES)
def test_who_may_have_something_to_protect_asks_with_risk_reducing_urgency(case, play, lossy):
    script, urgency = URGENCIES[case]
    assert play(script, offers=lossy).broker.urgency == urgency


def test_while_all_is_asked_for_nobody_asks_for_all_again(stage_kind):
    async def main():
        stage = stage_kind()
        await stage.play(RESTS + "< stream up gap\n" + FULL)
        stage.manager._watch.ask()
        stage.manager.close()
        stage.manager._watch.ask()
        assert not stage.broker.sent

    run_virtual(main(), origin_ns=0)
