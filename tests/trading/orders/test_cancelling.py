"""Cancels: whatever they cross, they tell the truth and go on until the order is gone."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

RESTS = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
"""
SCRIPTS = {
    "RS-35: a cancel before the id is known goes out with the event that names it": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        do cancel 1#1
        < new 1#1                       -- the event names the order, the answer is still due
        > cancel 1#1
        < late ack 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
    """,
    "RS-35: a fill in between wins": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        do cancel 1#1
        < new 1#1
        > cancel 1#1
        < late ack 1#1
        < fill 1#1 1 @ 20000
        < refuse 1#1 TOO_LATE
        = got cancel 1#1 -> already_filled(1)
    """,
    "RS-30: a cancel refused because filled is looked up once and tells the truth": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        x fill 1#1 2 @ 20000
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        = got cancel 1#1 -> already_filled(2)
        = position 2                    -- the look is ahead of the stream
        < told
        = position 2
        = heard position 2
        = incidents
    """,
    "a partly filled order that is cancelled says how much it filled": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        do cancel 1#1
        > cancel 1#1
        < ack 1#1
        = waiting cancel 1#1            -- taken is not done
        < canceled 1#1
        = got cancel 1#1 -> cancelled(1)
        = timers 0                      -- the look that was planned is not needed
    """,
    "a cancel whose report does not come is looked up, and sent again": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < ack 1#1
        wait 0.25
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < refuse 1#1 TOO_LATE
    """,
    "RS-14: a cancel that fails again and again backs off, alarms once, goes on": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < lost 1#1
        > look 1#1
        < found 1#1
        wait 0.25                       -- an unanswered cancel is no refused one
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.49
        wait 0.01
        > cancel 1#1
        < refuse 1#1 NONE
        = got cancel 1#1 -> unknown(0)
        = incidents cancel_failed
        > look 1#1
        < found 1#1
        wait 30
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        = incidents cancel_failed
        do cancel 1#1                   -- asked again: at once
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
    """,
    "RS-53: too late for an order that works means not now: the pauses go on growing": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        wait 0.5
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        wait 1
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        wait 1.9                        -- twice the last, and not `retry_most_s` for ever
        wait 0.1
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
    """,
    "RS-53: the last cancel that the settings allow is not given up before its report": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 TYPE_NOT_ALLOWED_NOW
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < ack 1#1
        = waiting cancel 1#1            -- taken: its report is on the way
        = incidents
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        = incidents
        = timers 0
    """,
    "a last cancel that was taken and did nothing is given up once a look shows it": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < ack 1#1
        wait 0.25
        > look 1#1
        < found 1#1
        = got cancel 1#1 -> unknown(0)
        = incidents cancel_failed
    """,
    "the market's no-cancel minute does not exhaust a cancel, and its end sends it": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 TYPE_NOT_ALLOWED_NOW
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        < refuse 1#1 TYPE_NOT_ALLOWED_NOW
        > look 1#1
        < found 1#1
        wait 0.1
        < status OPEN
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
    """,
    "a cancel that nobody answers is made again, then once a second": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        wait 0.7
        wait 0.05
        > cancel 1#1
        wait 1
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        wait 10
        < late ack 1#1
        < ack 1#1
        = incidents
        = timers 0
    """,
    "of a cancel and the one that repeats it the first answer counts": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        wait 1
        > cancel 1#1
        < late ack 1#1
        wait 0.25                           -- and no report comes
        > look 1#1
        < late refuse 1#1 TOO_LATE
        < found 1#1
        wait 0.25
        > cancel 1#1
    """,
    "a cancel that is refused late, while its repetition is on its way, is looked up": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        wait 1
        > cancel 1#1
        x fill 1#1 1 @ 20000
        < late refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        = got cancel 1#1 -> already_filled(1)
    """,
    "a cancel in doubt is looked up, and made again where no look is answered in time": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < lost 1#1
        > look 1#1
        wait 0.24
        wait 0.01
        > cancel 1#1
        < lost 1#1
        > look 1#1
        < lost 1#1
        wait 0.25
        > cancel 1#1
        < lost 1#1
        > look 1#1
        < lost 1#1
        wait 0.24
        wait 0.01
        > cancel 1#1
        < canceled 1#1
        = got cancel 1#1 -> cancelled(0)
        < ack 1#1
    """,
    "a caller that gives up leaves nothing behind, and its cancel goes on": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        do cancel 1#1
        do give_up cancel 1#1
        < new 1#1
        > cancel 1#1
        < late ack 1#1
        < canceled 1#1
        < ack 1#1
        = timers 0
    """,
}
SETTINGS = {
    "RS-53: the last cancel that the settings allow is not given up before its report": (
        OrderSettings(cancel_tries=2)
    ),
    "a last cancel that was taken and did nothing is given up once a look shows it": (
        OrderSettings(cancel_tries=2)
    ),
    "RS-14: a cancel that fails again and again backs off, alarms once, goes on": OrderSettings(
        cancel_tries=3
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_cancel_goes_as_the_script_says(name, play):
    stage = play(SCRIPTS[name], SETTINGS.get(name))
    for order in stage.orders.values():
        assert order.working or not order.changed.waited_for, f"{order!r} is still waited for"


def test_each_cancel_that_is_made_again_is_waited_for_twice_as_long(play):
    play(
        RESTS
        + """
        do cancel 1#1
        > cancel 1#1
        wait 0.75
        > cancel 1#1
        wait 1.4
        wait 0.1
        > cancel 1#1
        wait 2.9
        wait 0.1
        > cancel 1#1
        < canceled 1#1
        = timers 0
        """,
        OrderSettings(retry_most_s=4.0),
    )
