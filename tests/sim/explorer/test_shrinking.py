"""The shrinker, on runs that are made up: a plan fails where it still has what is needed."""

import pytest

from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_run import RunHead
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.explorer.descent import without
from dryfill.sim.explorer.shrinking import OutOfRuns, Shrinker
from dryfill.sim.explorer.simpler import joined, simpler
from dryfill.sim.explorer.verdict import Begun, Verdict
from dryfill.sim.faults.moments import Moments, Passed
from dryfill.trading.orders import tags

NEEDED = [
    {"kind": "drop", "event": "fill", "nth": 9},
    {"kind": "late", "event": "new", "nth": 4, "delay": "7350 ms"},
]
OTHERS = [{"kind": "refused", "call": "place", "nth": nth} for nth in range(1, 30)]
HEAD = RunHead(fails="INV-02", schedule="pct", schedule_seed=7, seed=7)


def verdict(plan, rule, steps=(), passed=(), broke_ns=None):
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
        steps=tuple(steps),
        virtual_s=1.0,
        passed=tuple(passed),
        broke_ns=broke_ns,
    )


S = 10**9


def place(at_s, tag=None):
    return Passed(round(at_s * S), "call", "place", None if tag is None else tags.parse(tag))


def hit(plan, passed):
    """Which calls and events the plan strikes, by their places among all."""
    moments = Moments(plan.faults)
    return {n for n, each in enumerate(passed) if moments.see(each)}


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


def test_what_came_after_the_rule_was_broken_goes_first():
    played = []

    def play(plan):
        played.append(plan)
        begun = plan.run.steps or [(1, 0), (2, 5 * S), (3, 9 * S)]
        passed = [place(n) for n in range(10)]
        rule = "INV-02" if 3 in hit(plan, passed) else ""
        return verdict(plan, rule, [Begun(*each) for each in (*begun, (0, 20 * S))], passed, 6 * S)

    plan, _ = shrunk(play, *[{"kind": "refused", "call": "place", "nth": n} for n in range(1, 11)])
    assert [fault.nth for fault in played[1].faults] == [1, 2, 3, 4, 5, 6, 7]
    assert [step.number for step in played[1].run.steps] == [1, 2]
    assert [fault.nth for fault in plan.faults] == [4]


def in_steps(needed):
    """Four steps, ten seconds each, that send an entry and a stop; an entry that is refused is sent
    again. What is needed is a step's number, and which of the two is refused."""

    def play(plan):
        begun = plan.run.steps or [(number, 10 * number * S) for number in (1, 2, 3, 4)]
        moments, passed, struck = Moments(plan.faults), [], set()

        def send(number, at_s, role):
            passed.append(place(at_s, f"{number}.{role}#1"))
            if moments.see(passed[-1]):
                struck.add((number, role))
                if role == "entry":
                    send(number, at_s + 0.1, "again")

        for number, at_ns in begun:
            send(number, at_ns / S + 1, "entry")
            send(number, at_ns / S + 2, "stop")
        steps = [Begun(*step) for step in (*begun, (0, 60 * S))]
        return verdict(plan, "INV-02" if needed in struck else "", steps, passed)

    return play


def refused(nth, **more):
    return {"kind": "refused", "call": "place", "nth": nth, **more}


def test_a_step_that_is_left_out_takes_its_calls_along():
    plan, shrinker = shrunk(in_steps((3, "entry")), refused(5))
    assert [(step.number, step.at_ns) for step in plan.run.steps] == [(3, 30 * S)]
    assert [(fault.nth, fault.since, fault.role) for fault in plan.faults] == [(1, 0, None)]
    assert shrinker.runs < 15


def test_a_fault_stays_at_what_it_struck_when_others_are_taken_away():
    """Two entries are sent again, so that the third step's stop is the eighth order of all."""
    plan, _ = shrunk(in_steps((3, "stop")), *(refused(nth) for nth in (1, 3, 4, 6, 8)))
    assert [step.number for step in plan.run.steps] == [3]
    assert [(fault.nth, fault.since, fault.role) for fault in plan.faults] == [(2, 0, None)]


def test_where_one_way_ends_early_another_goes_on():
    def play(plan):
        kept = {fault.nth for fault in plan.faults}
        return verdict(plan, "INV-02" if {5, 6, 7} <= kept or 1 in kept else "")

    plan, _ = shrunk(play, *OTHERS[:8])
    assert [fault.nth for fault in plan.faults] == [1]


def test_the_end_of_a_run_is_not_played_where_a_rule_is_broken_before():
    peeked = []

    def play(plan):
        third = any(fault.nth == 3 for fault in plan.faults)
        return verdict(plan, "INV-02" if third else "", broke_ns=9 * S)

    def peek(plan, until_ns):
        peeked.append(until_ns)
        return play(plan)

    plan = make_plan(*OTHERS[:9])
    shrinker = Shrinker(Plan(plan.faults, run=HEAD), play, 500, peek=peek)
    assert [fault.nth for fault in shrinker.shrink().faults] == [3]
    assert set(peeked) == {69 * S}
    assert len(peeked) == shrinker.runs - 2  # the first, and the one that settles it


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


def test_what_is_alike_and_strikes_at_equal_steps_is_one():
    def made(*faults):
        return [str(fault) for fault in joined(make_plan(*faults).faults)]

    def kept(*faults):
        return [str(fault) for fault in make_plan(*faults).faults]

    assert made(refused(1), refused(2)) == kept(refused(1, times=2))
    assert made(refused(3), refused(5), refused(7)) == kept(refused(3, times=3, every=2))
    others = [
        (refused(3), refused(5), refused(6)),
        (refused(2), refused(1)),
        (refused(1), refused(2, text="no")),
        (refused(1), {"kind": "drop", "event": "fill", "nth": 2}),
        tuple(
            {"kind": "rate-limited", "call": "place", "nth": n, "duration": "1s"} for n in (1, 2)
        ),
    ]
    assert made(*others[0]) == kept(refused(3, times=2, every=2), refused(6))
    for faults in others[1:]:
        assert made(*faults) == kept(*faults)
