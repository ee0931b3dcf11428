"""The shrinker, on runs that are made up: a plan fails where it still has what is needed."""

import pytest

from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_run import RunHead
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.explorer.shrinking import OutOfRuns, Shrinker, without
from dryfill.sim.explorer.simpler import simpler
from dryfill.sim.explorer.verdict import Begun, Verdict

NEEDED = [
    {"kind": "drop", "event": "fill", "nth": 9},
    {"kind": "late", "event": "new", "nth": 4, "delay": "7350 ms"},
]
OTHERS = [{"kind": "refused", "call": "place", "nth": nth} for nth in range(1, 30)]
HEAD = RunHead(fails="INV-02", schedule="pct", schedule_seed=7, seed=7)


def verdict(plan, rule, steps=()):
    return Verdict(
        kind="violation" if rule else "clean",
        rule=rule,
        text="",
        trace=(),
        digest=f"{len(plan.faults)} faults",
        fired=Plan(plan.faults, plan.name, strict=True),
        premises={},
        faults={},
        states={},
        steps=steps,
        virtual_s=1.0,
    )


def shrunk(play, *faults, runs=500, head=HEAD):
    plan = make_plan(*faults)
    shrinker = Shrinker(Plan(plan.faults, "found", run=head), play, runs)
    return shrinker.shrink(), shrinker


def fails_with_both(plan):
    kinds = [fault.kind for fault in plan.faults]
    late = [fault.delay for fault in plan.faults if fault.kind == "late"]
    return verdict(plan, "INV-02" if "drop" in kinds and late and late[0] >= 3e9 else "")


def test_what_is_not_needed_is_left_out_and_what_is_left_is_simple():
    plan, shrinker = shrunk(fails_with_both, *OTHERS[:9], NEEDED[0], *OTHERS[9:], NEEDED[1])
    assert [(fault.kind, fault.nth) for fault in plan.faults] == [("drop", 9), ("late", 4)]
    assert plan.faults[1].delay == 5_000_000_000
    assert (plan.run.schedule, plan.run.schedule_seed) == ("fifo", 0)
    assert plan.run.digest == "2 faults"
    assert plan.strict
    assert shrinker.runs < 100


def test_another_rule_is_another_story():
    def play(plan):
        return verdict(plan, "INV-02" if len(plan.faults) > 3 else "INV-05")

    plan, _ = shrunk(play, *OTHERS[:8])
    assert len(plan.faults) == 4


def test_a_schedule_that_is_needed_stays():
    def play(plan):
        return verdict(plan, "INV-02" if plan.run.schedule == "pct" else "")

    plan, _ = shrunk(play, *OTHERS)
    assert plan.faults == ()
    assert (plan.run.schedule, plan.run.schedule_seed) == ("pct", 7)


def test_so_many_runs_and_no_more():
    played = []

    def play(plan):
        played.append(plan)
        return fails_with_both(plan)

    plan = Plan(make_plan(*OTHERS, *NEEDED).faults, run=HEAD)
    shrinker = Shrinker(plan, play, 6)
    with pytest.raises(OutOfRuns):
        shrinker.shrink()
    assert len(played) == shrinker.runs == 6
    assert 2 <= len(shrinker.plan.faults) < 31


def test_a_step_that_is_left_out_takes_its_calls_along():
    """Each step makes two calls; the third step's first call, the fifth in all, must be hit."""

    def play(plan):
        numbers = [step.number for step in plan.run.steps] or [1, 2, 3, 4]
        ends = [
            Begun(number, number * 10**9, {"place": 2 * n})
            for n, number in enumerate((*numbers, 0))
        ]
        place = 2 * numbers.index(3) + 1 if 3 in numbers else None
        hit = any(fault.nth == place for fault in plan.faults)
        return verdict(plan, "INV-02" if hit else "", tuple(ends))

    plan, _ = shrunk(play, {"kind": "refused", "call": "place", "nth": 5})
    assert [(step.number, step.at_ns) for step in plan.run.steps] == [(3, 3 * 10**9)]
    assert [fault.nth for fault in plan.faults] == [1]


def test_without_a_step_faults_are_as_far_into_their_own_as_they_were():
    """Both calls of the third step must be hit; where others are not played, five more calls come
    before it than they took along."""

    def play(plan):
        numbers = [step.number for step in plan.run.steps] or [1, 2, 3, 4]
        more = 5 * (4 - len(numbers))
        begun = tuple(
            Begun(number, number * 10**9, {"place": more + 2 * n})
            for n, number in enumerate((*numbers, 0))
        )
        first = more + 2 * numbers.index(3) + 1 if 3 in numbers else 0
        hit = {first, first + 1} <= {fault.nth for fault in plan.faults}
        return verdict(plan, "INV-02" if hit else "", begun)

    calls = [{"kind": "refused", "call": "place", "nth": nth} for nth in (1, 5, 6, 8)]
    plan, _ = shrunk(play, *calls)
    assert [step.number for step in plan.run.steps] == [3]
    assert [fault.nth for fault in plan.faults] == [16, 17]


def test_a_fault_that_only_moves_the_count_of_another_is_left_out():
    """Without the halt what must be dropped is the second fill, not the fourth."""

    def play(plan):
        halted = any(fault.kind == "halt" for fault in plan.faults)
        dropped = [fault.nth for fault in plan.faults if fault.kind == "drop"]
        return verdict(plan, "INV-02" if dropped == [4 if halted else 2] else "")

    halt = {"kind": "halt", "event": "new", "nth": 2, "duration": "5 s"}
    plan, _ = shrunk(play, halt, {"kind": "drop", "event": "fill", "nth": 4})
    assert [(fault.kind, fault.nth) for fault in plan.faults] == [("drop", 2)]


def test_a_strategy_is_run_for_less_long():
    def play(plan):
        return verdict(plan, "BARE" if plan.run.length >= 7 * 60 * 10**9 else "")

    head = RunHead(
        what="a.py", market="mixed", length="30 min", fails="BARE", schedule="fifo", seed=1
    )
    plan, _ = shrunk(play, *OTHERS[:3], head=head)
    assert plan.run.length == 7 * 60 * 10**9


def test_halves_quarters_and_single_ones_are_left_out():
    tried = []

    def still(kept):
        tried.append(kept)
        return kept if 5 in kept else None

    without(list(range(8)), still)
    assert tried[0] == [4, 5, 6, 7]
    assert tried[-1] == []
    assert len(tried) < 12


@pytest.mark.parametrize(
    ("fault", "key", "values"),
    [
        ({"kind": "late", "event": "new", "delay": "1234 ms"}, "delay", [10**9, 5 * 10**8]),
        ({"kind": "duplicate", "event": "new", "copies": 9}, "copies", [1, 4]),
        ({"kind": "server-error", "call": "place", "applied": True}, "applied", [False]),
        ({"kind": "latency", "call": "place", "request": "1 s"}, "request", [5 * 10**8]),
        ({"kind": "drop", "event": "fill", "nth": 3}, "nth", [1]),
        ({"kind": "halt", "at": "2 s", "duration": "3 s"}, "at", []),
        ({"kind": "refused", "call": "place", "reason": "none"}, "reason", []),
    ],
)
def test_the_simpler_values_of_a_fault_are_such_as_it_may_have(fault, key, values):
    made = simpler(make_plan(fault).faults[0], key)
    assert [getattr(each, key) for each in made][: len(values)] == values
    assert bool(made) == bool(values)
