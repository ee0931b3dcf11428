"""Each fault of the review, brought back, fails the test that is named after it.

`mutants/` has the tables, one for each finding and each kind of race; `tests/house/mutants.py` says
how they are written. That they fit the code is tested always, that the mutants are caught in `make
nightly`. One alone:

    DRYFILL_NIGHTLY=1 python -m pytest tests/trading/orders/findings -k "caught and RS-01"
"""

from pathlib import Path

import pytest
from mutants import copy_of_the_package, outcome, read_mutants, survives

MUTANTS = read_mutants(Path(__file__).with_name("mutants"))
NAMES = [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_table_fits_the_code(mutant):
    assert not mutant.faults()


def test_no_mutant_is_listed_twice():
    assert len({(m.file, m.old, m.new) for m in MUTANTS}) == len(MUTANTS)
    assert len(set(NAMES)) == len(NAMES)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    with copy_of_the_package(tmp_path_factory.mktemp("mutants")) as copy:
        yield copy


@pytest.mark.nightly
def test_on_the_package_as_it_is_every_test_of_the_table_passes(package):
    code, said = outcome(package, *dict.fromkeys(mutant.test for mutant in MUTANTS))
    assert code == 0, said


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_mutant_is_caught(mutant, package):
    why = survives(mutant, package)
    assert not why, why
