"""The races that are files: each as it is written, as a family, and through the live adapter."""

import os

import pytest

from dryfill.app.rehearsed import rehearse
from dryfill.matching.engines import NATIVE, REFERENCE, native_is_there
from dryfill.scenarios.scenario_text import read_scenario
from dryfill.scenarios.shelf import shelf

NIGHT, NIGHT_ON_WIRE = 200, 20
BY_NIGHT = os.environ.get("DRYFILL_NIGHTLY") == "1"
RACES = shelf()
SCENARIOS = {name: read_scenario(path) for name, path in RACES.items()}
EXACT_ON_THE_WIRE = {
    name: pytest.mark.exact_times("it says to the microsecond what is sent when")
    for name in (
        "rs_03_fill_before_the_ack",
        "rs_16_leg_fills_while_the_siblings_id_is_unknown",
        "rs_35_cancel_before_the_id_is_known",
    )
}


def plays():
    """Each race in each way in which it is played: one that is played at the simulated broker is
    played on the wire beside it."""
    for name, scenario in SCENARIOS.items():
        beside = ("wire",) if scenario.run.played == ("direct", "wire") else ()
        for play in ("page", "family", *beside):
            exact = name in EXACT_ON_THE_WIRE and play == "wire"
            marks = [EXACT_ON_THE_WIRE[name]] if exact else []
            yield pytest.param(name, play, id=f"{name}-{play}", marks=marks)


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


SOME = list(SCENARIOS) if BY_NIGHT else list(SCENARIOS)[::8]


@pytest.mark.skipif(not native_is_there(), reason="the native engine was not built")
@pytest.mark.parametrize("name", SOME)
def test_both_engines_end_it_alike(name):
    scenario = SCENARIOS[name]
    where = scenario.run.played[0]
    one, other = (rehearse(scenario, range(3), where, engine) for engine in (NATIVE, REFERENCE))
    assert one.ok
    assert [run.digest for run in one.runs] == [run.digest for run in other.runs]
