"""Each fault of the native engine that the table has is found by the comparison of test_twins.py,
each of the order book's by that of test_order_book_twins.py.

Most are behind switches of one build and caught in every run of the tests; all are, each built by
itself, in `make nightly`.
"""

import shutil
import sys
from pathlib import Path

import pytest
from native_mutants import build, compared, read_native_mutants
from switched_mutants import found_with, switched

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


@needs_cargo
def test_each_that_can_be_switched_is_caught_and_the_switches_change_nothing(tmp_path):
    whole, found = found_with(tmp_path, MUTANTS)
    assert whole == "nothing"
    assert [says for says, difference in found.items() if difference == "nothing"] == []
    assert len(found) == 38, "of 47: fewer are switched than were"


@pytest.mark.parametrize(
    ("says", "text"),
    [
        (
            "what closed a part leaves the other leg as large as it is",
            "if M { self.closed_qty += 0; }",
        ),
        ("buy stops go first", "for side in (if M { [Side::Buy, Side::Sell] }"),
        ("the session moves after the rows of its nanosecond", "let before = if M { 0 } else {"),
        ("what an IOC order leaves stays", "(if M { order.tif == TimeInForce::Ioc &&"),
        ("an order goes before those at its price", None),
    ],
)
def test_a_switch_stands_where_the_change_is_a_whole_of_its_kind(says, text):
    both = switched(next(each for each in MUTANTS if each.says == says), 7)
    if text is None:
        assert both is None
    else:
        assert both.startswith(text.replace("M", "crate::mutant_is(7)", 1))


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
