"""Marks: the price of any moment, and how far it went against whoever held."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.sim.record.marks import Marks
from dryfill.trading.tape import NO_PRICE, BarRows, TradeRows, make_tape

MS = 1_000_000
T0 = 1_709_564_400_000_000_000
MINUTE = 60_000


def at(marks, *moments):
    """(price or None) at (ms, held quantity)."""
    times, qty = (np.array(column, np.int64) for column in zip(*moments, strict=True))
    prices, known = marks.at(T0 + times * MS, qty)
    return [int(p) if k else None for p, k in zip(prices, known, strict=True)]


def adverse(marks, qty, from_ms, to_ms):
    return marks.adverse(qty, T0 + from_ms * MS, T0 + to_ms * MS)


def bars(*rows, quotes=False):
    """One-minute bars of (minute, open, high, low, close), of trades or of a bid and an ask."""
    columns = np.array(rows, dtype=np.int64).T
    names = ("open", "high", "low", "close")
    prices = dict(zip(names, columns[1:], strict=True))
    none = np.full(len(rows), NO_PRICE)
    tables = {
        "": dict.fromkeys(names, none),
        "bid_": prices,
        "ask_": {n: p + 1 for n, p in prices.items()},
    }
    if not quotes:
        tables = {
            "": prices,
            "bid_": dict.fromkeys(names, none),
            "ask_": dict.fromkeys(names, none),
        }
    return make_tape(
        bars=BarRows(
            seq=np.arange(len(rows)),
            time_ns=T0 + columns[0] * MINUTE * MS,
            span_ns=np.full(len(rows), MINUTE * MS),
            volume=none * 0,
            bid_size=none * 0,
            ask_size=none * 0,
            **{p + n: column for p, table in tables.items() for n, column in table.items()},
        )
    )


def trades(prices):
    """One trade a second."""
    numbers = np.arange(len(prices))
    columns = (T0 + 1000 * MS * numbers, np.array(prices), numbers * 0 + 1, numbers * 0)
    return make_tape(trades=TradeRows(numbers, *columns))


def test_a_mark_is_the_last_trade_at_or_before_the_moment(tape_of):
    marks = Marks(tape_of("0 trade 5x1\n10 trade 7x1\n10 trade 8x1"))
    assert at(marks, (-1, 1), (0, 1), (9, -1), (10, 0), (99, 1)) == [None, 5, 5, 8, 8]


def test_before_the_first_trade_it_is_where_the_position_would_be_closed(tape_of):
    marks = Marks(tape_of("0 quote 5x1 6x1\n4 quote 7x1 -\n10 trade 9x1"))
    assert at(marks, (0, 1), (0, -1), (0, 0), (5, 2), (5, -2)) == [5, 6, 5, 7, 6]
    assert at(marks, (10, 1), (10, -1)) == [9, 9]


def test_of_bars_it_is_the_last_close_and_never_one_that_is_not_over():
    marks = Marks(bars((0, 5, 9, 3, 7), (1, 7, 8, 6, 6)))
    assert at(marks, (MINUTE - 1, 1), (MINUTE, 1), (2 * MINUTE, -1)) == [None, 7, 6]
    assert at(Marks(bars((0, 5, 9, 3, 7), quotes=True)), (MINUTE, 1), (MINUTE, -1)) == [7, 8]


def test_against_a_long_goes_the_bid_and_against_a_short_the_ask(tape_of):
    marks = Marks(
        tape_of("0 quote 50x1 51x1\n10 quote 47x1 58x1\n20 quote 52x1 53x1\n30 quote 40x1 60x1")
    )
    assert (adverse(marks, 2, 0, 20), adverse(marks, -2, 0, 20)) == (3, 7)
    assert (adverse(marks, 1, 5, 9), adverse(marks, 1, 5, 10)) == (0, 3)
    assert adverse(marks, 1, 12, 29) == 0


def test_a_stale_trade_does_not_hide_a_falling_bid(tape_of):
    marks = Marks(tape_of("0 trade 40x1\n5 quote 50x1 51x1\n10 quote 44x1 45x1"))
    assert adverse(marks, 1, 5, 20) == 6


def test_with_trades_alone_they_are_what_counts(tape_of):
    marks = Marks(tape_of("0 trade 50x1\n10 trade 45x1\n20 trade 52x1"))
    assert (adverse(marks, 1, 3, 30), adverse(marks, -1, 3, 30)) == (5, 2)


def test_without_any_price_there_is_no_move(tape_of):
    assert adverse(Marks(tape_of("10 trade 50x1")), 1, 0, 5) is None
    assert adverse(Marks(bars((1, 5, 9, 3, 7))), 1, 0, 500) is None


def test_of_bars_the_move_begins_at_the_best_price_of_the_first():
    marks = Marks(bars((0, 5, 9, 3, 7), (1, 7, 8, 6, 6), (5, 6, 6, 1, 2)))
    assert (adverse(marks, 1, 100, 200), adverse(marks, -1, 100, 200)) == (6, 6)
    assert (adverse(marks, 1, 100, MINUTE), adverse(marks, 1, MINUTE, MINUTE + 5)) == (6, 2)


def test_a_position_in_the_gap_between_bars_begins_at_the_close_before():
    marks = Marks(bars((0, 5, 9, 3, 7), (5, 6, 6, 1, 2)))
    assert adverse(marks, 1, 2 * MINUTE, 3 * MINUTE) == 0
    assert adverse(marks, 1, 2 * MINUTE, 5 * MINUTE) == 6


@pytest.mark.parametrize(("qty", "move"), [(1, 6), (-1, 6)])
def test_bars_of_quotes_count_by_their_own_side(qty, move):
    assert adverse(Marks(bars((0, 5, 9, 3, 7), quotes=True)), qty, 5, 6) == move


PATHS = st.lists(st.integers(0, 40), min_size=240, max_size=240)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(PATHS, st.sampled_from([1, -1]), st.integers(0, 235), st.integers(1, 100))
def test_what_bars_say_is_never_less_than_what_their_ticks_say(path, qty, begin, length):
    """One trade a second: the bars of the same market bound the move from any moment."""
    rows = []
    for minute in range(4):
        part = path[60 * minute : 60 * minute + 60]
        rows.append((minute, part[0], max(part), min(part), part[-1]))
    from_ms, to_ms = 1000 * begin, 1000 * min(begin + length, 239)
    true = adverse(Marks(trades(path)), qty, from_ms, to_ms)
    assert adverse(Marks(bars(*rows)), qty, from_ms, to_ms) >= true
