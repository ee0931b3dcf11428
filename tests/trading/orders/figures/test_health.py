"""Every field of `health()` has a script that moves it and is complained of; a calm one is ok."""

import pytest

from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.figures.health import Health
from dryfill.trading.orders.settings import OrderSettings

RESTS = "do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000\n< new 1#1\n< ack 1#1\n"
BARE = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < ack 1.entry#1
"""
GAP = "< stream up gap\n> ask fills\n> ask open\n> ask orders\n> ask positions\n"
UNSENT = "do place buy 1\n> place 1#1 buy 1 market\n< unsent 1#1\n= got place 1#1 -> NotSent"
LOST = "do place buy 1\n> place 1#1 buy 1 market\n< lost 1#1\n> look 1#1\n"
STUCK = (
    RESTS + "do cancel 1#1\n> cancel 1#1\n< refuse 1#1 NONE\n> look 1#1\n< found 1#1\n"
    "= got cancel 1#1 -> unknown(0)"
)
MOVERS = {
    "stream_up": ("< stream down\n", False, "the event stream is down"),
    "behind": (GAP, True, "something may not have been told"),
    "breakers_open": (UNSENT, ("ordinary",), "nothing ordinary goes to the broker"),
    "uncertain": (
        LOST + "wait 0.9\n= got place 1#1 -> OutcomeUnknown",
        ("1#1",),
        "became of order 1#1",
    ),
    "stuck": (STUCK, ("1#1",), "order 1#1 cannot be cancelled"),
    "bare": (BARE, ("1",), "1 holds contracts without a confirmed stop"),
    "fallbacks": (BARE + "< ack 1.stop#1\n", ("1",), "1 failed and is under a fallback"),
    "closed": ("do close", True, "the manager is closed"),
}


@pytest.mark.parametrize("field", MOVERS)
def test_every_field_is_moved_and_said(field, on_stage, monkeypatch):
    script, expected, said = MOVERS[field]

    async def go(stage):
        calm = stage.manager.figures.health()
        await stage.play(script)
        if field == "fallbacks":
            monkeypatch.setattr(Bracket, "settle", None)
            left = "> cancel 1.target#1\n> modify 1.stop#1 order_qty 1"
            await stage.play(f"< fill 1.target#1 1 @ 20020\n{left}")
        return calm, stage.manager.figures.health()

    calm, health = on_stage(go, OrderSettings(breaker_tries=1, cancel_tries=1))
    assert (calm.ok, calm.complaints) == (True, ())
    assert getattr(health, field) == expected
    assert getattr(calm, field) != expected
    assert not health.ok
    assert any(said in complaint for complaint in health.complaints)


def test_no_field_is_without_a_mover():
    assert set(MOVERS) == set(Health.__struct_fields__)
