"""The table of faults is true: each has tests and mutants that are there, or a reason why not."""

import tomllib
from itertools import chain
from pathlib import Path

import pytest
from mutants import missing, read_mutants

HERE = Path(__file__).parent
FAULTS = tomllib.loads((HERE / "faults.toml").read_text())["fault"]
NAMES = [f"{fault['section']} fault {fault['n']}" for fault in FAULTS]
MUTANTS = read_mutants(HERE / "mutants")


def test_the_table_has_all_nineteen_of_2_1_and_all_twenty_three_of_2_2():
    numbers = chain(((("2.1", n)) for n in range(1, 20)), (("2.2", n) for n in range(1, 24)))
    assert [(fault["section"], fault["n"]) for fault in FAULTS] == list(numbers)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_fault_has_tests_and_mutants_or_a_reason(fault):
    assert fault.keys() <= {"section", "n", "title", "tests", "mutants", "elsewhere"}
    own = [m for m in MUTANTS if m.finding == f"{fault['section']} fault {fault['n']}"]
    brought_back = own or fault.get("mutants")
    assert (brought_back and fault.get("tests")) or fault.get("elsewhere")


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_what_a_fault_names_is_there(fault):
    for test in fault.get("tests", ()):
        assert not missing(test)
    assert set(fault.get("mutants", ())) <= {mutant.name for mutant in MUTANTS}


def test_every_mutant_of_a_fault_has_its_row():
    assert {m.finding for m in MUTANTS if " fault " in m.finding} <= set(NAMES)
