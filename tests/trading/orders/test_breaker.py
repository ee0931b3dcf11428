"""Breakers: silence stops calls for a while, answers of any kind do not, and never across them."""

import pytest
from moving_clock import moves_at_each_reading

from dryfill.trading.orders.sending.breaker import Breaker, BreakerState
from dryfill.trading.orders.settings import OrderSettings

TWO = OrderSettings(breaker_tries=2)
UNHEARD = """
    do place buy 1 limit 20000
    > place {n}#1 buy 1 limit 20000
    < {how} {n}#1
"""
REFUSED = """
    do place buy 1 limit 20000
    = refused RefusedByUs
"""
HELD = """
    do bracket buy 1 loss 40t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
"""


def unheard(*hows):
    return "".join(UNHEARD.format(n=n, how=how) for n, how in enumerate(hows, 1))


SCRIPTS = {
    "nobody reached, twice: no entries until a trial gets through": unheard("unsent", "unsent")
    + REFUSED
    + "= incidents breaker_open\nwait 4.9"
    + REFUSED
    + """
        wait 0.1
        do place buy 1 limit 20000      -- the one trial
        > place 3#1 buy 1 limit 20000
    """
    + REFUSED
    + """
        < unsent 3#1                    -- it failed: as long again
    """
    + REFUSED
    + """
        wait 5
        do place buy 1 limit 20000
        > place 4#1 buy 1 limit 20000
        < new 4#1
        < ack 4#1
        do place buy 1 limit 20000      -- it got through
        > place 5#1 buy 1 limit 20000
        = incidents breaker_open
    """,
    "one spell is said once, though an answer gets through": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
        do place buy 1 limit 20000
        > place 3#1 buy 1 limit 20000
        do place buy 1 limit 20000
        > place 4#1 buy 1 limit 20000
        do place buy 1 limit 20000
        > place 5#1 buy 1 limit 20000
        < unsent 1#1
        < unsent 2#1
        = incidents breaker_open
        < new 3#1
        < ack 3#1                       -- the way is free, for now
        < unsent 4#1
        < unsent 5#1
    """
    + REFUSED
    + """
        = incidents breaker_open
        wait 5
        do place buy 1 limit 20000
        > place 6#1 buy 1 limit 20000
        < new 6#1
        < ack 6#1
    """
    + UNHEARD.format(n=7, how="unsent")
    + UNHEARD.format(n=8, how="unsent")
    + REFUSED
    + "= incidents breaker_open breaker_open",
    "RS-50: no answer counts as well": unheard("lost")
    + "> look 1#1\n< found 1#1\n"
    + UNHEARD.format(n=2, how="lost")
    + "> look 2#1\n< found 2#1"
    + REFUSED,
    "refusals and 429 are answers": unheard(
        "unsent", "limited", "unsent", "limited 9", "unsent"
    ).replace("limited 9 4#1", "limited 4#1 9")
    + """
        do place buy 1 limit 20000
        > place 6#1 buy 1 limit 20000
        < refuse 6#1 NONE
        do place buy 1 limit 20000
        > place 7#1 buy 1 limit 20000
        < unsent 7#1
        do place buy 1 limit 20000
        > place 8#1 buy 1 limit 20000
        < ack 8#1
    """,
    "what reduces risk is not held up by what does not": HELD
    + """
        < new 1.stop#1
        < ack 1.stop#1
        do place buy 1 limit 19995
        > place 2#1 buy 1 limit 19995
        < unsent 2#1
        do place buy 1 limit 19995
        > place 3#1 buy 1 limit 19995
        < unsent 3#1
        do bracket buy 1 loss 40t
        = refused RefusedByUs
        do cancel 1.stop#1
        > cancel 1.stop#1               -- at once
        < canceled 1.stop#1
        < ack 1.stop#1
        do flatten
        > place 4.exit#1 sell 1 market  -- and this
    """,
    "what does not reduce risk is not held up by what does": HELD
    + """
        < unsent 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        < unsent 1.stop#2
        = incidents stop_rejected breaker_open
        do place buy 1 limit 19995
        > place 2#1 buy 1 limit 19995
    """,
    "RS-50: a stop is tried every second while nobody answers, whatever else is tried": HELD
    + """
        < unsent 1.stop#1
        wait 0.25
        > place 1.stop#2 sell 1 stop 19990
        < unsent 1.stop#2
        wait 0.9                        -- its own pause of half a second is long over
        wait 0.1
        > place 1.stop#3 sell 1 stop 19990
        < unsent 1.stop#3
        wait 0.9
        wait 0.1
        > place 1.stop#4 sell 1 stop 19990
        < new 1.stop#4
        < ack 1.stop#4
    """,
    "one probe goes, and what waits goes when it got through": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do place buy 1 limit 19999
        > place 2#1 buy 1 limit 19999
        < new 2#1
        < ack 2#1
        do cancel 1#1
        > cancel 1#1
        < unsent 1#1
        wait 0.25
        > cancel 1#1
        < unsent 1#1
        do cancel 2#1
        wait 1
        > cancel 2#1
        wait 0.6
        < ack 2#1
        > cancel 1#1                    -- not at the end of its own second
        < canceled 2#1
        < canceled 1#1
        < ack 1#1
        = timers 0
    """,
    "a probe that nobody answers holds up nothing else for longer than a second": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do place buy 1 limit 19999
        > place 2#1 buy 1 limit 19999
        < new 2#1
        < ack 2#1
        do cancel 1#1
        > cancel 1#1
        < unsent 1#1
        wait 0.25
        > cancel 1#1
        < unsent 1#1
        wait 1.1
        > cancel 1#1                    -- the probe; its answer is lost, the event is not
        < canceled 1#1
        do cancel 2#1
        wait 1
        > cancel 2#1                    -- and not after fifteen, when the probe's answer is due
    """,
    "an order taken back while it waits is not sent": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
        < unsent 2#1
        do place buy 1 limit 20000
        > place 3#1 buy 1 limit 20000
        < unsent 3#1
        do place sell 1 limit 20010     -- it reduces what is held: it waits
        do cancel 4#1
        = got cancel 4#1 -> cancelled(0)
        = timers 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_with_a_breaker_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name], TWO)


def test_a_clock_that_goes_on_between_two_readings_closes_a_breaker_too(play):
    with moves_at_each_reading():
        play(SCRIPTS["nobody reached, twice: no entries until a trial gets through"], TWO)


def test_a_breaker_has_one_probe_and_counts_in_a_row():
    breaker = Breaker(tries=2, open_s=5.0)
    assert not breaker.silent(0.0)
    assert not breaker.answered()  # it was closed
    assert not breaker.silent(1.0)
    assert breaker.wait_s(1.0) == 0.0
    assert breaker.silent(2.0)
    assert not breaker.silent(2.5)  # one that was on its way: nothing new
    assert breaker.state is BreakerState.OPEN
    assert breaker.wait_s(3.0) == 4.0
    assert breaker.wait_s(7.0) == 0.0
    breaker.going(7.0)
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.wait_s(7.0) == 5.0
    assert not breaker.silent(8.0)
    assert breaker.wait_s(8.0) == 4.0  # from one probe to the next, however long it was waited for
    breaker.going(13.0)
    assert breaker.wait_s(17.0) == 1.0
    assert breaker.wait_s(18.0) == 0.0  # nobody answers that one: another may go
    breaker.going(18.0)
    assert breaker.wait_s(18.0) == 5.0
    assert breaker.answered()
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(
    ("landed", "now_s", "may"),
    [(False, 7.5, False), (True, 7.5, True), (False, 12.1, True)],
)
def test_a_question_that_is_answered_lets_the_next_probe_go_unless_one_is_due(landed, now_s, may):
    breaker = Breaker(tries=1, open_s=5.0)
    assert not breaker.heard(0.0)  # it is closed
    breaker.silent(1.0)
    breaker.going(7.0)
    if landed:
        breaker.silent(7.2)
        breaker.landed(7.0)
    assert breaker.heard(now_s) is may
    assert (breaker.wait_s(now_s) == 0.0) is may
