"""Several targets: each has its share of what was filled, and the stop covers what is held."""

import pytest

THREE = """
    do bracket buy 3 loss 40t target 20t,40t,80t
    > place 1.entry#1 buy 3 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 3 @ 20000
    > place 1.stop#1 sell 3 stop 19990
    > place 1.target1#1 sell 1 limit 20005
    > place 1.target2#1 sell 1 limit 20010
    > place 1.target3#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target1#1
    < ack 1.target1#1
    < new 1.target2#1
    < ack 1.target2#1
    < new 1.target3#1
    < ack 1.target3#1
"""

SCRIPTS = {
    "the nearest target gets the first contracts": """
        do bracket buy 5 loss 40t target 2:20t,3:40t
        > place 1.entry#1 buy 5 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target1#1 sell 1 limit 20005
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target1#1
        < ack 1.target1#1
        < fill 1.entry#1 2 @ 20000
        > modify 1.stop#1 order_qty 3
        > modify 1.target1#1 order_qty 2
        > place 1.target2#1 sell 1 limit 20010
        < ack 1.stop#1
        < ack 1.target1#1
        < fill 1.entry#1 2 @ 20000
        > modify 1.stop#1 order_qty 5
        < new 1.target2#1
        > modify 1.target2#1 order_qty 3
        < late ack 1.target2#1
    """,
    "what is left over goes to the nearest": """
        do bracket sell 5 loss 40t target 20t,40t,80t
        > place 1.entry#1 sell 5 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 5 @ 20000
        > place 1.stop#1 buy 5 stop 20010
        > place 1.target1#1 buy 2 limit 19995
        > place 1.target2#1 buy 2 limit 19990
        > place 1.target3#1 buy 1 limit 19980
    """,
    "one target after the other fills and the stop shrinks with them": THREE
    + """
        < fill 1.target1#1 1 @ 20005
        > modify 1.stop#1 order_qty 2
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.target2#1 1 @ 20010
        > modify 1.stop#1 order_qty 1
        < ack 1.stop#1
        < fill 1.target3#1 1 @ 20020
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = position 0
        = working
        = timers 0
        = incidents
    """,
    "the stop fills in part and the furthest targets give way": THREE
    + """
        < triggered 1.stop#1
        < fill 1.stop#1 2 @ 19990
        > cancel 1.target2#1
        > cancel 1.target3#1
        < canceled 1.target2#1
        < canceled 1.target3#1
        < fill 1.stop#1 1 @ 19990
        > cancel 1.target1#1
        < canceled 1.target1#1
        < ack 1.target1#1
        < ack 1.target2#1
        < ack 1.target3#1
        = position 0
        = working
        = timers 0
    """,
    "RS-13: stop and a target fill in one race; the excess is bought back once": THREE
    + """
        x fill 1.target1#1 1 @ 20005
        x triggered 1.stop#1
        x fill 1.stop#1 3 @ 19990
        < told
        > modify 1.stop#1 order_qty 2
        < told
        < told
        > cancel 1.target2#1
        > cancel 1.target3#1
        < canceled 1.target2#1
        < canceled 1.target3#1
        > place 1.exit#1 buy 1 market
        < ack 1.target2#1
        < ack 1.target3#1
        < refuse 1.stop#1 TOO_LATE
        < new 1.exit#1
        < fill 1.exit#1 1 @ 19990
        < ack 1.exit#1
        = position 0
        = incidents overfill
        = timers 0
    """,
    "a target that is refused leaves stop and other targets alone": """
        do bracket buy 2 loss 40t target 20t,40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target1#1 sell 1 limit 20005
        > place 1.target2#1 sell 1 limit 20010
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target2#1
        < ack 1.target2#1
        < refuse 1.target1#1 NONE
        wait 0.25
        > place 1.target1#2 sell 1 limit 20005
        < new 1.target1#2
        < ack 1.target1#2
        = working 1.stop#1 1.target2#1 1.target1#2
        = incidents target_rejected
        = timers 0
    """,
    "a target that the trader takes away stays away; the stop covers all": THREE
    + """
        do cancel 1.target1#1
        > cancel 1.target1#1
        < canceled 1.target1#1
        < ack 1.target1#1
        wait 60
        = working 1.stop#1 1.target2#1 1.target3#1
        do protect 1
        = got protect 1 -> protected(3)
    """,
    "an entry that the trader makes larger gives the last target more": """
        do bracket buy 2 limit 20000 loss 40t target 20t,40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do modify 1.entry#1 qty 4
        > modify 1.entry#1 order_qty 4
        < ack 1.entry#1
        < fill 1.entry#1 4 @ 20000
        > place 1.stop#1 sell 4 stop 19990
        > place 1.target1#1 sell 1 limit 20005
        > place 1.target2#1 sell 3 limit 20010
    """,
    "a stop that may not shrink would sell too much; after its tries all is closed": THREE
    + """
        < fill 1.target1#1 1 @ 20005
        > modify 1.stop#1 order_qty 2
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 2
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.5
        > modify 1.stop#1 order_qty 2
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target2#1
        > cancel 1.target3#1
    """,
    "a flatten takes every target along": THREE
    + """
        do flatten
        > cancel 1.target1#1
        > cancel 1.target2#1
        > cancel 1.target3#1
        < canceled 1.target1#1
        < canceled 1.target2#1
        < canceled 1.target3#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 3 market
        < ack 1.stop#1
        < ack 1.target1#1
        < ack 1.target2#1
        < ack 1.target3#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_several_targets_do_as_the_script_says(name, play):
    play(SCRIPTS[name])


def test_the_target_of_a_bracket_is_the_nearest_that_works(play):
    def then(stage):
        bracket = stage.brackets["1"]
        assert bracket.target.cl_ord_id == "1.target2#1"
        assert [o.cl_ord_id for o in bracket.targets] == [f"1.target{n}#1" for n in (1, 2, 3)]

    filled = "< fill 1.target1#1 1 @ 20005\n> modify 1.stop#1 order_qty 2\n"
    play(THREE + filled, then=then)


def test_the_target_of_a_bracket_is_the_nearest_that_works_or_the_last(play):
    script, told = THREE, []
    steps = (
        "",
        "< fill 1.target1#1 1 @ 20005\n> modify 1.stop#1 order_qty 2\n< ack 1.stop#1\n",
        "< fill 1.target2#1 1 @ 20010\n> modify 1.stop#1 order_qty 1\n< ack 1.stop#1\n",
        "< fill 1.target3#1 1 @ 20020\n> cancel 1.stop#1\n",
    )
    for step in steps:
        script += step
        play(script, then=lambda stage: told.append(stage.brackets["1"].target.cl_ord_id))
    assert told == ["1.target1#1", "1.target2#1", "1.target3#1", "1.target3#1"]
