"""The trader moves a bracket's legs: checked before it is sent, and taken back when refused."""

import pytest

from dryfill.trading.errors import UsageError

HELD = """
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target1#1 sell 1 limit 20010
    > place 1.target2#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target1#1
    < ack 1.target1#1
    < new 1.target2#1
    < ack 1.target2#1
"""
TWO = "do bracket buy 2 loss 40t target 40t,80t" + HELD
TRAIL = "do bracket buy 2 loss 40t target 40t,80t follow 8t" + HELD
TRAILED = (
    TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        < ack 1.stop#1
        wait 0.5
    """
)

SCRIPTS = {
    "a stop and a target move, and who moved them waits for the broker": TWO
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        = waiting move 1 stop
        < ack 1.stop#1
        = got move 1 stop -> None
        do move 1 2 20015
        > modify 1.target2#1 price 20015
        < ack 1.target2#1
        = got move 1 2 -> None
    """,
    "distances count from the mean entry; below zero they lie beyond it": TWO
    + """
        do move 1 stop -4t
        > modify 1.stop#1 stop_px 20001
        < ack 1.stop#1
        do move 1 1 36t
        > modify 1.target1#1 price 20009
        < ack 1.target1#1
    """,
    "nothing moves away from the market by accident": TWO
    + """
        do move 1 stop 19989.75
        = got move 1 stop -> UsageError
        do move 1 1 20010.25
        = got move 1 1 -> UsageError
        do move 1 stop 19989.75 loosen
        > modify 1.stop#1 stop_px 19989.75
        < ack 1.stop#1
        do move 1 1 20010.25 loosen
        > modify 1.target1#1 price 20010.25
        < ack 1.target1#1
    """,
    "legs may not cross": TWO
    + """
        do move 1 stop 20010
        = got move 1 stop -> UsageError
        do move 1 2 20010
        = got move 1 2 -> UsageError
        do move 1 2 20010.25
        > modify 1.target2#1 price 20010.25
        < ack 1.target2#1
        do move 1 stop 20009.75
        > modify 1.stop#1 stop_px 20009.75
    """,
    "a target may not cross the stop where its rules brought it": TRAILED
    + """
        do price 20003
        > modify 1.stop#1 stop_px 20001
        < ack 1.stop#1
        do move 1 1 20001
        = got move 1 1 -> UsageError
        do move 1 1 20001.25
        > modify 1.target1#1 price 20001.25
        < ack 1.target1#1
        wait 0.5
        = timers 0
    """,
    "before the first fill the entry counts, and only the plan changes": """
        do bracket buy 2 limit 20000 loss 40t
        > place 1.entry#1 buy 2 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do move 1 stop 20000
        = got move 1 stop -> UsageError
        do move 1 stop 80t
        = got move 1 stop -> None
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19980
    """,
    "a plan changed before the first fill has nothing to do with a later refusal": """
        do bracket buy 3 limit 20000 loss 40t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do move 1 stop 80t
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19980
        < fill 1.entry#1 2 @ 20000
        < new 1.stop#1
        > modify 1.stop#1 order_qty 3
        < late ack 1.stop#1
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 order_qty 3
        = incidents stop_change_refused
    """,
    "off the grid, no such target, taken away, over": TWO
    + """
        do move 1 stop 19990.1
        = got move 1 stop -> OffGrid
        do move 1 3 20015
        = got move 1 3 -> UsageError
        do cancel 1.target1#1
        > cancel 1.target1#1
        < canceled 1.target1#1
        < ack 1.target1#1
        do move 1 1 20009
        = got move 1 1 -> RefusedByUs
        < triggered 1.stop#1
        < fill 1.stop#1 2 @ 19990
        > cancel 1.target2#1
        < canceled 1.target2#1
        < ack 1.target2#1
        do move 1 stop 19999
        = got move 1 stop -> RefusedByUs
    """,
    "a move that the broker refuses is told, and all is as it was": TRAILED
    + """
        do move 1 stop 20005
        > modify 1.stop#1 stop_px 20005
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        x replaced 1.stop#1 stop_px 19999
        < found 1.stop#1
        < told
        = got move 1 stop -> Refused
        do price 20002
        > modify 1.stop#1 stop_px 20000
        < ack 1.stop#1
        wait 0.5
        = incidents
        = timers 0
    """,
    "the second of two moves is refused: the first stays": TWO
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        do move 1 stop 19999
        < replaced 1.stop#1 stop_px 19995
        > modify 1.stop#1 stop_px 19999
        < late ack 1.stop#1
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 60
        < fill 1.target1#1 1 @ 20010
        > modify 1.stop#1 order_qty 1
    """,
    "a move is waited for though the size follows a fill meanwhile, and its refusal is told": TWO
    + """
        do move 1 stop 20005
        > modify 1.stop#1 stop_px 20005
        < fill 1.target1#1 1 @ 20010
        = waiting move 1 stop
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        = waiting move 1 stop
        < found 1.stop#1
        > modify 1.stop#1 order_qty 1 stop_px 20005
        = waiting move 1 stop
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        = got move 1 stop -> Refused
        > modify 1.stop#1 order_qty 1
    """,
    "a move of which the size follows a fill meanwhile is done when both are": TWO
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < fill 1.target1#1 1 @ 20010
        < ack 1.stop#1
        > modify 1.stop#1 order_qty 1
        = waiting move 1 stop
        < ack 1.stop#1
        = got move 1 stop -> None
    """,
    "a fill that a look shows as a move is refused does not hide that": TWO
    + """
        do move 1 stop 20005
        > modify 1.stop#1 stop_px 20005
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < fill 1.target1#1 1 @ 20010
        = waiting move 1 stop
        < found 1.stop#1
        > modify 1.stop#1 order_qty 1 stop_px 20005
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        = got move 1 stop -> Refused
        > modify 1.stop#1 order_qty 1
    """,
    "between two attempts a move waits for the next one": TWO
    + """
        < canceled 1.stop#1
        > ask fills
        > ask open
        do move 1 stop 19995
        > place 1.stop#2 sell 2 stop 19995
        = waiting move 1 stop
        < ack 1.stop#2
        = got move 1 stop -> None
        < shown
    """,
    "the stop of what is closed cannot be moved, though it is still there": TWO
    + """
        < fill 1.target1#1 1 @ 20010
        > modify 1.stop#1 order_qty 1
        < ack 1.stop#1
        < fill 1.target2#1 1 @ 20020
        > cancel 1.stop#1
        do move 1 stop 19995
        = got move 1 stop -> RefusedByUs
    """,
    "what is closed while its stop is moved ends the wait": TWO
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < fill 1.target1#1 1 @ 20010
        < fill 1.target2#1 1 @ 20020
        = got move 1 stop -> None
        < ack 1.stop#1
        > cancel 1.stop#1
    """,
    "a change is waited for though the size follows a fill meanwhile, and its refusal is told": TWO
    + """
        do modify 1.stop#1 stop 20005
        > modify 1.stop#1 stop_px 20005
        < fill 1.target1#1 1 @ 20010
        = waiting modify 1.stop#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        > modify 1.stop#1 order_qty 1 stop_px 20005
        = waiting modify 1.stop#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        = got modify 1.stop#1 -> Refused
        > modify 1.stop#1 order_qty 1
    """,
    "protection that fails as the stop is moved is told": TWO
    + """
        < canceled 1.stop#1
        > ask fills
        > ask open
        do move 1 stop 20005
        > place 1.stop#2 sell 2 stop 20005
        < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
        > cancel 1.target1#1
        > cancel 1.target2#1
        = got move 1 stop -> Refused
        < shown
    """,
    "a stop moved nearer by hand goes on with its rules": TRAILED
    + """
        do move 1 stop 19999.75
        > modify 1.stop#1 stop_px 19999.75
        < ack 1.stop#1
        do price 20001.5
        do price 20003
        > modify 1.stop#1 stop_px 20001
        < ack 1.stop#1
    """,
    "a stop moved back is the trader's own": TRAILED
    + """
        do move 1 stop 19998 loosen
        > modify 1.stop#1 stop_px 19998
        < ack 1.stop#1
        do price 20009
        wait 60
        = timers 0
    """,
    "a stop moved back by a plain change is the trader's own too": TRAILED
    + """
        do modify 1.stop#1 stop 19998
        > modify 1.stop#1 stop_px 19998
        < ack 1.stop#1
        = got modify 1.stop#1 -> None
        do price 20009
        wait 60
        = timers 0
    """,
    "moved back and refused: the rules go on": TRAILED
    + """
        do move 1 stop 19998 loosen
        > modify 1.stop#1 stop_px 19998
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        x replaced 1.stop#1 stop_px 19999
        < found 1.stop#1
        < told
        = got move 1 stop -> Refused
        do price 20003
        > modify 1.stop#1 stop_px 20001
    """,
    "after a move of the trader's, a refusal of the rules' own still counts": TRAILED
    + """
        do move 1 stop 20000
        > modify 1.stop#1 stop_px 20000
        do price 20005
        < ack 1.stop#1
        > modify 1.stop#1 stop_px 20003
        < ack 1.stop#1
        wait 0.5
        do price 20009
        > modify 1.stop#1 stop_px 20007
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        x replaced 1.stop#1 stop_px 20003
        < found 1.stop#1
        > cancel 1.stop#1
        > cancel 1.target1#1
        > cancel 1.target2#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_move_does_as_the_script_says(name, play):
    play(SCRIPTS[name])


@pytest.mark.parametrize("nth", [0, 3, -1])
def test_a_target_that_there_is_not_is_refused_by_number_and_nothing_is_sent(nth, play):
    stage = play(f"{TWO}do move 1 {nth} 20015\n")
    (error,) = (t.exception() for name, t in stage.tasks.items() if name.startswith("move"))
    assert isinstance(error, UsageError)
    assert str(error) == f"bracket 1 has no target {nth}; targets: 2"


@pytest.mark.parametrize(
    ("nth", "tag", "level"), [(1, "1.target1#1", "20009"), (2, "1.target2#1", "20019")]
)
def test_targets_are_counted_from_the_nearest(nth, tag, level, play):
    play(f"{TWO}do move 1 {nth} {level}\n> modify {tag} price {level}")


@pytest.mark.parametrize(
    ("leg", "level", "says"),
    [("move_target", "20012", "target1 20012 is further"), ("move_stop", "19980", "stop 19980 is")],
)
def test_the_nearest_target_is_meant_and_no_leg_moves_away_unless_that_is_said(
    leg, level, says, play
):
    def moves(stage):
        with pytest.raises(UsageError, match=says):
            getattr(stage.brackets["1"], leg)(level).send(None)

    play(TWO, then=moves)
