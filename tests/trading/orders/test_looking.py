"""Look, do not wait: what the stream did not tell is asked for, and never undoes what it told."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

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
LOSSY_SCRIPTS = {
    "RS-02: an order that was taken and of which nothing is told is looked up": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        x new 1.entry#1
        x drop
        x fill 1.entry#1 1 @ 20000
        x drop
        < ack 1.entry#1
        wait 0.9
        wait 0.1
        > look 1.entry#1
        < found 1.entry#1
        > place 1.stop#1 sell 1 stop 19990      -- protected by the look, not by the fill
        > ask fills
        > ask open
        = position 1
        = fills 1.entry#1 0
        < new 1.stop#1
        < ack 1.stop#1
        < shown
        = fills 1.entry#1 1
        = position 1
        = heard position 1
        = incidents
    """,
    "RS-37: a fill that the stream lost is found within T_look, exactly and once": RESTS
    + """
        x fill 1#1 1 @ 20000
        wait 4.9
        wait 0.1
    """
    + ROUND
    + """
        < shown
        = position 1
        = fills 1#1 1
        = status 1#1 PARTIALLY_FILLED
        < told                          -- the event comes after all
        = position 1
        = fills 1#1 1
        = incidents
        x fill 1#1 1 @ 20001
        < told
        = position 2
        = status 1#1 FILLED
    """,
    "an order whose first event was lost goes its way all the same": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        x new 1.stop#1
        x drop
        < ack 1.stop#1
        < triggered 1.stop#1
        = incidents
        = status 1.stop#1 NEW
    """,
    "an order that ended unheard is looked up and told to be over, once": RESTS
    + """
        x canceled 1#1
        wait 5
    """
    + ROUND
    + """
        < shown
        > look 1#1
        < found 1#1
        = status 1#1 CANCELED
        = heard CANCELED 1#1
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
        = heard CANCELED 1#1
        < told
        = heard CANCELED 1#1
    """,
    "a fill that is known already does not hide that its order ended unheard": RESTS
    + """
        < fill 1#1 1 @ 20000
        x canceled 1#1
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown
        > look 1#1
        < found 1#1
        = status 1#1 CANCELED
        = fills 1#1 1
    """,
    "an order that is filled unheard is over by its fills, without a look-up": RESTS
    + """
        x fill 1#1 2 @ 20000
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown
        = status 1#1 FILLED
        = position 2
        = heard position 2
        wait 5
    """
    + ROUND,
    "RS-40: what was asked before an event came undoes nothing": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        x snapshot
        < fill 1#1 1 @ 20000
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < replaced 1#1 price 20001
        < ack 1#1
        < shown
        = status 1#1 PARTIALLY_FILLED
        = position 1
        = fills 1#1 1
        < canceled 1#1
        = status 1#1 CANCELED
        = position 1
    """,
    "RS-22: an older snapshot does not make an order work again": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        x snapshot
        < fill 1#1 2 @ 20000
        < shown
        = status 1#1 FILLED
        = position 2
        = working
    """,
    "an order sent after the question is not missed in its answer": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        x snapshot
        do place sell 1 limit 20010
        > place 2#1 sell 1 limit 20010
        < new 2#1
        < ack 2#1
        < shown
        = working 1#1 2#1
    """,
    "RS-18: a fill after the confirmed cancel that nobody told is found": """
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
        < fill 1.target#1 1 @ 20020
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = position 0
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        < new 2#1
        < ack 2#1
        x fill 1.stop#1 1 @ 19990
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown
        > place 1.exit#1 buy 1 market
        = position -1
        = fills 1.stop#1 1
        = incidents overfill
        < fill 1.exit#1 1 @ 19990
        = position 0
        < ack 1.exit#1
    """,
    "what the open orders do not show is looked up, whatever else takes its time": RESTS
    + """
        x canceled 1#1
        x drop
        wait 5
    """
    + ROUND
    + """
        < shown open
        wait 0.24
        wait 0.01
        > look 1#1
        < found 1#1
        = status 1#1 CANCELED
        < shown
    """,
    "questions that are not answered are given up and asked again": RESTS
    + """
        x snapshot
        wait 5
    """
    + ROUND
    + """
        wait 5
        wait 5
    """
    + ROUND
    + """
        x fill 1#1 1 @ 20000
        < shown
        = position 0                    -- by the snapshot
        < told
        = position 1
    """,
    "a question that fails proves nothing and the next round asks again": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        < lost open
        = working 1#1
        wait 5
    """
    + ROUND
    + "< shown\n= incidents",
    "a fill of somebody else's that the stream lost moves the position once": RESTS
    + """
        < fill 1#1 2 @ 20000
        x hand sell 1 @ 20000
        wait 5
    """
    + ROUND
    + """
        < shown
        = position 1
        = heard position 1
        wait 5
    """
    + ROUND
    + "< shown\n= position 1",
    "what somebody did before this life is not counted in it": """
        x hand sell 1 @ 20000
        x time 100
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < ack 1#1
        x fill 1#1 2 @ 20000        -- no event of this life comes
        wait 1
        > look 1#1
        < found 1#1
    """
    + ROUND
    + """
        < shown
        = position 2
    """,
    "closing the manager ends the looking": RESTS
    + """
        wait 5
    """
    + ROUND
    + """
        do close
        = timers 0
        < shown
        = incidents
    """,
}


@pytest.mark.parametrize("name", LOSSY_SCRIPTS)
def test_on_a_stream_that_loses_events_it_goes_as_the_script_says(name, play, lossy):
    play(LOSSY_SCRIPTS[name], offers=lossy)


def test_a_fill_that_a_look_found_under_an_id_not_known_yet_is_the_orders_once_it_is(play, lossy):
    play(
        """
        do place buy 1 limit 19000
        > place 1#1 buy 1 limit 19000
        x time 100
        < ack 1#1
        < new 1#1                       -- so the broker's clock is known
        do bracket buy 2 loss 40t
        > place 2.entry#1 buy 2 market
        x new 2.entry#1
        x drop
        x fill 2.entry#1 1 @ 20000
        x drop
        x fill 2.entry#1 1 @ 20000
        x drop
        wait 5
        > ask fills
        > ask open
        < shown                         -- nobody knows yet whose they are
        = position 2
        = fills 2.entry#1 0
        < ack 2.entry#1                 -- now they do: no look is needed
        > place 2.stop#1 sell 2 stop 19990
        = fills 2.entry#1 2
        = status 2.entry#1 FILLED
        = position 2
        = incidents
        """,
        offers=lossy,
        tagged=False,
    )


def test_a_stream_that_tells_all_is_never_asked(play):
    play(RESTS + "wait 100\n< fill 1#1 1 @ 20000\nwait 100\n= timers 0")


TOLD_AND_ASKED = RESTS + "x time 100\n< fill 1#1 1 @ 20000\nwait 5" + ROUND
AND_AGAIN = "< shown\nwait 5" + ROUND
OLDER = "< shown\nx time 300\n< fill 1#1 1 @ 20000\nwait 5" + ROUND


@pytest.mark.exact_times("it asks since the nanosecond at which we began")
@pytest.mark.parametrize(
    ("then", "settings", "since_s"),
    [
        pytest.param("", OrderSettings(), 1.0, id="nobody answered yet: all of this life"),
        pytest.param(AND_AGAIN, OrderSettings(), 40.0, id="a minute before the newest"),
        pytest.param(AND_AGAIN, OrderSettings(overlap_s=7.5), 92.5, id="as is set"),
        pytest.param(AND_AGAIN, OrderSettings(overlap_s=500.0), 1.0, id="no fill of before us"),
        pytest.param(OLDER, OrderSettings(), 40.0, id="what was told since is not all there was"),
    ],
)
def test_a_question_reaches_back_before_the_newest_that_was_known_when_it_was_answered(
    play, lossy, then, settings, since_s
):
    stage = play(TOLD_AND_ASKED + then, settings, offers=lossy)
    assert stage.broker.since_ns["fills"] / 1e9 == since_s


HANDS = (
    RESTS
    + """
        x time 100
        < fill 1#1 1 @ 20000
        x time 101
        x hand sell 1 @ 20000
        x time 102
        x hand sell 1 @ 20000
        x time 103
        x hand sell 1 @ 20000
        wait 5
    """
    + ROUND
    + """
        < shown
        = position -2
        x hand buy 1 @ 20000
        wait 5
    """
    + ROUND
    + "< shown\n= position -1"
)


@pytest.mark.parametrize("most", [1, 2, 20_000])
def test_fills_of_others_are_booked_once_however_few_are_remembered(most, play, lossy):
    play(HANDS, OrderSettings(executions_most=most), lossy)
