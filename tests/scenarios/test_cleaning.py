"""Each cleaning option does what its name says, to those rows alone, and counts it in the notes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dryfill.scenarios import read_market
from dryfill.scenarios.readers.cleaning import cleaning
from dryfill.trading.errors import ScenarioError
from dryfill.trading.instrument import Instrument
from dryfill.trading.tape import NO_PRICE, UNKNOWN_SIZE

Csv = Callable[..., Path]
Z = "2024-03-01T14:30:0"


@pytest.fixture
def trades(csv: Csv, es: Instrument) -> Callable[..., Any]:
    def read(rows: list[str], *clean: str) -> Any:
        path = csv("time,price,size\n" + "\n".join(f"{Z}{row}" for row in rows))
        market = read_market(path, es, clean=clean)
        table = market.tape.trades
        return table.price.tolist(), table.size.tolist(), market.notes

    return read


@pytest.fixture
def quotes(csv: Csv, es: Instrument) -> Callable[..., Any]:
    def read(rows: list[str], *clean: str) -> Any:
        path = csv("time,bid,bid_size,ask,ask_size\n" + "\n".join(f"{Z}{row}" for row in rows))
        market = read_market(path, es, clean=clean)
        q = market.tape.quotes
        columns = (q.bid, q.bid_size, q.ask, q.ask_size)
        return list(zip(*(c.tolist() for c in columns), strict=True)), market.notes

    return read


def test_sort_orders_by_time_and_keeps_equal_times_as_they_were(trades: Any) -> None:
    price, size, notes = trades(["2Z,5000,1", "1Z,5000,2", "2Z,5000,3", "1Z,5000,4"], "sort")
    assert size == [2, 4, 1, 3]
    assert price == [20000] * 4
    assert notes == ("es.csv: sorted; there were 2 steps back in time, first at row 2",)


def test_drop_missing_leaves_out_rows_with_holes(trades: Any) -> None:
    rows = ["0Z,5000,1", "1Z,,2", "2Z,nan,3", "3Z,5001,", "4Z,5001,5"]
    price, size, notes = trades(rows, "drop-missing")
    assert (price, size) == ([20000, 20004], [1, 5])
    assert notes == ("es.csv: dropped 3 rows with empty cells, first at row 2",)


def test_drop_off_grid_leaves_out_rows_between_ticks(trades: Any) -> None:
    price, size, notes = trades(["0Z,5000,1", "1Z,5000.1,2", "2Z,5000.5,3"], "drop-off-grid")
    assert (price, size) == ([20000, 20002], [1, 3])
    assert notes == ("es.csv: dropped 1 rows with off-grid prices, first at row 2",)


def test_round_prices_moves_to_the_nearest_tick_ties_to_the_even_one(trades: Any) -> None:
    rows = ["0Z,5000.1,1", "1Z,5000.125,2", "2Z,5000.375,3", "3Z,-5000.2,4", "4Z,5000.25,5"]
    price, size, notes = trades(rows, "round-prices")
    assert price == [20000, 20000, 20002, -20001, 20001]
    assert size == [1, 2, 3, 4, 5]
    assert notes == ("es.csv: rounded 4 off-grid price cells, first at row 1",)


CROSSED = ["0Z,5000,1,5000.25,2", "1Z,5000.50,3,5000,4", "2Z,5000,5,5000,6"]


def test_drop_crossed_leaves_out_the_crossed_and_keeps_the_locked(quotes: Any) -> None:
    rows, notes = quotes(CROSSED, "drop-crossed")
    assert rows == [(20000, 1, 20001, 2), (20000, 5, 20000, 6)]
    assert notes == ("es.csv: dropped 1 crossed quotes, first at row 2",)


def test_keep_crossed_takes_them_as_they_are(quotes: Any) -> None:
    rows, notes = quotes(CROSSED, "keep-crossed")
    assert rows[1] == (20002, 3, 20000, 4)
    assert notes == ("es.csv: kept 1 crossed quotes, first at row 2",)


def test_uncross_swaps_the_sides_with_their_sizes(quotes: Any) -> None:
    rows, notes = quotes(CROSSED, "uncross")
    assert rows == [(20000, 1, 20001, 2), (20000, 4, 20002, 3), (20000, 5, 20000, 6)]
    assert notes == ("es.csv: swapped the sides of 1 crossed quotes, first at row 2",)


def test_a_missing_side_is_never_crossed(quotes: Any) -> None:
    rows, notes = quotes(["0Z,5000,1,,0", "1Z,,0,5000,1"])
    assert rows == [(20000, 1, NO_PRICE, 0), (NO_PRICE, 0, 20000, 1)]
    assert notes == ()


def test_unknown_sizes_takes_an_empty_size_beside_a_price_as_unknown(quotes: Any) -> None:
    rows, notes = quotes(["0Z,5000,,5000.25,2", "1Z,5000,7,5000.25,2"], "unknown-sizes")
    assert rows == [(20000, UNKNOWN_SIZE, 20001, 2), (20000, 7, 20001, 2)]
    assert notes == ("es.csv: took 1 empty bid_size cells as unknown, first at row 1",)


def test_unknown_sizes_excuses_no_empty_price(quotes: Any) -> None:
    with pytest.raises(ScenarioError, match="row 1: bid is empty or NaN"):
        quotes(["0Z,,,5000.25,2"], "unknown-sizes")


def test_drop_duplicates_leaves_out_rows_that_repeat_the_row_before(trades: Any) -> None:
    rows = ["0Z,5000,1", "0Z,5000,1", "0Z,5000,2", "0Z,5000,1"]
    assert trades(rows)[1] == [1, 1, 2, 1]
    _, size, notes = trades(rows, "drop-duplicates")
    assert size == [1, 2, 1]
    assert notes == ("es.csv: dropped 1 repeated rows, first at row 2",)


def test_drop_duplicates_keeps_the_first_bar_of_a_start(csv: Csv, es: Instrument) -> None:
    path = csv(f"""
        start,open,high,low,close,volume
        {Z}0Z,5000,5000,5000,5000,1
        {Z}0Z,5000,5000,5000,5000,2
        {Z}1Z,5000,5000,5000,5000,3
    """)
    assert read_market(path, es, clean="drop-duplicates").tape.bars.volume.tolist() == [1, 3]


def test_options_work_together_and_rows_keep_their_numbers(quotes: Any) -> None:
    rows = ["3Z,5000,1,,", "2Z,5000.50,3,5000.25,4", "1Z,5000.1,1,5000.5,1"]
    got, notes = quotes(rows, "drop-missing", "sort", "uncross", "round-prices")
    assert got == [(20000, 1, 20002, 1), (20001, 4, 20002, 3)]
    assert notes == (
        "es.csv: dropped 1 rows with empty cells, first at row 1",
        "es.csv: rounded 1 off-grid bid cells, first at row 3",
        "es.csv: sorted; there were 1 steps back in time, first at row 3",
        "es.csv: swapped the sides of 1 crossed quotes, first at row 2",
    )


def test_what_a_format_implies_gives_way_to_what_the_user_says() -> None:
    assert cleaning((), ("uncross",)) == {"uncross"}
    assert cleaning("sort", ("uncross",)) == {"sort", "uncross"}
    assert cleaning("keep-crossed", ("uncross",)) == {"keep-crossed"}


def test_nothing_left_is_an_error(trades: Any) -> None:
    with pytest.raises(ScenarioError, match="no row is left after cleaning"):
        trades(["0Z,5000.1,1"], "drop-off-grid")
