"""A case is drawn, run and judged: what the manager's workload and a strategy may come to."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_run import RunHead
from dryfill.scenarios.plan_text import make_plan, plan_from_toml, plan_to_toml
from dryfill.sim.explorer.drawing import draw
from dryfill.sim.explorer.finding import found_plan
from dryfill.sim.explorer.manager_work import ManagerWork
from dryfill.testing.composing import case_of
from dryfill.trading.errors import UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.journal.keeper import Keeper
from dryfill.trading.price import Ticks

WALKED = RunHead(what="made-up.py", length="100 s", quiet="41 s")
"""A hundred seconds of the walk."""


def play(plan, script=None):
    return case_of(plan.run, script).play(plan)


def played(script, *faults, strict=True, **head):
    run = RunHead.model_validate(WALKED.model_dump(exclude_defaults=True) | head)
    plan = make_plan(*faults, strict=strict)
    return play(replace(plan, run=run), script)


# --- drawing --------------------------------------------------------------------------------------


def test_a_seed_is_one_plan_and_another_seed_another():
    head = RunHead()
    assert draw(head, 3, "live") == draw(head, 3, "live") != draw(head, 4, "live")
    plan = draw(head, 20, "hostile")
    assert (plan.run.seed, plan.run.market_seed) == (20, 4)
    assert plan_from_toml(plan_to_toml(plan)) == plan


def test_the_schedules_are_mixed_as_a_night_is():
    kinds = Counter(draw(RunHead(), seed, "calm").run.schedule for seed in range(300))
    assert 120 < kinds["ties"] < 180
    assert 60 < kinds["pct"] < 120
    assert 35 < kinds["uniform"] < 90
    one = draw(RunHead(), 5, "calm", schedule="pct").run
    assert (one.schedule, one.schedule_seed) == ("pct", 5)
    with pytest.raises(UsageError, match="'lifo' is not known; give one of mix, fifo"):
        draw(RunHead(), 5, "calm", schedule="lifo")


def test_where_all_work_is_asked_for_the_wall_clock_may_jump():
    heads = {work: RunHead(work=work) for work in ("brackets", "all")}
    plans = [draw(heads["all"], seed, "hostile") for seed in range(80)]
    jumps = [fault for plan in plans for fault in plan.faults if fault.kind == "clock"]
    assert 10 < len(jumps) < 35
    assert {fault.ahead > 0 for fault in jumps} == {True, False}
    for head, profile in ((heads["all"], "live"), (heads["brackets"], "hostile")):
        plain = [draw(head, seed, profile) for seed in range(30)]
        assert not [f for plan in plain for f in plan.faults if f.kind == "clock"]


def test_in_a_swarm_the_wall_clock_may_drift():
    plans = [draw(RunHead(), seed, "swarm") for seed in range(120)]
    drifts = [fault for plan in plans for fault in plan.faults if fault.kind == "clock"]
    assert 15 < len(drifts) < 45
    assert {fault.fast > 0 for fault in drifts} == {True, False}
    rates = [fault.fast + fault.slow for fault in drifts]
    assert 50 <= min(rates) < 200
    assert 20_000 < max(rates) <= 51_200
    drifting = next(plan for plan in plans if plan.faults and plan.faults[0] in drifts)
    assert plan_from_toml(plan_to_toml(drifting)) == drifting
    assert not [f for f in draw(RunHead(), 3, "hostile").faults if f.kind == "clock"]


def test_where_all_work_is_asked_for_the_manager_may_forget_soon():
    runs = [draw(RunHead(work="all"), seed, "hostile").run for seed in range(80)]
    forgets = [run.forgets / 1e9 for run in runs if run.forgets is not None]
    assert 10 < len(forgets) < 35
    assert 45 <= min(forgets) < max(forgets) < 75
    assert all(draw(RunHead(), seed, "hostile").run.forgets is None for seed in range(30))
    plan = draw(RunHead(work="all"), runs[0].seed, "calm")
    soon = replace(plan, run=plan.run.model_copy(update={"forgets": 50 * 10**9}))
    assert plan_from_toml(plan_to_toml(soon)).run.forgets == 50 * 10**9
    assert case_of(soon.run).setup.settings.finished_s == 50


def test_one_seed_in_four_is_killed_where_that_is_asked_for():
    plans = [draw(RunHead(), seed, "calm", crashes=True) for seed in range(200)]
    crashes = [fault for plan in plans for fault in plan.faults]
    assert {fault.kind for fault in crashes} == {"crash"}
    assert 30 < len(crashes) < 70
    assert {fault.moment for fault in crashes} == {"call", "event", "step"}
    assert all(plan.run.journal for plan in plans)  # a seed that nobody kills writes one as well
    assert not draw(RunHead(), 5, "calm").run.journal
    assert not any(draw(RunHead(), seed, "calm").faults for seed in range(20))


def test_an_order_that_is_not_written_down_before_it_is_sent_is_found(monkeypatch):
    """The first leg of a bracket is known to no journal."""
    written = Keeper.on_intent
    legs = []

    def forgetful(keeper, order):
        if order.core.is_entry or legs:
            written(keeper, order)
        legs.extend([] if order.core.is_entry else [order.cl_ord_id])

    monkeypatch.setattr(Keeper, "on_intent", forgetful)
    plan = draw(RunHead(), 0, "calm")
    crash = make_plan({"kind": "crash", "call": "place", "nth": 9}).faults
    verdict = play(replace(plan, faults=crash))
    assert (verdict.kind, verdict.rule) == ("violation", "INV-20")
    assert verdict.text == f"{legs[0]} is sent, and is not in the journal yet"
    monkeypatch.undo()
    verdict = play(replace(plan, faults=crash))
    assert verdict.kind == "clean"
    assert verdict.premises["INV-20"] > 5


def test_a_peek_sees_what_is_broken_first_and_no_more(monkeypatch):
    monkeypatch.setattr(Keeper, "on_intent", lambda keeper, order: None)
    plan = draw(RunHead(journal=True), 0, "calm")
    whole = play(plan)
    seen = case_of(plan.run).peek(plan, whole.broke_ns)
    assert (seen.kind, seen.rule, seen.text) == ("violation", whole.rule, whole.text)
    assert seen.broke_ns == whole.broke_ns
    assert seen.passed == whole.passed[: len(seen.passed)]
    assert 10 * len(seen.passed) < len(whole.passed)
    monkeypatch.undo()
    clean = case_of(plan.run).peek(plan, 20 * 10**9)
    assert (clean.kind, clean.rule) == ("clean", "")
    assert 20 < clean.virtual_s < 90


def test_a_session_that_is_ended_and_cut_is_judged_where_there_are_bytes():
    plan = draw(RunHead(world="wire"), 1, "calm")
    faults = make_plan(
        {"kind": "token-ended", "at": "10 s"},
        {"kind": "stream-down", "at": "20 s", "duration": "2 s"},
    ).faults
    verdict = play(replace(plan, faults=faults))
    assert verdict.kind == "clean"
    assert verdict.premises["F10"] == 1
    assert verdict.premises["F18"] >= 1
    assert draw(RunHead(world="wire"), 1, "hostile").of_the_wire


def test_what_is_sent_while_the_disk_is_full_is_not_judged():
    plan = draw(RunHead(), 0, "calm")
    full = make_plan({"kind": "disk-full", "call": "place", "nth": 2, "duration": "10 s"}).faults
    verdict = play(replace(plan, faults=full))
    assert verdict.kind == "clean"
    assert verdict.faults == {"disk-full": 1}


# --- the manager's workload -----------------------------------------------------------------------


def test_the_managers_workload_is_judged_and_breaks_nothing():
    judged, states, faults = Counter(), Counter(), Counter()
    for seed in range(6):
        verdict = play(draw(RunHead(), seed, "live"))
        assert not verdict.failed, verdict
        assert len(verdict.steps) > 3
        for total, its in (
            (judged, verdict.premises),
            (states, verdict.states),
            (faults, verdict.faults),
        ):
            total.update(its)
    assert not [name for name in ("INV-01", "INV-02", "INV-03", "INV-22") if not judged[name]]
    assert states["- NEW place"]
    assert states["NEW TRADE -"]
    assert faults["drop"]


def test_the_same_plan_gives_the_same_run_and_so_does_what_of_it_fired():
    plan = draw(RunHead(), 7, "hostile")
    first, again = play(plan), play(plan)
    assert first == again
    narrow = play(replace(first.fired, run=plan.run))
    assert narrow.digest == first.digest
    assert len(first.fired.faults) < len(plan.faults)


def test_through_the_wire_it_is_the_same_workload():
    verdict = play(draw(RunHead(world="wire"), 1, "live"))
    assert not verdict.failed, verdict
    assert verdict.steps
    assert verdict.premises["INV-01"]


def test_it_is_started_again_after_a_crash_and_leaves():
    crash = {"kind": "crash", "call": "place", "nth": 5, "point": "acted"}
    plan = replace(make_plan(crash), run=RunHead(quiet="41 s"))
    verdict = play(plan)
    assert not verdict.failed, verdict
    assert verdict.faults == {"crash": 1}
    assert verdict.premises["INV-07"] or verdict.premises["INV-22"]


def test_what_the_dead_do_is_a_violation():
    class Lingers(ManagerWork):
        async def trade(self, desk):
            try:
                return await super().trade(desk)
            finally:
                desk.broker.cancel(desk.instrument, "1", deadline_s=5)

    crash = {"kind": "crash", "call": "place", "nth": 5, "point": "acted"}
    plan = replace(make_plan(crash), run=RunHead(quiet="41 s"))
    case = replace(case_of(plan.run), program=lambda watching: Lingers(watching, 0, 41))
    verdict = case.play(plan)
    assert (verdict.kind, verdict.rule) == ("violation", "INV-20")
    assert verdict.text == "what was dead acted 1 times"


def test_some_steps_alone_begin_when_they_began():
    whole = play(replace(Plan(), run=RunHead(seed=2, quiet="41 s")))
    kept = [(step.number, step.at_ns) for step in whole.steps[3:5]]
    steps = [f"{number} at {at_ns} ns" for number, at_ns in kept]
    some = play(replace(Plan(), run=RunHead(seed=2, quiet="41 s", steps=steps)))
    assert [(step.number, step.at_ns) for step in some.steps[:2]] == kept
    assert len(some.steps) == 3


# --- a strategy -----------------------------------------------------------------------------------


async def protects(desk):
    await desk.bracket(Buy(1), stop=Ticks(400), target=Ticks(400))
    await asyncio.sleep(30)


async def leaves_it_bare(desk):
    await desk.place(Buy(2))
    await asyncio.sleep(1)
    await desk.place(Sell(1, stop="19000"))
    await asyncio.sleep(30)


async def fails(desk):
    await desk.place(Buy(1))
    raise LookupError("no such bar")


async def waits_for_ever(desk):
    await asyncio.Event().wait()


async def loses_an_error(desk):
    task = asyncio.create_task(fails(desk))
    await asyncio.sleep(1)
    del task


def test_a_strategy_that_does_nothing_wrong_is_clean():
    verdict = played(protects, bare="2 s", ends=("protected",))
    assert (verdict.kind, verdict.rule) == ("clean", "")
    assert verdict.premises["BARE"]


def test_contracts_without_a_stop_are_found_however_they_were_opened():
    verdict = played(leaves_it_bare, bare="5 s")
    assert (verdict.kind, verdict.rule) == ("violation", "BARE")
    assert verdict.text == "2 MNQ held, and stops for 1 work, for more than 5 s"
    assert not played(leaves_it_bare, bare="50 s").failed
    assert not played(leaves_it_bare).failed


def test_a_run_ends_as_it_may():
    verdict = played(leaves_it_bare, ends=("flat", "protected"))
    assert (verdict.kind, verdict.rule) == ("violation", "ENDS")
    assert "it ends bare, with 2 held; it is to end flat or protected" in verdict.text
    assert not played(leaves_it_bare, ends=("bare",)).failed


def test_what_a_strategy_raises_is_said_with_its_place():
    verdict = played(fails)
    assert (verdict.kind, verdict.rule) == ("raised", "LookupError")
    assert "no such bar (" in verdict.text
    assert "in fails)" in verdict.text


def test_one_that_waits_for_ever_is_stuck():
    verdict = played(waits_for_ever)
    assert (verdict.kind, verdict.rule) == ("stuck", "DeadlockError")


def test_an_error_that_reaches_nobody_breaks_a_rule():
    verdict = played(loses_an_error)
    assert (verdict.kind, verdict.rule) == ("violation", "INV-11")


def test_a_plan_whose_faults_did_not_happen_is_stale():
    fault = {"kind": "drop", "event": "fill", "nth": 99}
    verdict = played(protects, fault)
    assert verdict.kind == "stale"
    assert "fault 1: drop (F12)" in verdict.text
    assert not played(protects, fault, strict=False).failed


def test_where_a_plan_struck_stands_in_what_happened():
    verdict = played(leaves_it_bare, {"kind": "duplicate", "event": "fill"}, bare="5 s")
    assert [line for line in verdict.trace if "FAULT     duplicate: fill of" in line]
    times = [float(line.split()[0]) for line in verdict.trace]
    assert times == sorted(times)


def test_what_is_kept_of_a_failure_is_what_fired_and_replays():
    faults = [{"kind": "duplicate", "event": "fill"}, {"kind": "drop", "event": "fill", "nth": 9}]
    run = WALKED.model_copy(update={"bare": 5 * 10**9})
    plan = replace(make_plan(*faults, strict=False), run=run)
    verdict = play(plan, leaves_it_bare)
    found = found_plan(plan, verdict, lambda each: play(each, leaves_it_bare))
    assert [fault.kind for fault in found.faults] == ["duplicate"]
    assert found.strict
    assert (found.run.fails, found.run.digest) == ("BARE", verdict.digest)
    assert found_plan(plan, play(plan, protects), None) is None


@pytest.mark.parametrize(
    ("head", "story"),
    [
        ({"market": "trend"}, "a generated market (trend) needs a length"),
        ({"market": "trend", "length": 86_400 * 10**9}, "give less than a day"),
        ({"latency": "quick"}, "no latency is named 'quick'"),
        ({"engine": "fast"}, "fast"),
        ({"what": "a.py", "params": ("size",)}, "parameter 'size' is no name=value"),
        ({"instrument": "XX"}, "XX"),
    ],
)
def test_what_cannot_be_run_is_refused(head, story):
    with pytest.raises(UsageError) as refused:
        case_of(RunHead().model_copy(update=head), protects)
    assert story in str(refused.value)


@pytest.mark.parametrize(("nth", "what_fires"), [(1, ["late-fill"]), (2, [])])
def test_a_child_that_waited_for_its_entry_to_the_end_cannot_have_filled(nth, what_fires):
    """The entry is cancelled, and then its stop, which the broker had kept back."""
    steps = ("5 at 12045 ms",)
    head = RunHead(market_seed=12, brackets="native", seed=28, steps=steps, quiet="46856 ms")
    late = {"kind": "late-fill", "event": "canceled", "nth": nth}
    verdict = play(replace(make_plan(late, strict=False), run=head))
    assert [fault.kind for fault in verdict.fired.faults] == what_fires
    assert verdict.kind == "clean"
