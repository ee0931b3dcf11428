"""Owners that fail as they are let go, woken or asked, and one whose orders were linked."""

from functools import partial

import pytest
from breaking import broken, kinds, raises

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.exits.fallback import Fallback
from dryfill.trading.orders.groups.group import Group

GUARDED = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < ack 1.entry#1
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""


@pytest.fixture
def play_broken(stage_kind, monkeypatch):
    return partial(broken, stage_kind, monkeypatch)


def test_a_bracket_that_fails_to_let_go_is_let_go_by_its_fallback(play_broken):
    """Else the fallback, its stop gone, would close what the flatten closes."""
    after = """
        do flatten
        > cancel 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        = incidents fault fallback
        < ack 1.target#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < ack 1.stop#1
        < fill 2.exit#1 2 @ 19999
        < ack 2.exit#1
        = position 0
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
        = timers 0
    """
    play_broken(GUARDED, [(Bracket, "release")], after)


def test_a_bracket_that_cannot_even_stop_its_timers_is_under_a_fallback(play_broken):
    after = """
        < fill 1.target#1 1 @ 20020
        > cancel 1.target#1
        > modify 1.stop#1 order_qty 1
        = incidents fault fault fallback
    """
    play_broken(GUARDED, [(Bracket, "settle"), (Bracket, "stop_timers")], after)


def test_a_bracket_that_fails_as_the_market_opens_is_under_a_fallback(play_broken):
    after = """
        < status OPEN
        > cancel 1.target#1
        = incidents fault fallback
        < canceled 1.target#1
        < ack 1.target#1
        = working 1.stop#1
        = position 2
    """
    play_broken(GUARDED, [(Bracket, "wake")], after)


def test_who_cannot_say_whether_it_is_protected_is_taken_for_bare(stage_kind, monkeypatch):
    async def main():
        stage = stage_kind()
        await stage.play(GUARDED)
        health = stage.manager.figures.health
        before = health().bare
        monkeypatch.setattr(Bracket, "bare", property(raises))
        return before, health().bare, kinds(stage)

    assert run_virtual(main(), origin_ns=0) == ((), ("1",), ["fault", "fallback"])


LINKED = """
    do place sell 1 limit 20020
    > place 1#1 sell 1 limit 20020
    < new 1#1
    < ack 1#1
    do place sell 1 stop 19990
    > place 2#1 sell 1 stop 19990
    < new 2#1
    < ack 2#1
    do link 1#1 2#1
"""


def test_orders_that_were_linked_are_the_fallbacks_when_their_group_fails(play_broken):
    after = """
        < fill 1#1 1 @ 20020
        > cancel 2#1
        = incidents fault fallback
        < canceled 2#1
        < ack 2#1
        = working
        = incidents fault fallback
    """
    stage = play_broken(LINKED, [(Group, "settle")], after)
    assert isinstance(stage.manager._owners.of(stage.order("2#1")), Fallback)
    assert stage.manager.figures.health().bare == ()


def test_a_fallback_that_knows_of_nothing_held_closes_nothing_and_says_so(play_broken):
    """The market trades through the stop that it kept."""
    held = "do place buy 1\n> place 1#1 buy 1 market\n< ack 1#1\n< fill 1#1 1 @ 20000\n"
    oco = """
        do oco sell 1 limit 20020 | sell 1 stop 19990
        > place 2.leg1#1 sell 1 limit 20020
        > place 2.leg2#1 sell 1 stop 19990
        < ack 2.leg1#1
        < new 2.leg2#1
        < ack 2.leg2#1
    """
    after = """
        < canceled 2.leg1#1
        = incidents fault fallback
        do price 19989.75
        wait 1
        > look 2.leg2#1
        < found 2.leg2#1
        = working 2.leg2#1
        = incidents fault fallback stop_traded_through
    """
    stage = play_broken(held + oco, [(Group, "settle")], after)
    assert "it is left as it is" in stage.manager.view.incidents[-1].text


def test_what_a_fallback_keeps_under_its_stop_is_not_bare(stage_kind, monkeypatch):
    async def main():
        stage = stage_kind()
        await stage.play(GUARDED)
        monkeypatch.setattr(Bracket, "settle", raises)
        health = stage.manager.figures.health
        kept = "> cancel 1.target#1\n> modify 1.stop#1 order_qty 1\n"
        await stage.play("< fill 1.target#1 1 @ 20020\n" + kept)
        await stage.play("< ack 1.stop#1\n< replaced 1.stop#1 order_qty 1")
        return health().bare

    assert run_virtual(main(), origin_ns=0) == ()


@pytest.mark.parametrize(("intent", "then"), [("9", ""), ("1", "do close")])
def test_there_is_no_fallback_for_nobody_nor_after_the_end(stage_kind, intent, then):
    async def main():
        stage = stage_kind()
        await stage.play(GUARDED + then)
        stage.manager._outbox.supervision.fall_back(intent, "it failed")
        await stage.play("= incidents\n= working 1.stop#1 1.target#1")

    run_virtual(main(), origin_ns=0)
