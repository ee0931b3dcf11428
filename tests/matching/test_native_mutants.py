"""Each fault of the native engine that the table has is found by the comparison of test_twins.py,
each of the order book's by that of test_order_book_twins.py.

That the table fits the code is tested always, that the mutants are caught in `make nightly`.
"""

import shutil
import sys
from pathlib import Path

import pytest
from native_mutants import build, compared, read_native_mutants

from dryfill.matching.engines import native_is_there

TABLES = ("native.toml", "order_book.toml")
MUTANTS = [
    mutant
    for table in TABLES
    for mutant in read_native_mutants(Path(__file__).with_name("mutants") / table)
]
NAMES = [mutant.says for mutant in MUTANTS]

needs_cargo = pytest.mark.skipif(
    shutil.which("cargo") is None or not native_is_there() or sys.platform != "linux",
    reason="no cargo here, or the crates cannot be had, or another linker than the test knows",
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_table_fits_the_code(mutant):
    assert not mutant.faults()


@pytest.mark.nightly
@needs_cargo
def test_an_engine_that_is_whole_passes_the_comparison(tmp_path):
    extension = build(tmp_path, None)
    assert compared(extension) == ""
    assert compared(extension, "order_book.rs") == ""


@pytest.mark.nightly
@needs_cargo
@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_the_mutant_is_caught(mutant, tmp_path):
    assert compared(build(tmp_path, mutant), mutant.file), "both engines say the same"
