"""docs/gateway.md names every kind of fault that a running twin carries out, and no other."""

import re
from pathlib import Path

import dryfill
from dryfill.scenarios.plan_kinds import GARBLED, KINDS, RESHAPED
from dryfill.scenarios.plan_text import plan_from_toml
from dryfill.sim.armed.plan_at_work import check_carriable

PAGE = (Path(dryfill.__file__).parent / "docs/gateway.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Faults on the wire")[2].partition("\n## ")[0]
NOT_CARRIED = ("crash", "clock", "stall", "disk-full", "unreachable")


def test_every_kind_and_every_form_has_its_word():
    for word in (*KINDS, *GARBLED, *RESHAPED):
        assert f"`{word}`" in SECTION, word
    table = SECTION.partition("| to have |")[2].partition("\n\n")[0]
    named = [
        w for row in table.splitlines()[2:] for w in re.findall(r"`([a-z-]+)`", row.split("|")[2])
    ]
    assert sorted(named) == sorted(set(KINDS) - set(NOT_CARRIED))


def test_the_plan_that_it_shows_can_be_armed():
    plan = plan_from_toml(SECTION.partition("```toml\n")[2].partition("```")[0])
    check_carriable(plan)
    assert [fault.kind for fault in plan.faults] == [
        "refused",
        "ack-lost",
        "rate-limited",
        "duplicate",
    ]
