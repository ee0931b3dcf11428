"""Requests that never left, that came to nothing, or whose answers did not come in time."""

import pytest
from held_with_a_stop import HELD as HELD_BY_BOTH_LEGS

from dryfill.trading.errors import NotSent
from dryfill.trading.orders.settings import OrderSettings

HELD = """
    do bracket buy 1 loss 40t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
"""
RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
THREE = OrderSettings(entry_tries=3)
SCRIPTS = {
    "an entry that never left is not chased": (
        None,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < unsent 1#1
        = got place 1#1 -> NotSent
        = status 1#1 REJECTED
        = timers 0
        """,
    ),
    "an entry is sent again as a new attempt where the settings say so": (
        THREE,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < unsent 1#1
        = waiting place 1#1
        wait 0.24
        wait 0.01
        > place 1#2 buy 1 limit 20000
        < unsent 1#2
        wait 0.5
        > place 1#3 buy 1 limit 20000
        = working 1#3
        < new 1#3
        < ack 1#3
        = got place 1#1 -> <order 1#3 (buy 1 MNQ limit) NEW cum_qty=0 leaves_qty=1>
        < fill 1#3 1 @ 20000
        = position 1
        = working
        = timers 0
        """,
    ),
    "a bracket's entry under a new tag is the bracket's entry": (
        THREE,
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < limited 1.entry#1
        wait 0.25
        > place 1.entry#2 buy 1 market
        < new 1.entry#2
        < fill 1.entry#2 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        = incidents rate_limited
        """,
    ),
    "an entry taken back during its pause is not sent again": (
        THREE,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < unsent 1#1
        do cancel 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
        """,
    ),
    "an entry taken back on its way is not sent again": (
        None,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        do cancel 1#1
        < unsent 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
        """,
    ),
    "a broker that asks for a pause gets it": (
        THREE,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < limited 1#1 3
        wait 2.9
        wait 0.1
        > place 1#2 buy 1 limit 20000
        """,
    ),
    "RS-50: a stop that never left is tried until it arrives, and never given up for a close": (
        OrderSettings(breaker_tries=99),
        HELD
        + "".join(
            f"< unsent 1.stop#{n}\nwait {pause}\n> place 1.stop#{n + 1} sell 1 stop 19990\n"
            for n, pause in enumerate((0.25, 0.5, 1, 1, 1, 1), 1)
        )
        + """
        < new 1.stop#7
        < ack 1.stop#7
        = incidents stop_rejected
        """,
    ),
    "a target that is for too much goes as a cancel does, whatever the breaker of entries says": (
        None,
        HELD_BY_BOTH_LEGS
        + """
        < fill 1.stop#1 1 @ 19990
        > modify 1.target#1 order_qty 1
        """
        + "".join(
            f"< unsent 1.target#1\nwait {pause}\n> modify 1.target#1 order_qty 1\n"
            for pause in (0.25, 0.5, 0.8, 0.8)
        )
        + """
        < unsent 1.target#1
        wait 1.01                       -- its own breaker's second, from here on
        > modify 1.target#1 order_qty 1
        < unsent 1.target#1
        wait 1.01
        > modify 1.target#1 order_qty 1
        < ack 1.target#1
        """,
    ),
    "a stop waits for as long as the broker asks": (
        None,
        HELD
        + """
        < limited 1.stop#1 2
        wait 1.9
        wait 0.1
        > place 1.stop#2 sell 1 stop 19990
        """,
    ),
    "a closing order that never left is tried until it arrives": (
        OrderSettings(exit_tries=2, breaker_tries=99),
        RESTS
        + """
        < fill 1#1 2 @ 20000
        do flatten
        > place 2.exit#1 sell 2 market
        < unsent 2.exit#1
        wait 0.25
        > place 2.exit#2 sell 2 market
        < unsent 2.exit#2
        wait 0.5
        > place 2.exit#3 sell 2 market
        < unsent 2.exit#3
        wait 1
        > place 2.exit#4 sell 2 market
        < new 2.exit#4
        < fill 2.exit#4 2 @ 20000
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        """,
    ),
    "RS-14: cancels that never left do not count, and the first that leaves is at once": (
        OrderSettings(cancel_tries=2, breaker_tries=99),
        RESTS
        + """
        do cancel 1#1
        > cancel 1#1
        < limited 1#1
        wait 0.25
        > cancel 1#1
        < unsent 1#1
        wait 0.5
        > cancel 1#1
        < unsent 1#1
        wait 1
        > cancel 1#1
        = waiting cancel 1#1
        = incidents rate_limited
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = timers 0
        """,
    ),
    "the pauses of what never left end with the first that gets somewhere": (
        None,
        RESTS
        + """
        do cancel 1#1
        > cancel 1#1
        < unsent 1#1
        wait 0.25
        > cancel 1#1
        < unsent 1#1
        wait 0.5
        > cancel 1#1
        < refuse 1#1 NONE
        > look 1#1
        < found 1#1
        wait 0.25
        > cancel 1#1
        """,
    ),
    "a change of a plain order that never left is refused, and the order is as it was": (
        None,
        RESTS
        + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < unsent 1#1
        > look 1#1
        < found 1#1
        = got modify 1#1 -> Refused
        """,
    ),
    "a change of a stop that never left is sent until it arrives": (
        OrderSettings(stop_tries=1),
        HELD
        + """
        < new 1.stop#1
        < ack 1.stop#1
        do modify 1.stop#1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < unsent 1.stop#1
        wait 0.25
        > modify 1.stop#1 stop_px 19995
        < unsent 1.stop#1
        wait 0.5
        > modify 1.stop#1 stop_px 19995
        < ack 1.stop#1
        = got modify 1.stop#1 -> None
        = incidents
        """,
    ),
    "RS-51: no way to the broker is not an order that does not exist": (
        OrderSettings(visible_s=0.1, misses=1),
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        < unsent 1#1
        """
        + "".join(
            f"wait {pause}\n> look 1#1\n< unsent 1#1\n" for pause in (0.25, 0.5, 1, 2, 2, 2, 2)
        )
        + """
        = status 1#1 PENDING_NEW
        = incidents order_unknown
        wait 2
        > look 1#1
        < found 1#1
        = working 1#1
        """,
    ),
    "RS-50: after an outage two misses in a row decide soon": (
        OrderSettings(breaker_tries=99, hedge_s=99),
        HELD
        + "< lost 1.stop#1\n> look 1.stop#1\n< lost 1.stop#1\n"
        + "".join(
            f"wait {pause}\n> look 1.stop#1\n< lost 1.stop#1\n"
            for pause in (0.25, 0.5, 1, 1, 1, 1, 1)
        )
        + """
        wait 1
        > look 1.stop#1
        < none 1.stop#1
        wait 0.25
        > look 1.stop#1
        < none 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        """,
    ),
    "RS-04: no answer, but the event names the order: no second one is sent": (
        None,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        wait 14.9
        wait 0.1                        -- the deadline: nobody knows
        > look 1#1
        < new 1#1
        < found 1#1
        = status 1#1 NEW
        = working 1#1
        = timers 0
        """,
    ),
    "a look that is not answered in time is made again, and its late answer changes nothing": (
        None,
        """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        wait 5
        wait 0.25
        > look 1#1
        < found 1#1
        = working 1#1
        = timers 0
        """,
    ),
    "a change that is not answered in time is looked up": (
        None,
        RESTS
        + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        wait 15
        > look 1#1
        < found 1#1
        > modify 1#1 price 20001        -- it is not so: again, at once
        < ack 1#1
        """,
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_never_left_goes_as_the_script_says(name, play):
    settings, script = SCRIPTS[name]
    play(script, settings)


@pytest.mark.parametrize(("draw", "pause"), [(0.0, 0.25), (0.5, 0.28125)])
def test_a_draw_spreads_the_pause_within_its_share(draw, pause, play):
    play(
        f"""
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < unsent 1#1
        wait {pause - 0.001}
        wait 0.001
        > place 1#2 buy 1 limit 20000
        """,
        THREE,
        draw=draw,
    )


def test_who_waits_is_told_when_to_come_back(play):
    def then(stage):
        error = stage.tasks["place 1#1"].exception()
        assert isinstance(error, NotSent)
        assert error.retry_after_s == 3.0
        assert error.retry_safe

    play(
        "do place buy 1\n> place 1#1 buy 1 market\n< limited 1#1 3\n= got place 1#1 -> NotSent",
        then=then,
    )
