"""What the broker says is held against what we know: two looks between which nothing moved."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from dryfill.trading import instruments
from dryfill.trading.order import Execution, PositionState
from dryfill.trading.orders.positions import Ledger
from dryfill.trading.orders.recovery.holdings import Holdings
from dryfill.trading.words import Side

MNQ, MES = instruments.find("MNQH24"), instruments.find("MESH24")


class Compared:
    """Holdings over a real ledger; what was said and taken over."""

    def __init__(self):
        self.ledger = Ledger(100)
        self.said, self.taken, self.fills = [], [], 0
        self.lacking = False
        note = lambda what, symbol, *, ours, theirs: self.said.append((symbol, ours, theirs))  # noqa: E731
        self.holdings = Holdings(
            SimpleNamespace(
                ledger=self.ledger,
                differences=SimpleNamespace(note=note),
                lacking=lambda instrument: self.lacking,
            ),
            SimpleNamespace(take_over=self._take_over),
        )

    def _take_over(self, told):
        self.taken.append(told.qty)
        self.ledger.take_over(told)

    def fill(self, side, qty=1, instrument=MNQ):
        self.fills += 1
        self.ledger.book(
            Execution(
                exec_id=str(self.fills),
                instrument=instrument,
                order_id="1",
                cl_ord_id="1#1",
                side=side,
                qty=qty,
                px=Decimal(20_000),
                time_ns=self.fills,
            ),
            None,
        )

    def look(self, qty, *, moved=False, gap=False, new=False):
        told = PositionState(instrument=MNQ, qty=qty, avg_px=Decimal(20_000), time_ns=0)
        return self.holdings.compare([told] if qty else [], moved=moved, gap=gap, new=new)


@pytest.fixture
def compared():
    return Compared()


def test_a_second_look_that_shows_the_same_is_taken_over(compared):
    assert compared.look(1) is True
    assert compared.taken == []
    assert compared.look(1) is False
    assert (compared.taken, compared.said) == ([1], [("MNQH4", 0, 1)])


@pytest.mark.parametrize("between", [Side.BUY, Side.SELL])
def test_what_moved_between_two_looks_and_came_back_begins_anew(compared, between):
    """Both were told what had been: a stop that had filled was closed again, and -1 was held."""
    compared.look(1)
    compared.fill(between)
    compared.fill(Side.BUY if between is Side.SELL else Side.SELL)
    assert compared.look(1) is True
    assert compared.taken == []
    assert compared.look(1) is False
    assert compared.taken == [1]


def test_what_moves_in_another_instrument_is_no_reason_to_begin_anew(compared):
    compared.look(1)
    compared.fill(Side.BUY, instrument=MES)
    compared.fill(Side.SELL, instrument=MES)
    compared.look(1)
    assert compared.taken == [1]


def test_what_came_in_since_it_was_asked_for_proves_nothing(compared):
    compared.look(1)
    assert compared.look(1, moved=True) is True
    assert compared.taken == []


def test_where_events_may_be_missing_a_difference_is_said_at_once_and_taken_over_after_another(
    compared,
):
    assert compared.look(1, gap=True) is True
    assert (compared.taken, compared.said) == ([], [("MNQH4", 0, 1)])


def test_whoever_knows_of_nothing_takes_over_at_once(compared):
    assert compared.look(2, new=True) is False
    assert compared.taken == [2]


def test_while_a_fill_of_other_hands_is_still_to_be_told_nothing_is_taken_over(compared):
    """It would count twice (explorer, native, hostile 667)."""
    compared.lacking = True
    assert [compared.look(-1) for _ in range(3)] == [True] * 3
    compared.lacking = False
    assert compared.look(-1) is False
    assert compared.taken == [-1]
