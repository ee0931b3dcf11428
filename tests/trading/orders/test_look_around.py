"""Whoever asks what works is told at the end of a round that began no earlier than he asked."""

import pytest

from dryfill.sim.loop.run import run_virtual

RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
ROUND = "> ask fills\n> ask open\n"


def test_who_asks_during_a_round_is_told_at_the_end_of_the_next(stage_kind):
    async def main():
        stage, told = stage_kind(), []
        await stage.play(RESTS)
        look_around, order = stage.manager._outbox.look_around, stage.order("1#1")
        look_around(order, lambda: told.append("first"))
        await stage.play(ROUND)
        look_around(order, lambda: told.append("second"))
        await stage.play("< shown\n" + ROUND)
        first = list(told)
        await stage.play("< shown\n= timers 0")
        return first, told

    assert run_virtual(main(), origin_ns=0) == (["first"], ["first", "second"])


def test_everybody_who_waited_for_a_round_is_told(stage_kind):
    async def main():
        stage, told = stage_kind(), []
        await stage.play(RESTS)
        outbox, order = stage.manager._outbox, stage.order("1#1")
        outbox.look_around(order, lambda: None)
        outbox.look_around(None, lambda: told.append("nobody's"))
        outbox.look_around(order, lambda: told.append("an order's"))
        await stage.play(ROUND + "< shown\n" + ROUND + "< shown\n= timers 0")
        return told

    told = run_virtual(main(), origin_ns=0)
    assert told == ["nobody's", "nobody's", "an order's"]  # that one with the fills, too


def test_what_is_sent_between_two_rounds_does_not_break_off_the_second(stage_kind):
    async def main():
        stage = stage_kind()
        await stage.play(RESTS + "< stream down")
        outbox, order = stage.manager._outbox, stage.order("1#1")
        outbox.look_around(order, lambda: outbox.sends())
        await stage.play(ROUND)
        outbox.look_around(order, lambda: None)
        await stage.play("< shown\n" + ROUND + "wait 2\n< shown\nwait 1\n" + ROUND)

    run_virtual(main(), origin_ns=0)


@pytest.mark.parametrize("apart_s", [0, 0.001])
def test_those_who_ask_first_in_one_instant_are_answered_by_one_round(stage_kind, lossy, apart_s):
    async def main():
        stage, told = stage_kind(offers=lossy), []
        await stage.play(RESTS)
        ask_first = stage.manager._outbox.ask_first
        assert ask_first(lambda: told.append("first"))
        if apart_s:
            await stage.play(ROUND + f"wait {apart_s}")
        assert ask_first(lambda: told.append("second"))
        await stage.play(ROUND + "< shown")
        return sorted(told)

    assert run_virtual(main(), origin_ns=0) == ["first", "second"]


def test_a_look_is_as_long_after_the_last_was_asked_however_late_that_was_answered(play, lossy):
    play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        wait 5
        > ask fills
        > ask open
        wait 2
        < shown
        wait 2.9
        wait 0.1
        > ask fills
        > ask open
        """,
        offers=lossy,
    )
