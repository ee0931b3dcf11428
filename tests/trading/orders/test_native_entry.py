"""Which entries carry their stop and target, and what becomes of the entry that does.

In the scripts a child goes by the tag under which the manager knows it; the broker tells it under
its id alone.
"""

import pytest
from msgspec import structs

from dryfill.trading.orders.settings import OrderSettings

SENT = """
    do bracket buy 1 loss 40t target 80t
    > place 1.entry#1 buy 1 market attached -40 80
"""
PLAIN = """
    > place 1.entry#2 buy 1 market
    < new 1.entry#2
    < ack 1.entry#2
    < fill 1.entry#2 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    = incidents native_refused
"""


@pytest.mark.parametrize("reason", ["BRACKET_REFUSED", "NOT_SUPPORTED"])
@pytest.mark.parametrize("told_by", ["< refuse 1.entry#1 {}", "< rejected 1.entry#1 {}"])
def test_an_entry_refused_for_what_was_attached_goes_once_more_without(
    play, native, reason, told_by
):
    play(SENT + told_by.format(reason) + PLAIN, offers=native)


@pytest.mark.parametrize(
    "ending",
    [
        "< refuse 1.entry#1 INSUFFICIENT_FUNDS",
        "< rejected 1.entry#1 NONE",
        "do cancel 1.entry#1\n< refuse 1.entry#1 BRACKET_REFUSED",
    ],
)
def test_any_other_refusal_is_the_entrys_and_there_is_no_second_one(play, native, ending):
    play(SENT + ending + "\nwait 60\n= working \n= incidents ", offers=native)


def test_an_answer_that_is_lost_makes_no_second_entry(play, native):
    """One native bracket succeeded, and a second entry followed: a fault of the reviewed module."""
    play(
        SENT
        + """
        < lost 1.entry#1
        > look 1.entry#1
        < found 1.entry#1
        < fill 1.entry#1 1 @ 20000
        < child 1.stop#1 sell 1 stop 19990
        < child 1.target#1 sell 1 limit 20020
        wait 5
        = working 1.stop#1 1.target#1
        = incidents
        """,
        offers=native,
    )


# --- who keeps them ---


@pytest.mark.parametrize(
    ("bracket", "sent"),
    [
        ("buy 1 loss 40t", "buy 1 market attached -40"),
        ("sell 1 loss 40t target 80t", "sell 1 market attached 40 -80"),
        ("buy 1 limit 20000 loss 19990 target 80t", "buy 1 limit 20000 attached -40 80"),
        ("sell 1 stop 20000 loss 20005 target 19990", "sell 1 stop 20000 attached 20 -40"),
        ("buy 1 loss 4t", "buy 1 market attached -4"),
        ("buy 1 loss 3t", "buy 1 market"),
        ("buy 2 loss 40t target 40t,80t", "buy 2 market"),
        ("buy 1 loss 19990 target 20020", "buy 1 market"),
        ("buy 1 loss 40t target 20020", "buy 1 market"),
    ],
)
def test_what_an_entry_carries_follows_from_the_plan(play, native, bracket, sent):
    play(f"do bracket {bracket}\n> place 1.entry#1 {sent}", offers=native)


@pytest.mark.parametrize(
    ("setting", "offered", "kept"),
    [
        ("auto", {}, True),
        ("auto", {"auto_oco": False}, False),
        ("auto", {"auto_oco": None}, False),
        ("auto", {"native_brackets": False}, False),
        ("native", {"auto_oco": None}, True),
        ("native", {"auto_oco": False}, False),
        ("native", {"native_brackets": False}, False),
        ("client", {}, False),
    ],
)
def test_who_keeps_them_follows_from_the_setting_and_what_is_offered(
    play, native, setting, offered, kept
):
    attached = " attached -40" if kept else ""
    play(
        f"do bracket buy 1 loss 40t\n> place 1.entry#1 buy 1 market{attached}",
        OrderSettings(brackets=setting),
        structs.replace(native, **offered),
    )
