"""Plans that searches found, each made as small as it could be: what they broke holds now."""

from dataclasses import replace
from pathlib import Path

import pytest

from dryfill.scenarios.plan_text import read_plan
from dryfill.testing.composing import case_of

FOUND = sorted((Path(__file__).parent / "found").glob("*.toml"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_a_search_found_is_mended(path):
    plan = read_plan(path)
    verdict = case_of(plan.run).play(replace(plan, strict=False))
    assert (verdict.kind, verdict.rule, verdict.text) == ("clean", "", "")
    assert {fault.kind for fault in verdict.fired.faults} == {fault.kind for fault in plan.faults}
