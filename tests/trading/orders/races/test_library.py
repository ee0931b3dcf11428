"""The races that are files: each as it is written, as a family, and through the live adapter."""

import os

import pytest

from dryfill.app.rehearsed import rehearse
from dryfill.scenarios.scenario_text import read_scenario
from dryfill.scenarios.shelf import shelf

NIGHT, NIGHT_ON_WIRE = 200, 20
BY_NIGHT = os.environ.get("DRYFILL_NIGHTLY") == "1"
RACES = {name: path for name, path in shelf().items() if name.startswith("rs_")}
SCENARIOS = {name: read_scenario(path) for name, path in RACES.items()}


def plays():
    """Each race in each way in which it is played: one that is played at the simulated broker is
    played on the wire beside it."""
    for name, scenario in SCENARIOS.items():
        beside = ("wire",) if scenario.run.played == ("direct", "wire") else ()
        for play in ("page", "family", *beside):
            yield pytest.param(name, play, id=f"{name}-{play}")


@pytest.mark.parametrize(("name", "play"), list(plays()))
def test_race(name, play):
    scenario = SCENARIOS[name]
    where, seeds = scenario.run.played[0], range(1)
    if play == "family":
        many = NIGHT * scenario.family.seeds // 5 if BY_NIGHT else scenario.family.seeds
        seeds = range(1, many + 1)
    elif play == "wire":
        where, seeds = "wire", range(NIGHT_ON_WIRE if BY_NIGHT else 1)
    family = rehearse(scenario, seeds, where, "auto")
    for run in family.runs:
        wire = " --wire" if where == "wire" else ""
        again = f"dryfill rehearse {name} --seeds {run.how.seed}{wire}"
        assert run.ok, "\n".join(
            (*run.complaints, run.market, run.plan, "play it again with", again)
        )
    assert not family.unjudged, f"these had nothing to judge: {', '.join(family.unjudged)}"
