"""A sibling that will not go: said after a while, the broker asked, and tried on until it is."""

import re

import pytest

from dryfill.trading.orders.settings import OrderSettings

# A cancel is made again long before it is unresolved; here it would only be in the way.
PATIENT = OrderSettings(cancel_again_s=60.0, told_within_s=14.0)

PAIR = """
    do oco buy 2 limit 19990 | buy 2 stop 20010
    > place 1.oco1#1 buy 2 limit 19990
    > place 1.oco2#1 buy 2 stop 20010
    < new 1.oco1#1
    < ack 1.oco1#1
    < new 1.oco2#1
    < ack 1.oco2#1
    do group 1
    < fill 1.oco1#1 2 @ 19990
    > cancel 1.oco2#1
"""
ASKED = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
SCRIPTS = {
    "a cancel that is not answered: said after a while, asked, and tried on": PAIR
    + """
        wait 1.99
        = incidents
        = waiting group 1
        wait 0.01
    """
    + ASKED
    + """
        = phase 1 unresolved
        = incidents oco_unresolved
        = got group 1 -> 1.oco1#1 filled(2), 1.oco2#1 pending cancel(0), unresolved
        < shown
        wait 12
        = incidents oco_unresolved
        wait 1
        > look 1.oco2#1                 -- 15 s: nobody knows what became of the cancel
        < found 1.oco2#1
        > cancel 1.oco2#1
        < canceled 1.oco2#1
        < ack 1.oco2#1
        = phase 1 done
        = stands 1 1.oco1#1 filled(2), 1.oco2#1 canceled(0)
        = timers 0
    """,
    "what the questions show is taken in: the sibling is gone long since": PAIR
    + """
        wait 2
    """
    + ASKED
    + """
        x canceled 1.oco2#1
        x drop
        < shown
        = phase 1 done
        = timers 0
    """,
    "what the questions show is taken in: the sibling was filled": PAIR
    + """
        wait 2
    """
    + ASKED
    + """
        x fill 1.oco2#1 2 @ 20010
        x drop
        < shown
        > place 1.exit#1 sell 2 market
        = incidents oco_unresolved overfill
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 2 @ 20010
        = position 2
        < refuse 1.oco2#1 TOO_LATE
        = phase 1 done
    """,
    "asked again until all questions were answered once": PAIR
    + """
        wait 2
    """
    + ASKED
    + """
        wait 5
        wait 1
        > ask fills                     -- one first, since nobody answered
        < shown
        > ask open
        > ask orders
        > ask positions
        < shown
        wait 3
        < canceled 1.oco2#1
        < ack 1.oco2#1
        wait 60
        = timers 0
    """,
    "an excess that is known is given back although another order will not go": """
        do oco buy 2 limit 19990 | buy 2 limit 19980 | buy 2 stop 20010
        > place 1.oco1#1 buy 2 limit 19990
        > place 1.oco2#1 buy 2 limit 19980
        > place 1.oco3#1 buy 2 stop 20010
        < new 1.oco1#1
        < ack 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco2#1
        < new 1.oco3#1
        < ack 1.oco3#1
        x fill 1.oco1#1 2 @ 19990
        x fill 1.oco2#1 2 @ 19980
        < told
        > cancel 1.oco2#1
        > cancel 1.oco3#1
        < told
        < refuse 1.oco2#1 TOO_LATE
        = phase 1 overfilled
        wait 2
    """
    + ASKED
    + """
        > place 1.exit#1 sell 2 market
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 2 @ 19980
        = incidents overfill oco_unresolved
        = phase 1 unresolved
        < shown
        < canceled 1.oco3#1
        < ack 1.oco3#1
        = phase 1 done
        = position 2
    """,
    "a shrinking that is not answered is unresolved as well": """
        do oco buy 2 limit 19990 | buy 2 stop 20010
        > place 1.oco1#1 buy 2 limit 19990
        > place 1.oco2#1 buy 2 stop 20010
        < new 1.oco1#1
        < ack 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 19990
        > modify 1.oco2#1 order_qty 1
        wait 2
    """
    + ASKED
    + """
        = phase 1 unresolved
        < shown
        < ack 1.oco2#1
        = phase 1 working
        = incidents oco_unresolved
    """,
    "confirmed in time: no incident, and the next one has its own time": PAIR.replace(
        "2 @", "1 @"
    ).replace("cancel 1.oco2#1", "modify 1.oco2#1 order_qty 1")
    + """
        wait 1.9
        < ack 1.oco2#1
        < fill 1.oco1#1 1 @ 19990
        > cancel 1.oco2#1
        wait 1.9
        < canceled 1.oco2#1
        < ack 1.oco2#1
        = incidents
        = timers 0
    """,
    "the market has ended: what cannot be cancelled is said, and nothing hangs": PAIR
    + """
        do last_call
        do close
        = timers 0
        = incidents left_undone
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_sibling_that_will_not_go_does_as_the_script_says(name, play):
    play(SCRIPTS[name], PATIENT)


def test_two_hundred_groups_in_doubt_ask_once(stage_kind, play):
    """One round of questions tells of all."""
    pairs = "".join(
        PAIR.replace("1.oco", f"{n}.oco").replace("group 1", f"group {n}") for n in (1, 2, 3)
    )
    play(
        pairs + "wait 2" + ASKED + "= incidents oco_unresolved oco_unresolved oco_unresolved",
        PATIENT,
    )


def test_a_wait_for_a_group_may_have_an_end_of_its_own(play):
    script = PAIR.replace("do group 1", "do group 1 1.5") + "wait 1.5\n"
    play(script + "= got group 1 -> 1.oco1#1 filled(2), 1.oco2#1 pending cancel(0)", PATIENT)


def test_entries_are_not_held_up_while_the_broker_is_asked(play):
    play(
        PAIR + "wait 2" + ASKED + "do place buy 1 limit 19000\n> place 2#1 buy 1 limit 19000",
        PATIENT,
    )


def test_an_order_that_had_not_left_yet_is_gone_at_once_and_nothing_is_left(play):
    script = """
        do oco buy 2 limit 19990 | buy 2 stop 20010
        > place 1.oco1#1 buy 2 limit 19990
        > place 1.oco2#1 buy 2 stop 20010
        < new 1.oco1#1
        < ack 1.oco1#1
        < limited 1.oco2#1 5
        < fill 1.oco1#1 2 @ 19990
        = phase 1 done
        = stands 1 1.oco1#1 filled(2), 1.oco2#2 canceled(0)
        = working
        = timers 0
    """
    stage = play(script, OrderSettings(entry_tries=3, cancel_again_s=14.0))
    assert not stage.manager._owners.all()


FIRST = """
    do oto buy 3 limit 20000 | sell 3 limit 20010 | sell 3 stop 19990
    > place 1.first#1 buy 3 limit 20000
    < new 1.first#1
    < ack 1.first#1
    < fill 1.first#1 1 @ 20000
    > place 1.leg1#1 sell 1 limit 20010
    > place 1.leg2#1 sell 1 stop 19990
    < new 1.leg1#1
    < ack 1.leg1#1
    < new 1.leg2#1
    < ack 1.leg2#1
    do end 1
    > cancel 1.first#1
    > cancel 1.leg1#1
    > cancel 1.leg2#1
    < canceled 1.leg1#1
    < ack 1.leg1#1
    wait 2
"""
BEHIND = {
    "the sibling of one that was filled": (PAIR + "wait 2" + ASKED, {"1.oco2#1"}),
    "one that should be smaller, and not the one that is as it should be": (
        PAIR.partition("< fill")[0]
        + "< fill 1.oco1#1 1 @ 19990\n> modify 1.oco2#1 order_qty 1\nwait 2"
        + ASKED,
        {"1.oco2#1"},
    ),
    "the first order, and a stop that follows it": (FIRST + ASKED, {"1.first#1", "1.leg2#1"}),
}


@pytest.mark.parametrize("case", BEHIND)
def test_whoever_reads_the_incident_learns_which_orders_are_not_gone(case, play):
    script, tags = BEHIND[case]
    stage = play(script, PATIENT)
    (incident,) = (i for i in stage.manager.view.incidents if i.kind == "oco_unresolved")
    named = incident.text.partition("still not gone or smaller: ")[2]
    assert set(re.findall(r"<order (\S+) ", named)) == tags
