"""Brackets over a restart: kept by the broker, with a stop in doubt, with a timed entry."""

import pytest


def misses(tag, *pauses):
    """An order that is looked up after each pause, and not there."""
    return "".join(f"wait {pause}\n> look {tag}\n< none {tag}\n" for pause in pauses)


BARE = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
"""
HEDGED = (
    BARE
    + """
    wait 0.99
    wait 0.01
    > place 1.stop#2 sell 2 stop 19990
"""
)
TIMED = """
    do bracket buy 2 limit 20000 loss 40t timeout 60
    > place 1.entry#1 buy 2 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    wait 5
"""
SCRIPTS = {
    "of a stop in doubt and its substitute that both arrived one goes": HEDGED
    + """
        x new 1.stop#1
        x new 1.stop#2
        {again}
        < shown
        > cancel 1.stop#2
        < ack 1.stop#2
        < canceled 1.stop#2
        = working 1.stop#1
        = position 2
        = timers 0
    """,
    "where the stop in doubt never arrived, its substitute is the stop": HEDGED
    + """
        x never 1.stop#1
        x new 1.stop#2
        {again}
        < shown
        > look 1.stop#1
        < none 1.stop#1
    """
    + misses("1.stop#1", 0.25, 0.5, 1, 1, 1, 1, 1, 1)
    + """
        wait 0.25
        = working 1.stop#2
        = position 2
    """,
    "a stop in doubt when the process died gets its substitute in the next life": BARE
    + """
        x never 1.stop#1
        {again}
        < shown
        > look 1.stop#1
        < none 1.stop#1
    """
    + misses("1.stop#1", 0.25, 0.5)
    + """
        wait 0.25
        > place 1.stop#2 sell 2 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        = working 1.stop#1 1.stop#2
    """,
    "an entry's time goes on by the broker's clock": TIMED
    + """
        x time 41
        x rests web-1 sell 1 20010
        {again}
        < shown
        wait 19.9
        wait 0.2
        > cancel 1.entry#1
    """,
    "an entry whose time passed while nobody lived is cancelled at once": TIMED
    + """
        x time 100
        x rests web-1 sell 1 20010
        {again}
        < shown
        wait 0.01
        > cancel 1.entry#1
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_after_a_restart_a_bracket_goes_as_the_script_says(relive, script):
    relive(script)


NATIVE = {
    "children that ours took the place of are taken away, and ours stay": """
        do bracket buy 2 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 2 limit 20000 attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < child 1.stop#1 sell 2 stop
        < child 1.target#1 sell 2 limit
        < fill 1.entry#1 2 @ 20000
        wait 0.49
        wait 0.02
        > ask fills
        > ask open
        < shown
        > cancel 1.stop#1
        > cancel 1.target#1
        > place 1.stop#2 sell 2 stop 19990
        > place 1.target#2 sell 2 limit 20020
        < ack 1.stop#2
        < new 1.stop#2
        < ack 1.target#2
        < new 1.target#2
        {again}
        < shown
        > cancel 1.stop#1
        > cancel 1.target#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < canceled 1.target#1
        < ack 1.target#1
        = working 1.stop#2 1.target#2
        wait 5
        = incidents
    """,
    "children at work go on": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        < child 1.stop#1 sell 1 stop 19990
        < child 1.target#1 sell 1 limit 20020
        {again}
        < shown
        wait 5
        = working 1.stop#1 1.target#1
        = differences
        = incidents
        do cancel 1.target#1
        > cancel 1.target#1
    """,
    "children that nobody wrote down are taken in": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        x fill 1.entry#1 1 @ 20000
        x child 1.stop#1 sell 1 stop 19990
        x child 1.target#1 sell 1 limit 20020
        {again}
        < shown
        wait 5
        = working 1.stop#1 1.target#1
        = position 1
        = differences filled_unheard order_found order_found
    """,
    "a child that was filled while nobody lived is the end of it": """
        do bracket buy 1 loss 40t target 80t
        > place 1.entry#1 buy 1 market attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        x fill 1.entry#1 1 @ 20000
        x child 1.stop#1 sell 1 stop 19990
        x child 1.target#1 sell 1 limit 20020
        x fill 1.target#1 1 @ 20020
        x canceled 1.stop#1
        {again}
        < shown
        = position 0
        = working
        = fills 1.target#1 1
    """,
}


@pytest.mark.parametrize("script", NATIVE.values(), ids=NATIVE.keys())
def test_after_a_restart_a_bracket_that_the_broker_keeps_goes_on(relive, native, script):
    relive(script, offers=native)


def test_a_child_of_the_brokers_is_asked_for_by_its_id_in_the_next_life_too(relive, native):
    """Its tag is known here alone, and the broker never heard it."""
    known = {}

    def look(stage):
        for tag in ("1.entry#1", "1.stop#1"):
            known[tag] = stage.order(tag).core.adopted

    relive(NATIVE["children at work go on"], offers=native, then=look)
    assert known == {"1.entry#1": False, "1.stop#1": True}


def test_a_market_that_opens_while_the_broker_is_asked_has_nothing_sent_before_that(relive):
    """Explorer, swarm 8 with crashes: the order was looked up at once, and the restart's answer was
    taken for that look-up's, after which a cancel went twice."""
    relive(
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        x new 1#1
        {again}
        < status OPEN
        < shown
        = recovered true
        = working 1#1
        """
    )
