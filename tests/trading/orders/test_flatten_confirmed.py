"""A flatten says whether the broker was there to be asked; unknown is never reported as no."""

import pytest
from moving_clock import moves_at_each_reading

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.orders.settings import OrderSettings

ASKED = """
    > ask fills
    > ask open
"""
RESTS = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
"""
FLAT = "= got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed={})"
SCRIPTS = {
    "nobody answers: it asks once more, and says that nobody did": "do flatten"
    + ASKED
    + """
    wait 1
    """
    + ASKED
    + """
    wait 0.99
    = waiting flatten
    wait 0.01
    """
    + FLAT.format(False),
    "the second question is answered": "do flatten"
    + ASKED
    + """
    wait 1
    """
    + ASKED
    + """
    wait 0.5
    < shown
    """
    + FLAT.format(True),
    "it is not asked again where the first question was answered": "do flatten"
    + ASKED
    + """
    < shown
    """
    + FLAT.format(True),
    "what others traded and nobody told of is closed when it is known": RESTS
    + """
    do cancel 1#1
    > cancel 1#1
    < canceled 1#1
    < ack 1#1
    x hand buy 1 @ 20000
    do flatten
    """
    + ASKED
    + """
    wait 1
    """
    + ASKED
    + """
    < shown
    > place 2.exit#1 sell 1 market
    < ack 2.exit#1
    < new 2.exit#1
    < fill 2.exit#1 1 @ 20000
    """
    + FLAT.format(True),
    "an answer that comes while an order is taken away is an answer": RESTS
    + "do flatten"
    + ASKED
    + """
    > cancel 1#1
    wait 0.7
    < shown
    < canceled 1#1
    """
    + FLAT.format(True),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_flatten_on_a_lossy_stream_says_what_the_script_says(name, play, lossy):
    play(SCRIPTS[name], OrderSettings(), lossy)


def test_where_a_stream_that_loses_nothing_is_up_nobody_is_asked(play):
    play("do flatten\n" + FLAT.format(True))


def test_while_it_is_down_somebody_is(play):
    play(
        """
        < stream down
        do flatten
        """
        + ASKED
        + "wait 1"
        + ASKED
        + "wait 1\n"
        + FLAT.format(False)
    )


@pytest.mark.parametrize("step_ns", [1, 50_000])
def test_of_two_in_one_instant_one_question_tells_both_though_the_clock_goes_on(
    stage_kind, lossy, step_ns
):
    async def main():
        stage = stage_kind(offers=lossy)
        held = [instruments.find(symbol) for symbol in ("MNQ", "MES")]
        flattens = [stage.manager.start_flatten(each, "") for each in held]
        await stage.play(ASKED + "< shown\n= timers 0")
        return [each.result is not None and each.result.confirmed for each in flattens]

    with moves_at_each_reading(step_ns):
        assert run_virtual(main(), origin_ns=0) == [True, True]
