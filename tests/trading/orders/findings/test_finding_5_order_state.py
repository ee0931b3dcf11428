"""Finding 5: asked whether an order is filled, the reviewed module said no when it could not know.

Here nobody is told anything that was not answered: until a look-up proves something, the order is
unknown, counts as one that may be filled, and is looked up again after the pauses of the settings.
"""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.orders.settings import OrderSettings

LOST = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    x new 1#1
    x drop
    < lost 1#1
    > look 1#1
    = status 1#1 PENDING_NEW
"""
UNKNOWN = "= got place 1#1 -> OutcomeUnknown\n"
"""What whoever waited for the order got, a second after its deadline."""

SCRIPTS = {
    "nothing is known here, and the answer takes three seconds: filled": LOST
    + """
        x fill 1#1 1 @ 20000
        x drop
        wait 0.9
        = got place 1#1 -> OutcomeUnknown
        wait 2.1
        = status 1#1 PENDING_NEW
        = working 1#1
        < found 1#1
        = status 1#1 FILLED
        = position 1
    """,
    "nobody answers for half a minute: unknown all the time, and asked again and again": LOST
    + "< lost 1#1\n"
    + "".join(f"wait {s}\n> look 1#1\n< lost 1#1\n" for s in (0.25, 0.5, 1, *[2] * 14))
    + UNKNOWN
    + """
        = status 1#1 PENDING_NEW
        = working 1#1
        = incidents order_unknown
        wait 2
        > look 1#1
        < found 1#1
        = status 1#1 NEW
    """,
    "not there 50 ms after it was taken: no evidence, and it is there": LOST
    + """
        wait 0.05
        < none 1#1
        = status 1#1 PENDING_NEW
        wait 0.25
        > look 1#1
        < none 1#1
        = status 1#1 PENDING_NEW
        wait 0.5
        > look 1#1
        < found 1#1
        = status 1#1 NEW
        = got place 1#1 -> <order 1#1 (buy 1 MNQ limit) NEW cum_qty=0 leaves_qty=1>
    """,
    "not there long after, twice, with an answer each time: it never arrived": LOST
    + "< none 1#1\n"
    + "".join(f"wait {s}\n> look 1#1\n< none 1#1\n" for s in (0.25, 0.5, 1, 2))
    + UNKNOWN
    + """
        = status 1#1 PENDING_NEW
        wait 2
        > look 1#1
        < none 1#1
        = status 1#1 PENDING_NEW
        wait 2
        > look 1#1
        < none 1#1
        = status 1#1 REJECTED
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_unknown_is_never_told_as_no(name, play):
    play(SCRIPTS[name])


@pytest.mark.parametrize(
    ("first_s", "most_s", "waits"),
    [(0.25, 2.0, [0.25, 0.5, 1.0, 2.0, 2.0]), (1.0, 1.0, [1.0, 1.0, 1.0]), (0.1, 0.2, [0.1, 0.2])],
)
def test_the_pauses_between_look_ups_are_those_of_the_settings(play, first_s, most_s, waits):
    script = LOST + "< lost 1#1\n"
    for wait_s in waits:
        script += f"wait {wait_s - 0.01:g}\nwait 0.01\n> look 1#1\n< lost 1#1\n"
    play(script, OrderSettings(look_first_s=first_s, look_most_s=most_s))


@pytest.mark.parametrize(("how", "answer"), [("none", None), ("lost", OutcomeUnknown)])
def test_an_order_that_is_not_ours_is_denied_only_by_the_broker(how, answer, mnq, stage_kind):
    async def main():
        stage = stage_kind()
        asked = asyncio.ensure_future(stage.manager.look_up("424242", mnq))
        await asyncio.sleep(0)
        while "424242" in stage.broker.in_flight:
            stage.broker.answer(how, "424242")
            await asyncio.sleep(0.01)
        return asked

    asked = run_virtual(main(), origin_ns=0)
    if answer is None:
        assert asked.result() is None
    else:
        assert isinstance(asked.exception(), answer)


def test_the_breaker_opens_after_its_count_and_closes_after_one_success(play):
    lost = "".join(
        f"""
        do place buy 1 limit 20000
        > place {n}#1 buy 1 limit 20000
        < unsent {n}#1
        """
        for n in (1, 2, 3)
    )
    play(
        lost
        + """
        = incidents breaker_open
        do place buy 1 limit 20000
        = refused RefusedByUs
        wait 5
        do place buy 1 limit 20000
        > place 4#1 buy 1 limit 20000
        < ack 4#1
        < new 4#1
        do place buy 1 limit 20000
        > place 5#1 buy 1 limit 20000
        """,
        OrderSettings(breaker_tries=3, breaker_s=5.0),
    )
