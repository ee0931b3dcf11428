"""Whoever asks what works is told at the end of a round that began no earlier than he asked."""

from dryfill.sim.loop_run import run_virtual

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
