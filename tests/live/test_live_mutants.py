"""Each fault of the adapter that the table has, brought back, fails the test that is named with it.

That the table fits the code is tested always, that the mutants are caught in `make nightly`.
"""

from pathlib import Path

import pytest
from mutants import copy_of_the_package, read_mutants, survives

MUTANTS = read_mutants(Path(__file__).with_name("mutants"))
NAMES = [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_table_fits_the_code(mutant):
    assert not mutant.faults()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    with copy_of_the_package(tmp_path_factory.mktemp("mutants")) as copy:
        yield copy


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_mutant_is_caught(mutant, package):
    why = survives(mutant, package)
    assert not why, why
