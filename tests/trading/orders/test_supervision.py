"""Faults of our own, one seam at a time: who hears of them, and what guards the position then."""

import asyncio
from functools import partial

import pytest
from breaking import Fault, broken, kinds, raises

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import GuardFailed, UsageError
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.exits.fallback import Fallback
from dryfill.trading.orders.exits.flatten import Flatten
from dryfill.trading.orders.observing import Observer
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.recovery.inquiry import Inquiry
from dryfill.trading.orders.settings import OrderSettings

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
FAILS = "< fill 1.target#1 1 @ 20020\n"
KEPT = """
    > cancel 1.target#1
    > modify 1.stop#1 order_qty 1
"""


@pytest.fixture
def play_broken(stage_kind, monkeypatch):
    return partial(broken, stage_kind, monkeypatch)


CASES = {
    "a stop that works is kept and sized, the rest goes": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 1
        = position 1
        = working 1.stop#1
        < fill 1.stop#1 1 @ 19990
        = position 0
        = working
        = timers 0
    """,
    "a target that fills while it is cancelled takes the stop along": """
        < fill 1.target#1 1 @ 20020
        < refuse 1.target#1 TOO_LATE
        < ack 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = position 0
        = working
    """,
    "a stop that cannot be sized is taken away, and what is held is closed": """
        < canceled 1.target#1
        < ack 1.target#1
        < refuse 1.stop#1 NONE
        > look 1.stop#1
        < found 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < ack 1.stop#1
        < new 1.exit#1
        < ack 1.exit#1
        < fill 1.exit#1 1 @ 19999
        = position 0
        = working
        = timers 0
    """,
    "a stop that the venue takes away is not missed for long": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < fill 1.exit#1 1 @ 19999
        < ack 1.exit#1
        = position 0
    """,
    "a stop that the trader takes away is the trader's": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        do cancel 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        = position 1
        = working
    """,
    "a close that a shut market refused goes out as it opens": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < refuse 1.exit#1 MARKET_CLOSED
        < status OPEN
        > place 1.exit#2 sell 1 market
        < fill 1.exit#2 1 @ 19999
        < ack 1.exit#2
        = position 0
        = timers 0
    """,
    "the trader may move its stop": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 1
        do modify 1.stop#1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 1 stop_px 19995
        = working 1.stop#1
    """,
    "a flatten takes over": """
        < canceled 1.target#1
        < ack 1.target#1
        < ack 1.stop#1
        do flatten
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 1 market
        < ack 1.stop#1
        < fill 2.exit#1 1 @ 19999
        < ack 2.exit#1
        = position 0
        = got flatten -> FlattenResult(ok=True, position=0, reason='', confirmed=True)
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_the_fallback_of_a_bracket_that_fails(case, play_broken):
    stage = play_broken(GUARDED, [(Bracket, "settle")], FAILS + KEPT + CASES[case])
    assert kinds(stage)[:2] == ["fault", "fallback"]
    fault = stage.manager.view.incidents[0]
    assert (fault.intent, fault.tag) == ("1", "")
    assert "Bracket of 1 raised Fault('broken') (breaking.py:" in fault.text


def test_the_size_of_a_fallbacks_stop_is_what_is_held(play_broken):
    stage = play_broken(GUARDED, [(Bracket, "settle")], FAILS + KEPT + "< ack 1.stop#1\n")
    with pytest.raises(UsageError, match="the size of"):
        stage.manager.modify(stage.order("1.stop#1"), qty=2)


def test_without_a_stop_the_fallback_closes(play_broken):
    before = GUARDED[: GUARDED.index("< fill 1.entry")]
    after = """
        < fill 1.entry#1 2 @ 20000
        > place 1.exit#1 sell 2 market
        < ack 1.entry#1
        < fill 1.exit#1 2 @ 19999
        < ack 1.exit#1
        = position 0
        = incidents fault fallback
    """
    play_broken(before, [(Bracket, "settle")], after)


def test_closing_orders_of_the_fallback_have_tags_of_their_own(play_broken):
    before = (
        GUARDED
        + """
        < rejected 1.stop#1 BUY_STOP_NOT_ABOVE_LAST
        > cancel 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 2 market
        < ack 1.target#1
        < new 1.exit#1
        < ack 1.exit#1
    """
    )
    after = """
        < fill 1.exit#1 1 @ 19999
        > cancel 1.exit#1
        < canceled 1.exit#1
        > place 1.exit#2 sell 1 market
        < ack 1.exit#1
        < fill 1.exit#2 1 @ 19999
        < ack 1.exit#2
        = position 0
    """
    play_broken(before, [(Bracket, "settle")], after)


def test_a_fallback_that_fails_too_is_said_and_left(play_broken):
    stage = play_broken(
        GUARDED, [(Bracket, "settle"), (Fallback, "settle")], FAILS + "= position 1\n= timers 0"
    )
    assert kinds(stage) == ["fault", "fallback", "fault", "fallback_failed"]


def test_who_waits_for_a_bracket_that_fails_is_told(play_broken):
    before = GUARDED[: GUARDED.index("< fill 1.entry")] + "do protect 1\n"
    stage = play_broken(
        before,
        [(Bracket, "settle")],
        "< fill 1.entry#1 2 @ 20000\n> place 1.exit#1 sell 2 market\n"
        "= got protect 1 -> GuardFailed",
    )
    assert "Fault" in str(stage.tasks["protect 1"].exception())

    async def later():
        with pytest.raises(GuardFailed):
            await stage.brackets["1"].closed()

    run_virtual(later(), origin_ns=0)


def test_a_flatten_that_fails_ends_and_says_what_is_left(play_broken):
    stage = play_broken(
        "do place buy 1\n> place 1#1 buy 1 market\n< fill 1#1 1 @ 20000\n< ack 1#1\n",
        [(Flatten, "settle")],
        """do flatten
        = got flatten -> FlattenResult(ok=False, position=1, reason='', confirmed=True)""",
    )
    assert kinds(stage) == ["fault", "flatten_failed"]


def test_a_round_of_questions_whose_answers_fail_is_asked_again(play_broken, lossy):
    script = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        wait 5
        > ask fills
        > ask open
    """
    stage = play_broken(
        script,
        [(Inquiry, "_merge")],
        "< shown\n= incidents fault\nwait 5\n> ask fills\n> ask open",
        offers=lossy,
    )
    assert stage.manager.view.incidents[0].text.startswith("a look for open raised")


def test_a_report_that_fails_us_is_asked_for(play_broken):
    stage_script = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
    """
    after = """
        < fill 1#1 1 @ 20000
        wait 0.25
        > look 1#1
        < found 1#1
        = position 1
        = status 1#1 FILLED
        = incidents fault
        > ask fills
        > ask open
        > ask orders
        > ask positions
        do place buy 1 limit 20000
        = refused RefusedByUs                 -- what we know is stale until it was asked for
    """
    stage = play_broken(stage_script, [(OrderCore, "apply")], after)
    incident = stage.manager.view.incidents[0]
    assert (incident.intent, incident.tag) == ("1", "1#1")


def deaf(name):
    def hook(*args):
        raise Fault(name)

    hook.__name__ = name
    return hook


HOOKS = [name for name in vars(Observer) if name.startswith("on_")]
Deaf = type("Deaf", (Observer,), {name: deaf(name) for name in HOOKS})


class Hears(Observer):
    def __init__(self):
        self.heard = []

    def on_report(self, order, report, fill):
        if fill is not None:
            self.heard.append(fill.qty)

    def on_incident(self, incident):
        self.heard.append(incident.kind)


def test_an_observer_that_raises_is_told_of_once_and_the_others_hear_all(stage_kind):
    async def main():
        stage, hears = stage_kind(), Hears()
        stage.manager.observe(Deaf())
        stage.manager.observe(hears)
        await stage.play(
            "do place buy 2\n> place 1#1 buy 2 market\n< fill 1#1 1 @ 20000\n"
            "< fill 1#1 1 @ 20000\n< ack 1#1\n= position 2\ndo close"
        )
        return stage, hears

    stage, hears = run_virtual(main(), origin_ns=0)
    assert [each for each in hears.heard if each != "fault"] == [1, 1]
    told = [i.text.partition(" raised")[0] for i in stage.manager.view.incidents]
    hooks = ["intent", "command", "report", "position", "answer", "close"]
    assert [t for t in told if "incident" not in t] == [f"observer Deaf.on_{h}" for h in hooks]
    assert told.count("observer Deaf.on_incident") == 1
    assert stage.listener.lines[-1] == "incident fault"


class Asks(Observer):
    """Asks how all stands whenever an order leaves."""

    def __init__(self):
        self.bare, self.manager = [], None

    def on_intent(self, order):
        self.bare.append(self.manager.figures.health().bare)


def test_who_asks_how_all_stands_as_a_bracket_begins_is_told(stage_kind):
    async def main():
        stage, asks = stage_kind(), Asks()
        asks.manager = stage.manager
        stage.manager.observe(asks)
        await stage.play(GUARDED)
        return stage, asks

    stage, asks = run_virtual(main(), origin_ns=0)
    assert asks.bare[0] == ()
    assert len(asks.bare) > 1
    assert list(stage.manager.view.incidents) == []


def test_a_listener_that_raises_changes_nothing_for_the_manager(stage_kind, monkeypatch):
    async def main():
        stage = stage_kind()
        for name in ("on_report", "on_fill", "on_position", "on_incident"):
            monkeypatch.setattr(stage.listener, name, raises)
        await stage.play(GUARDED + "= position 2")
        return stage

    assert set(kinds(run_virtual(main(), origin_ns=0))) == {"fault"}


def test_a_port_that_raises_instead_of_answering_is_an_outcome_nobody_knows(
    stage_kind, monkeypatch
):
    async def main():
        stage = stage_kind()
        monkeypatch.setattr(stage.broker, "place", raises)
        await stage.play("do place buy 1\n> look 1#1\nwait 0.9\n= got place 1#1 -> OutcomeUnknown")
        return stage

    assert kinds(run_virtual(main(), origin_ns=0)) == ["broker_error"]


@pytest.mark.parametrize("tries", [1, 2])
def test_an_order_is_looked_up_as_often_as_fault_tries_says_then_left(tries, stage_kind):
    async def main():
        stage = stage_kind(OrderSettings(fault_tries=tries))
        await stage.play(GUARDED)
        supervision = stage.manager._outbox.supervision
        for _ in range(tries):
            supervision.failed(Fault("again"), "a test", "1.target#1")
        assert kinds(stage) == ["fault"]
        supervision.failed(Fault("again"), "a test", "1.target#1")
        assert kinds(stage) == ["fault", "fallback"]
        assert supervision.count == tries + 1
        await asyncio.sleep(0)

    run_virtual(main(), origin_ns=0)
