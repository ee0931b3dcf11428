"""Rules on a bracket's stop and entry: break-even, trail, time-out."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

HELD = """
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
"""
TRAIL = "do bracket buy 2 loss 40t follow 8t" + HELD
EVEN = "do bracket buy 2 loss 40t even 12t plus 2t" + HELD
TIMED = """
    do bracket buy 3 limit 20000 loss 40t timeout 60
    > place 1.entry#1 buy 3 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    do protect 1
"""

SCRIPTS = {
    "break-even: one tick too few changes nothing, then the stop goes there once": EVEN
    + """
        do price 20002.75
        do price 20003
        > modify 1.stop#1 stop_px 20000.5
        < ack 1.stop#1
        do price 20030
        do price 20000.5                 -- at the stop, and not beyond it
        wait 60
        = timers 0
        = incidents
    """,
    "break-even counts from the mean entry and rounds it towards safety": """
        do bracket buy 4 loss 40t even 8t
        > place 1.entry#1 buy 4 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        < fill 1.entry#1 1 @ 20000.25
        < new 1.stop#1
        > modify 1.stop#1 order_qty 4 stop_px 19990.25
        < late ack 1.stop#1
        < ack 1.stop#1
        do price 20002                   -- the mean is 20000.0625
        do price 20002.25
        > modify 1.stop#1 stop_px 20000.25
    """,
    "a short trails down": """
        do bracket sell 2 loss 40t follow 8t
        > place 1.entry#1 sell 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 buy 2 stop 20010
        < new 1.stop#1
        < ack 1.stop#1
        do price 20008.25
        do price 20008
        do price 20007.75
        > modify 1.stop#1 stop_px 20009.75
    """,
    "prices from before the first fill count for nothing": """
        do bracket buy 1 limit 20000 loss 40t follow 8t
        > place 1.entry#1 buy 1 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        do price 20050
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do price 19995
        > modify 1.stop#1 stop_px 19993
    """,
    "RS-26: one move in flight; what is due when it returns goes next": TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        do price 20002
        do price 20003
        do price 20002
        wait 0.75
        < ack 1.stop#1
        > modify 1.stop#1 stop_px 20001
        do price 20004
        wait 0.5
        < ack 1.stop#1
        > modify 1.stop#1 stop_px 20002
        < ack 1.stop#1
        wait 0.5
        = timers 0
    """,
    "RS-26: however fast the answers are, a stop moves twice a second at most": TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        < ack 1.stop#1
        do price 20002
        wait 0.25
        do price 20003
        wait 0.25
        > modify 1.stop#1 stop_px 20001
        < ack 1.stop#1
        wait 0.5
        = timers 0
    """,
    "a stop that trails still covers: the outcome does not wait for it": TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        do protect 1
        = got protect 1 -> protected(2)
    """,
    "a partly filled stop goes on as the size that is held, where it was brought": TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        < ack 1.stop#1
        wait 0.5
        < canceled 1.stop#1
        > ask fills
        > ask open
        < shown
        > place 1.stop#2 sell 2 stop 19999
    """,
    "RS-06: the market passed the stop that was on its way; the position is closed": TRAIL
    + """
        do price 20010
        > modify 1.stop#1 stop_px 20008
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 2 market
        < ack 1.stop#1
        < new 1.exit#1
        < fill 1.exit#1 2 @ 20005
        < ack 1.exit#1
        = position 0
        = incidents stop_change_refused
        = timers 0
    """,
    "a move that is refused for ever leaves the old stop and never closes": TRAIL
    + """
        do price 20010
        > modify 1.stop#1 stop_px 20008
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.25
        > modify 1.stop#1 stop_px 20008
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 0.5
        > modify 1.stop#1 stop_px 20008
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        wait 1
        > modify 1.stop#1 stop_px 20008
        < ack 1.stop#1
        = working 1.stop#1
        = timers 0
    """,
    "RS-25: a move without an answer is looked up, and the newest goes once": TRAIL
    + """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        do price 20003
        x replaced 1.stop#1 stop_px 19999
        < lost 1.stop#1
        > look 1.stop#1
        wait 0.5
        < found 1.stop#1
        > modify 1.stop#1 stop_px 20001
        < told
        < ack 1.stop#1
        wait 0.5
        = timers 0
    """,
    "the target fills while the stop trails": """
        do bracket buy 2 loss 40t target 80t follow 8t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < new 1.stop#1
        < ack 1.stop#1
        < new 1.target#1
        < ack 1.target#1
        do price 20020
        > modify 1.stop#1 stop_px 20018
        < fill 1.target#1 1 @ 20020
        < ack 1.stop#1
        > modify 1.stop#1 order_qty 1
        < fill 1.target#1 1 @ 20020
        < ack 1.stop#1
        > cancel 1.stop#1
        do price 20030
        < canceled 1.stop#1
        < ack 1.stop#1
        = position 0
        = timers 0
    """,
    "RS-01: the entry's time-out meets a partial fill": TIMED
    + """
        wait 59.9
        x fill 1.entry#1 1 @ 20000
        wait 0.05
        < told
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        wait 0.05
        > cancel 1.entry#1
        x fill 1.entry#1 1 @ 20000
        x canceled 1.entry#1
        < ack 1.stop#1
        < ack 1.entry#1
        wait 0.2
        < told
        > modify 1.stop#1 order_qty 2
        < told
        < ack 1.stop#1
        = got protect 1 -> partial(2): not filled within 60 s
        = position 2
        = timers 0
    """,
    "an entry that nobody fills is gone at its time-out": TIMED
    + """
        wait 60
        > cancel 1.entry#1
        < canceled 1.entry#1
        < ack 1.entry#1
        = got protect 1 -> flat(0): not filled within 60 s
        = working
        = timers 0
    """,
    "an entry filled while its time-out's cancel was on its way is whole": TIMED
    + """
        wait 60
        > cancel 1.entry#1
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        < refuse 1.entry#1 TOO_LATE
        < new 1.stop#1
        < ack 1.stop#1
        = got protect 1 -> protected(3)
        = timers 0
    """,
    "an entry that was filled in time has no time-out": TIMED
    + """
        wait 59
        < fill 1.entry#1 3 @ 20000
        > place 1.stop#1 sell 3 stop 19990
        < new 1.stop#1
        = timers 0
        < ack 1.stop#1
        wait 60
        = got protect 1 -> protected(3)
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_rule_does_as_the_script_says(name, play):
    play(SCRIPTS[name])


def test_a_close_leaves_no_rule_behind(play):
    def then(stage):
        assert stage.brackets["1"].stop.core.wish.stop_px == 19_990

    play(TRAIL + "do close\ndo price 20010\n", then=then)
    moved = """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        do close
        = timers 0
        wait 60
    """
    play(TRAIL + moved)


def test_follow_s_is_the_least_time_between_two_moves(play):
    moves = """
        do price 20001
        > modify 1.stop#1 stop_px 19999
        < ack 1.stop#1
        do price 20002
        wait {}
        > modify 1.stop#1 stop_px 20000
        < ack 1.stop#1
    """
    play(TRAIL + moves.format(2), OrderSettings(follow_s=2.0))
    with pytest.raises(AssertionError, match="nothing was sent"):
        play(TRAIL + moves.format(1.9), OrderSettings(follow_s=2.0))
