"""What waits because its request reached nobody goes on as soon as somebody is answered."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

PATIENT = OrderSettings(breaker_tries=99)
RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
CANCEL_WAITS = (
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
    < unsent 1#1                    -- a pause of a second begins
"""
)
HELD = """
    do bracket buy 1 loss 40t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
"""
SCRIPTS = {
    "a cancel, when another order is answered": CANCEL_WAITS
    + """
    wait 0.5
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    wait 0.001
    > cancel 1#1
    < canceled 1#1
    < ack 1#1
    = timers 0
    """,
    "a refusal is an answer": CANCEL_WAITS
    + """
    wait 0.5
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < refuse 2#1 NONE
    wait 0.001
    > cancel 1#1
    """,
    "not sooner than the first pause": CANCEL_WAITS
    + """
    wait 0.1
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    wait 0.14
    wait 0.01
    > cancel 1#1
    """,
    "not where the broker named a time": RESTS
    + """
    do cancel 1#1
    > cancel 1#1
    < limited 1#1 3
    wait 0.5
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    wait 2.4
    wait 0.1
    > cancel 1#1
    """,
    "what reached nobody, or is in doubt, frees nothing": CANCEL_WAITS
    + """
    wait 0.3
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < unsent 2#1
    do place buy 1 limit 19998
    > place 3#1 buy 1 limit 19998
    < lost 3#1
    > look 3#1
    < lost 3#1
    wait 0.2
    """,
    "an order that may not wait for it has nothing to wait for": """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < unsent 1#1
    wait 0.25
    > place 1#2 buy 1 limit 20000
    < unsent 1#2                    -- an entry: it goes when its pause is over
    wait 0.3
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    wait 0.19
    wait 0.01
    > place 1#3 buy 1 limit 20000
    """,
    "a stop": HELD
    + """
    < unsent 1.stop#1
    wait 0.25
    > place 1.stop#2 sell 1 stop 19990
    < unsent 1.stop#2
    < stream down
    wait 0.5
    > place 1.stop#3 sell 1 stop 19990
    < unsent 1.stop#3
    wait 0.5
    > ask fills
    > ask open
    < shown
    wait 0.001
    > place 1.stop#4 sell 1 stop 19990
    """,
    "a closing order": RESTS
    + """
    < fill 1#1 2 @ 20000
    do flatten
    > place 2.exit#1 sell 2 market
    < unsent 2.exit#1
    wait 0.25
    > place 2.exit#2 sell 2 market
    < unsent 2.exit#2
    < stream down
    wait 0.5
    > place 2.exit#3 sell 2 market
    < unsent 2.exit#3
    wait 0.5
    > ask fills
    > ask open
    < shown
    wait 0.001
    > place 2.exit#4 sell 2 market
    """,
    "an order of a group that protects": RESTS
    + """
    < fill 1#1 2 @ 20000
    do oco sell 2 limit 20010 | sell 2 stop 19990
    > place 2.leg1#1 sell 2 limit 20010
    > place 2.leg2#1 sell 2 stop 19990
    < new 2.leg1#1
    < ack 2.leg1#1
    < unsent 2.leg2#1
    wait 0.25
    > place 2.leg2#2 sell 2 stop 19990
    < unsent 2.leg2#2
    < stream down
    wait 0.5
    > place 2.leg2#3 sell 2 stop 19990
    < unsent 2.leg2#3
    wait 0.5
    > ask fills
    > ask open
    < shown
    wait 0.001
    > place 2.leg2#4 sell 2 stop 19990
    """,
    "each answer lets one go, and its own answer the next": RESTS
    + """
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    do cancel 1#1
    > cancel 1#1
    < unsent 1#1
    do cancel 2#1
    > cancel 2#1
    < unsent 2#1
    wait 0.25
    > cancel 1#1
    > cancel 2#1
    < unsent 1#1
    < unsent 2#1
    wait 0.3
    do place buy 1 limit 19998
    > place 3#1 buy 1 limit 19998
    < new 3#1
    < ack 3#1
    wait 0.001
    > cancel 1#1
    wait 0.1
    < ack 1#1
    wait 0.001
    > cancel 2#1
    """,
}
SILENT = (
    RESTS
    + """
    do place buy 1 limit 19999
    > place 2#1 buy 1 limit 19999
    < new 2#1
    < ack 2#1
    do cancel 1#1
    > cancel 1#1
    < lost 1#1
    > look 1#1
    {looked}
    do cancel 2#1
    > cancel 2#1
    < lost 2#1                      -- silent twice: one command a second from now on
    > look 2#1
    < found 2#1
    """
)
SETTINGS = {
    "an order that may not wait for it has nothing to wait for": OrderSettings(entry_tries=5),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_waited_goes_as_the_script_says(name, play):
    play(SCRIPTS[name], SETTINGS.get(name, PATIENT))


def test_a_question_that_is_answered_after_some_that_were_not_lets_one_command_try(play):
    script = SILENT.format(looked="< lost 1#1")
    play(
        script
        + """
        > cancel 2#1
        < lost 2#1                  -- and no second one before its time
        > look 2#1
        < found 2#1
        wait 0.99
        wait 0.01
        > cancel 2#1
        """,
        OrderSettings(breaker_tries=2),
    )


def test_who_answers_questions_and_no_commands_is_not_tried_more_often_for_it(play):
    script = SILENT.format(looked="< found 1#1\n> cancel 1#1\n")
    # The first cancel has no answer yet, and longer for it than the second has to wait: two that
    # may go at one moment go in one order here, and live in any.
    settings = OrderSettings(breaker_tries=2, cancel_again_s=3.0)
    play(script + "wait 0.99\nwait 0.01\n> cancel 2#1", settings)


def test_an_outage_leaves_nothing_behind(play):
    tries = "\n".join(["> cancel 1#1", "< unsent 1#1", "wait 1"] * 60)
    settings = OrderSettings(breaker_tries=99, retry_s=1.0)

    def kept(stage):
        assert len(stage.manager._outbox._blocked) <= 1

    play(RESTS + "do cancel 1#1\n" + tries + "\n> cancel 1#1", settings, then=kept)


STOP_IN_DOUBT = (
    HELD
    + """
    < lost 1.stop#1
    > look 1.stop#1
    < lost 1.stop#1
    wait 0.25
    > look 1.stop#1
    < lost 1.stop#1
    wait 0.5
    > look 1.stop#1
    < lost 1.stop#1                 -- a pause of a second begins
    wait 0.25
    > place 1.stop#2 sell 1 stop 19990
    < new 1.stop#2
    < ack 1.stop#2
    wait 0.001
"""
)


@pytest.mark.parametrize(("tries", "goes"), [(2, True), (3, False)])
def test_a_look_that_nobody_answers_any_more_goes_when_somebody_is_answered(play, tries, goes):
    """A flatten waits for what it tells (explorer, wire, all, hostile 7)."""
    looks = "> look 1.stop#1"
    rest = looks if goes else f"wait 0.73\nwait 0.02\n{looks}"
    play(STOP_IN_DOUBT + rest, OrderSettings(breaker_tries=tries))


LOOKED_IN_VAIN = (
    RESTS
    + """
    do modify 1#1 limit 19999
    > modify 1#1 price 19999
    < lost 1#1
    > look 1#1
    < lost 1#1
    wait 0.25
    > look 1#1
    < lost 1#1
    wait 0.5
    > look 1#1
    < lost 1#1                      -- a pause of a second begins
    do cancel 1#1
    wait 0.3
    do place buy 1 limit 19000
    > place 2#1 buy 1 limit 19000
    < new 2#1
    < ack 2#1
    wait 0.001
"""
)


@pytest.mark.parametrize(("tries", "goes"), [(2, True), (3, False)])
def test_so_does_a_cancel_that_waits_for_such_looks(play, tries, goes):
    cancel = "> cancel 1#1"
    rest = cancel if goes else f"wait 0.68\nwait 0.03\n{cancel}"
    play(LOOKED_IN_VAIN + rest, OrderSettings(breaker_tries=tries))
