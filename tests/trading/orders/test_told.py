"""The newest reports of an order are kept, and a slow reader is told how many it missed."""

import pytest

from dryfill.trading.orders.told import ReportsMissed, Told


@pytest.mark.parametrize(
    ("read", "found"),
    [(0, ReportsMissed(3)), (1, ReportsMissed(2)), (2, ReportsMissed(1)), (3, "d"), (4, "e")],
)
def test_who_read_so_many_gets_the_next_or_hears_how_many_are_gone(read, found):
    told = Told()
    for report in "abcde":
        told.add(report, most=2)
    assert told.after(read) == found
    assert told.count == 5


def test_what_is_forgotten_is_missed():
    told = Told()
    for report in "abcde":
        told.add(report, most=2)
    told.forget()
    assert told.after(1) == ReportsMissed(4)
