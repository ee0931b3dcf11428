"""What a death takes from the journal: its last write, or a part of it (F29)."""

from dataclasses import replace

import pytest

from dryfill.scenarios.plan_kinds import KINDS
from dryfill.scenarios.plan_run import RunHead
from dryfill.scenarios.plan_text import make_plan, plan_from_toml, plan_to_toml
from dryfill.sim.explorer.drawing import draw
from dryfill.sim.journal import SimDisk
from dryfill.testing.composing import case_of


@pytest.fixture
def killed(monkeypatch):
    """Kill the manager's workload; what it says, and what each life found in its journal."""
    found, load = [], SimDisk.load

    def noted(disk):
        before = len(disk)
        loaded = load(disk)
        found.append((before, len(loaded.entries), loaded.torn))
        return loaded

    monkeypatch.setattr(SimDisk, "load", noted)

    def go(*crashes):
        plan = draw(RunHead(), 0, "calm")
        plan = replace(plan, faults=make_plan(*crashes).faults, strict=True)
        plan = plan_from_toml(plan_to_toml(plan))
        return case_of(plan.run).play(plan), found

    return go


DIES = {"kind": "crash", "call": "place", "nth": 9}
AGAIN = {"kind": "crash", "at": "30 s"}


@pytest.mark.parametrize("journal", KINDS["crash"].choices["journal"])
def test_so_much_of_the_journal_is_left(journal, killed):
    verdict, found = killed(dict(DIES))
    assert verdict.kind == "clean", verdict.text
    (whole, _, _) = found[-1]
    verdict, found = killed({**DIES, "journal": journal})
    assert verdict.kind == "clean", verdict.text
    (first, (rows, entries, torn)) = found[-2:]
    assert first == (0, 0, "")
    lost, is_torn = journal == "last-lost", journal == "last-torn"
    assert (rows, entries) == (whole - lost, whole - (lost or is_torn))
    assert bool(torn) is is_torn


def test_a_later_death_takes_what_its_own_plan_says(killed):
    verdict, found = killed({**DIES, "journal": "last-torn"}, AGAIN)
    assert verdict.kind == "clean", verdict.text
    assert verdict.faults == {"crash": 2}
    assert [bool(torn) for _, _, torn in found] == [False, True, False]


def test_where_seeds_are_killed_one_in_two_loses_something():
    plans = [draw(RunHead(), seed, "calm", crashes=True) for seed in range(400)]
    left = [fault.journal for plan in plans for fault in plan.faults]
    assert set(left) == {"whole", "last-lost", "last-torn"}
    assert len(left) // 3 < left.count("whole") < 2 * len(left) // 3
    torn = next(plan for plan in plans for fault in plan.faults if fault.journal == "last-torn")
    assert plan_from_toml(plan_to_toml(torn)) == torn
    assert "journal=last-torn" in str(torn.faults[0])
