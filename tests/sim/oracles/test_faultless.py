"""FAULT: an exception inside the order manager is a failure of its own, whoever trades."""

import asyncio
from dataclasses import replace

import pytest

from dryfill.scenarios.plan_run import RunHead
from dryfill.sim.explorer.drawing import draw
from dryfill.testing.composing import case_of
from dryfill.trading.order import Buy
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.observing import Observer
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.price import Ticks

CALM = draw(RunHead(), 0, "calm")
STRATEGY = replace(CALM, run=RunHead(what="made-up.py", length="100 s", quiet="41 s"))


class Fault(Exception):
    """What no code of ours raises by itself."""


def break_once(monkeypatch, owner, name, call):
    """Let one call of a method raise; the list of those that did."""
    whole, calls = getattr(owner, name), []

    def broken(*args, **kwargs):
        calls.append(name)
        if len(calls) == call:
            raise Fault(name)
        return whole(*args, **kwargs)

    monkeypatch.setattr(owner, name, broken)
    return calls


async def protects(desk):
    await desk.bracket(Buy(2), stop=Ticks(400))
    await asyncio.sleep(20)
    return []


@pytest.mark.parametrize(
    ("owner", "name", "kind"),
    [(Bracket, "settle", "fault"), (OrderCore, "apply", "fault"), (OrderCore, "acked", "fault")],
)
def test_an_exception_in_the_managers_own_workload_is_a_failure(owner, name, kind, monkeypatch):
    calls = break_once(monkeypatch, owner, name, call=3)
    verdict = case_of(CALM.run).play(CALM)
    assert len(calls) > 3
    assert (verdict.kind, verdict.rule) == ("violation", "FAULT")
    assert f"{kind}: " in verdict.text
    assert f"raised Fault('{name}') (test_faultless.py:" in verdict.text
    assert verdict.broke_ns is not None


def test_a_workload_in_which_nothing_raises_is_clean():
    verdict = case_of(CALM.run).play(CALM)
    assert (verdict.kind, verdict.premises["FAULT"]) == ("clean", 1)


def test_each_life_of_the_manager_is_judged():
    plan = draw(RunHead(), 1, "calm", crashes=True)
    assert [fault.kind for fault in plan.faults] == ["crash"]
    assert case_of(plan.run).play(plan).premises["FAULT"] == 2


def test_an_exception_in_the_manager_is_a_failure_under_a_strategy_too(monkeypatch):
    break_once(monkeypatch, OrderCore, "apply", call=2)
    verdict = case_of(STRATEGY.run, protects).play(STRATEGY)
    assert (verdict.kind, verdict.rule) == ("violation", "FAULT")


def test_what_an_observer_of_the_traders_raises_is_not_the_managers():
    class Follower(Observer):
        def on_report(self, order, report, fill):
            if order.core.is_entry:
                raise Fault("theirs")

    managers = []

    async def follows(desk):
        managers.append(desk.manager)
        desk.manager.observe(Follower())
        return await protects(desk)

    verdict = case_of(STRATEGY.run, follows).play(STRATEGY)
    assert "fault" in [incident.kind for incident in managers[0].view.incidents]
    assert (verdict.kind, verdict.rule) == ("clean", "")
