"""The manager's workload where all that its orders can be is asked for."""

from collections import Counter
from dataclasses import replace
from itertools import islice

from dryfill.scenarios.plan_run import RunHead
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.explorer.drawing import draw
from dryfill.sim.explorer.work_steps import STAYING, stays, step_of, steps_of
from dryfill.testing.composing import case_of

ALL = RunHead(work="all")


def play(plan):
    return case_of(plan.run).play(plan)


def test_all_kinds_of_steps_are_drawn_and_the_brackets_are_what_they_were():
    drawn = [step for seed in range(40) for step in islice(steps_of(seed, "all"), 10)]
    does = Counter(step.does for step in drawn)
    assert does["bracket"] > does["exits"] > 20
    assert does["orders"] > 20 < does["guard"]
    assert {step.levels for step in drawn} == {"plain", "close", "split"}
    assert {step.patience_s for step in drawn} == {2.0, 20.0, 0.04}
    for seed in range(5):
        plain, varied = step_of(seed, 3, "brackets"), step_of(seed, 3, "all")
        assert (plain.long, plain.qty, plain.rests) == (varied.long, varied.qty, varied.rests)
        assert (plain.does, plain.levels) == ("bracket", "plain")
    assert not any(stays(seed, "brackets") for seed in range(20))
    assert {stays(seed, "all") for seed in range(20)} == {True, False}


def test_it_is_judged_and_breaks_nothing():
    judged, done = Counter(), Counter()
    for seed in range(8):
        verdict = play(draw(ALL, seed, "live"))
        assert not verdict.failed, verdict
        judged.update(verdict.premises)
        done.update(step_of(seed, s.number, "all").does for s in verdict.steps if s.number)
    assert set(done) == {"bracket", "exits", "orders", "guard", "stay"}
    assert not [name for name in ("INV-02", "INV-07", "INV-10", "INV-15") if not judged[name]]


def test_the_last_step_alone_is_played_again():
    head = ALL.model_copy(update={"steps": ((STAYING, 10**9),), "quiet": 41 * 10**9})
    verdict = play(replace(make_plan(), run=head))
    assert not verdict.failed, verdict
    assert [step.number for step in verdict.steps] == [STAYING, 0]
    assert verdict.premises["INV-07"] == 1


def test_some_markets_of_all_the_work_are_about_zero():
    about = {}
    for seed in range(16):
        for work in ("brackets", "all"):
            setup = case_of(RunHead(work=work, market_seed=seed)).setup
            tick = setup.instrument.tick_units(0)
            about[work, seed] = set((setup.tape.quotes.bid // tick).tolist())
    low = [key for key, ticks in about.items() if 0 in ticks]
    assert low == [("all", 5), ("all", 13)]
    assert all(min(about[key]) < -4 < 4 < max(about[key]) for key in low)
