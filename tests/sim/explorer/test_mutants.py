"""The table of the thirty mutants fits the code; that searches find them, the nights show."""

import pytest
from explored_mutants import entries, wanted


def test_the_table_has_the_thirty_and_each_is_made():
    faults = [entry["fault"] for entry in entries()]
    assert len(set(faults)) == len(faults) == 30
    assert len(wanted()) == len(faults)
    assert len({explored.mutant.new for explored in wanted()}) == len(wanted())


@pytest.mark.parametrize("explored", wanted(), ids=lambda explored: explored.fault)
def test_a_mutant_fits_the_code(explored):
    assert not explored.mutant.faults()
    assert explored.asked.startswith("--work all")
