"""The table of all races is true: each is played, or it says what it waits for."""

import ast
import tomllib
from pathlib import Path

import pytest

from dryfill.scenarios.scenario_text import read_scenario
from dryfill.scenarios.shelf import shelf

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
RACES = tomllib.loads((HERE / "table.toml").read_text())["race"]
IDS = [race["id"] for race in RACES]


def played():
    """Every test of a race in this folder, as the table writes it."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_test and node.name.startswith("test_rs_"):
                yield f"{path.name}::{node.name}"


def test_the_table_has_all_sixty_one():
    assert [f"RS-{n:02}" for n in range(1, 62)] == IDS


@pytest.mark.parametrize("race", RACES, ids=IDS)
def test_a_race_is_played_or_says_what_it_waits_for(race):
    assert race.keys() <= {"id", "title", "files", "tests", "elsewhere", "wire", "missing"}
    assert any(race.get(key) for key in ("files", "tests", "elsewhere", "wire", "missing"))
    number = race["id"].removeprefix("RS-")
    for test in race.get("tests", ()):
        assert f"::test_rs_{number}_" in test


@pytest.mark.parametrize("race", RACES, ids=IDS)
def test_what_plays_a_race_elsewhere_is_there(race):
    for place in race.get("elsewhere", ()):
        file, _, name = place.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(), place


def test_the_tests_of_the_table_are_those_that_exist():
    assert sorted(test for race in RACES for test in race.get("tests", ())) == sorted(played())


def test_the_files_of_the_table_are_those_of_the_library():
    listed = {name: race["id"] for race in RACES for name in race.get("files", ())}
    there = {name: path for name, path in shelf().items() if name.startswith("rs_")}
    assert sorted(listed) == sorted(there)
    for name, path in there.items():
        assert read_scenario(path).id == listed[name] == name[:5].upper().replace("_", "-")
