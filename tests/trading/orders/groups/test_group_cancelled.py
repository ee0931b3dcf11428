"""A group that the trader ends: once, for the reason that he gave first, not after its own end."""

import pytest

from dryfill.trading.orders.settings import OrderSettings

PAIR = """
    do oco buy 2 limit 19990 | buy 2 stop 20010
    > place 1.oco1#1 buy 2 limit 19990
    > place 1.oco2#1 buy 2 stop 20010
    < new 1.oco1#1
    < ack 1.oco1#1
    < new 1.oco2#1
    < ack 1.oco2#1
"""
ENDED = """
    < fill 1.oco1#1 2 @ 19990
    > cancel 1.oco2#1
    < canceled 1.oco2#1
    < ack 1.oco2#1
    = phase 1 done
"""


def test_the_first_reason_stays(play):
    stage = play(PAIR + "do end 1\n> cancel 1.oco1#1\n> cancel 1.oco2#1\n")
    stage.groups["1"].cancel("for another reason")
    assert stage.groups["1"].outcome.reason == "cancelled by the trader"


def test_one_that_ended_by_itself_was_ended_by_nobody(play):
    stage = play(PAIR + ENDED + "do end 1\n")
    assert stage.groups["1"].outcome.reason == ""


def test_after_the_manager_is_closed_nothing_is_ended_any_more(play):
    stage = play(PAIR + "do close\ndo end 1\n")
    assert stage.groups["1"].outcome.reason == ""


def test_an_order_that_would_not_go_is_tried_again(play):
    play(
        PAIR
        + """
        do cancel 1.oco1#1
        > cancel 1.oco1#1
        < refuse 1.oco1#1 NONE
        > look 1.oco1#1
        < found 1.oco1#1
        do end 1
        > cancel 1.oco1#1
        > cancel 1.oco2#1
        """,
        OrderSettings(cancel_tries=1),
    )


@pytest.mark.parametrize("timeout", [0.5, None])
def test_whoever_waits_for_it_hears_of_it_or_gives_up_waiting(timeout, play):
    wait = "do group 1 0.5\nwait 0.5\n" if timeout else "do group 1\nwait 100\n= waiting group 1\n"
    stage = play(PAIR + wait + ("" if timeout else ENDED))
    said = "1.oco1#1 new(0), 1.oco2#1 new(0)"
    done = "1.oco1#1 filled(2), 1.oco2#1 canceled(0)"
    assert str(stage.tasks["group 1"].result()) == (said if timeout else done)
