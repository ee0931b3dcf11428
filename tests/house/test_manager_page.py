"""docs/order-manager.md says what is: its tables are the tests', its links lead somewhere."""

import re

import manager_page
import pytest
from manager_page import PAGE, findings, mutants_of
from tidy import ROOT


def test_the_tables_are_those_of_the_tests():
    page = PAGE.read_text()
    assert page == manager_page.filled(page), "make them anew: python tests/house/manager_page.py"


@pytest.mark.parametrize("row", findings(), ids=lambda row: f"finding-{row['n']}")
def test_every_finding_names_code_and_a_test_that_are_there(row):
    for place in row["decides"]:
        file, _, name = place.partition(":")
        source = (ROOT / file).read_text()
        assert not name or re.search(rf"^(async )?(def|class) {name}\b", source, re.MULTILINE), (
            place
        )
    assert (ROOT / row["test"]).is_file()
    assert mutants_of(row["n"]) or row.get("no_mutant"), "no mutant, and no reason why"


def test_there_are_eleven():
    assert [row["n"] for row in findings()] == list(range(1, 12))


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text()):
        assert (PAGE.parent / target).is_file(), target
