"""Searches of a night: the manager's workload over many seeds, over a recorded day, and broken."""

import pytest
from explored_mutants import find, wanted
from mutants import copy_of_the_package

pytestmark = pytest.mark.nightly


def clean(ended):
    return ended.code == 0 and "some seeds again, under another hash seed: the same digests" in (
        ended.out
    )


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_two_thousand_seeds_of_a_swarm_break_no_rule(first, dryfill, tmp_path):
    seeds = f"{first}:{first + 250}"
    ended = dryfill(
        *("explore", "--manager", "--crashes", "--profile", "swarm", "--seeds", seeds),
        *("--jobs", 1, "--out", tmp_path),
    )
    assert clean(ended), ended


def test_five_hundred_hostile_seeds_on_a_recorded_day_break_no_rule(dryfill, fed_day, tmp_path):
    data = [word for path in fed_day for word in ("--data", path)]
    ended = dryfill(
        *("explore", "--manager", *data, "--instrument", "ES", "--seeds", "0:500"),
        *("--jobs", 1, "--out", tmp_path),
    )
    assert clean(ended), ended


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    with copy_of_the_package(tmp_path_factory.mktemp("mutants")) as copy:
        yield copy


@pytest.mark.parametrize(
    "explored", [each for each in wanted() if not each.open], ids=lambda explored: explored.fault
)
def test_a_mutant_is_found_with_no_hint(explored, package, tmp_path):
    found = find(explored, package, tmp_path)
    assert found is not None
    assert found.faults <= 3
