"""Good data in every documented form reads as the same integers."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dryfill.scenarios import read_market
from dryfill.trading.instrument import Instrument, TickBand
from dryfill.trading.tape import NO_PRICE, UNKNOWN_SIZE

Csv = Callable[..., Path]
T0 = 1_709_303_400_000_000_000  # 2024-03-01T14:30:00Z
S = 10**9

QUOTES = """
    time,bid,bid_size,ask,ask_size
    2024-03-01T14:30:00Z,5000.25,10,5000.50,12
    2024-03-01T14:30:00.250Z,5000.25,9,5000.50,12
    2024-03-01T08:30:01-06:00,5000.50,1,5000.75,40
"""
TRADES = """
    time,price,size,side
    2024-03-01T14:30:00.250Z,5000.25,1,sell
    2024-03-01T14:30:00.250Z,5000.50,3,buy
    2024-03-01T14:30:02Z,5000.75,2,
"""


def test_quotes_become_units_contracts_and_nanoseconds(csv: Csv, es: Instrument) -> None:
    quotes = read_market(csv(QUOTES), es).tape.quotes
    assert quotes.time_ns.tolist() == [T0, T0 + S // 4, T0 + S]
    assert quotes.bid.tolist() == [20001, 20001, 20002]
    assert quotes.ask.tolist() == [20002, 20002, 20003]
    assert quotes.bid_size.tolist() == [10, 9, 1]
    assert quotes.ask_size.tolist() == [12, 12, 40]
    assert quotes.seq.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("word", "side"),
    [("buy", 1), ("B", 1), ("1", 1), ("Sell", 2), ("A", 2), ("s", 2), ("2", 2), ("N", 0), ("", 0)],
)
def test_sides_are_words_numbers_or_databentos_letters(
    csv: Csv, es: Instrument, word: str, side: int
) -> None:
    path = csv(f"time,price,size,aggressor\n2024-03-01T14:30:00Z,5000,1,{word}")
    assert read_market(path, es).tape.trades.aggressor.tolist() == [side]


def test_trades_know_who_took(csv: Csv, es: Instrument) -> None:
    trades = read_market(csv(TRADES), es).tape.trades
    assert trades.price.tolist() == [20001, 20002, 20003]
    assert trades.aggressor.tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("first", "quote_seq", "trade_seq"), [("q", [0, 1, 4], [2, 3, 5]), ("t", [0, 3, 4], [1, 2, 5])]
)
def test_at_one_nanosecond_the_earlier_argument_comes_first_and_file_order_is_kept(
    csv: Csv, es: Instrument, first: str, quote_seq: list[int], trade_seq: list[int]
) -> None:
    paths = [csv(QUOTES, "q.csv"), csv(TRADES, "t.csv")]
    tape = read_market(paths if first == "q" else paths[::-1], es).tape
    assert tape.quotes.seq.tolist() == quote_seq
    assert tape.trades.seq.tolist() == trade_seq


def test_a_file_of_both_kinds_keeps_its_own_order(csv: Csv, es: Instrument) -> None:
    path = csv("""
        time,type,bid,bid_size,ask,ask_size,price,size
        2024-03-01T14:30:00Z,quote,5000,1,5000.25,1,,
        2024-03-01T14:30:00Z,trade,,,,,5000.25,1
        2024-03-01T14:30:00Z,quote,5000,1,5000.50,7,,
    """)
    tape = read_market(path, es).tape
    assert tape.quotes.seq.tolist() == [0, 2]
    assert tape.trades.seq.tolist() == [1]


def _frame() -> pl.DataFrame:
    times = pl.Series([T0, T0 + S], dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))
    return pl.DataFrame({"time": times, "price": [5000.25, 5000.5], "size": [1, 2]})


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f,
        lambda f: f.lazy(),
        lambda f: f.with_columns(pl.col("time").dt.convert_time_zone("America/Chicago")),
        lambda f: f.with_columns(pl.col("time").dt.timestamp("ns")),
        lambda f: f.with_columns(pl.col("time").dt.cast_time_unit("us")),
        lambda f: f.with_columns(pl.col("price").cast(pl.Float32)),
        lambda f: f.with_columns(pl.col("price").cast(pl.Decimal(12, 2))),
        lambda f: f.with_columns(pl.col("size").cast(pl.Float64)),
        lambda f: f.to_arrow(),
        lambda f: f.to_pandas(),
        lambda f: f.to_pandas().set_index("time"),
        lambda f: pd.DataFrame(
            {"price": [5000.25, 5000.5], "size": [1, 2]},
            index=pd.DatetimeIndex([T0, T0 + S], tz="UTC"),
        ),
    ],
)  # fmt: skip
def test_every_frame_reads_alike(make: Callable[[pl.DataFrame], Any], es: Instrument) -> None:
    trades = read_market(make(_frame()), es).tape.trades
    assert trades.time_ns.tolist() == [T0, T0 + S]
    assert trades.price.tolist() == [20001, 20002]
    assert trades.size.tolist() == [1, 2]


def test_a_pyarrow_table_is_a_frame(es: Instrument) -> None:
    table = pa.table({"ts_event": [T0], "price": ["5000.25"], "qty": [4]})
    assert read_market(table, es).tape.trades.size.tolist() == [4]


@pytest.mark.parametrize("name", ["es.csv.gz", "es.parquet"])
def test_packed_files_read_like_plain_ones(csv: Csv, es: Instrument, name: str) -> None:
    plain = csv(QUOTES)
    packed = plain.with_name(name)
    if name.endswith(".gz"):
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        pl.read_csv(plain).write_parquet(packed)
    assert read_market(str(packed), es).tape.quotes.bid.tolist() == [20001, 20001, 20002]


def test_other_names_of_columns_are_understood(csv: Csv, es: Instrument) -> None:
    path = csv("""
        ts_event,ts_recv,Bid Px,bidSz,ASK_PX,ask-sz
        1709303400000000000,1709303400000200000,5000,1,5000.25,2
    """)
    quotes = read_market(path, es).tape.quotes
    assert quotes.arrival_ns is not None
    assert quotes.arrival_ns.tolist() == [T0 + 200_000]
    assert (quotes.bid.tolist(), quotes.ask_size.tolist()) == ([20000], [2])


def test_the_documented_name_wins_over_another(csv: Csv, es: Instrument) -> None:
    path = csv("time,price,size,volume\n2024-03-01T14:30:00Z,5000,1,998877")
    assert read_market(path, es).tape.trades.size.tolist() == [1]


def test_a_zone_may_be_given_for_times_without_one(csv: Csv, es: Instrument) -> None:
    path = csv("time,price,size\n2024-03-01 08:30,5000,1\n2024-03-15 08:30:00.000000001,5000,1")
    times = read_market(path, es, timezone="America/Chicago").tape.trades.time_ns
    # The clocks changed on 10 March: six hours from UTC before it, five after.
    assert times.tolist() == [T0, T0 + (14 * 86400 - 3600) * S + 1]


def test_a_side_that_nobody_quotes_is_an_empty_price_beside_size_0(
    csv: Csv, es: Instrument
) -> None:
    path = csv("time,bid,bid_size,ask,ask_size\n2024-03-01T14:30:00Z,,0,5000.25,4")
    quotes = read_market(path, es).tape.quotes
    assert (quotes.bid.tolist(), quotes.bid_size.tolist()) == ([NO_PRICE], [0])
    assert quotes.ask.tolist() == [20001]


def test_quotes_without_sizes_are_of_unknown_size_and_say_so(csv: Csv, es: Instrument) -> None:
    market = read_market(csv("time,bid,ask\n2024-03-01T14:30:00Z,5000,5000.25"), es)
    assert market.tape.quotes.bid_size.tolist() == [UNKNOWN_SIZE]
    assert market.notes == ("es.csv: no sizes, so how much was shown is unknown",)


def test_quote_bars_without_sizes_are_of_unknown_size(csv: Csv, es: Instrument) -> None:
    path = csv("""
        start,bid_open,bid_high,bid_low,bid_close
        2024-03-01T14:30:00Z,5000,5000,5000,5000
    """)
    bars = read_market(path, es, span="1m").tape.bars
    assert (bars.bid_size.tolist(), bars.ask_size.tolist()) == ([UNKNOWN_SIZE], [0])


@pytest.mark.parametrize(
    ("column", "stamp"), [("time", "close"), ("end", None), ("close_time", None)]
)
def test_bars_stamped_with_their_close_start_a_span_earlier(
    csv: Csv, es: Instrument, column: str, stamp: Any
) -> None:
    path = csv(f"""
        {column},open,high,low,close,volume
        2024-03-01T14:31:00Z,5000,5001,4999,5000.5,10
        2024-03-01T14:32:00Z,5000,5001,4999,5000.5,10
        2024-03-01T14:35:00Z,5000,5001,4999,5000.5,10
    """)
    bars = read_market(path, es, stamp=stamp).tape.bars
    assert (bars.time_ns - T0).tolist() == [0, 60 * S, 240 * S]
    assert set(bars.span_ns.tolist()) == {60 * S}
    assert bars.bid_open.tolist() == [NO_PRICE] * 3
    assert bars.close.tolist() == [20002] * 3


def test_a_given_span_goes_before_the_smallest_gap(csv: Csv, es: Instrument) -> None:
    path = csv("start,open,high,low,close,volume\n2024-03-01T14:30:00Z,5000,5000,5000,5000,1")
    assert read_market(path, es, span="5m").tape.bars.span_ns.tolist() == [300 * S]


def test_quote_bars_and_trade_bars_of_a_minute_become_one_row(csv: Csv, es: Instrument) -> None:
    trades = csv(
        """
        start,open,high,low,close,volume
        2024-03-01T14:30:00Z,5000,5001,4999,5000.5,10
        2024-03-01T14:32:00Z,5000,5001,4999,5000.5,11
        """,
        "trades.csv",
    )
    quotes = csv(
        """
        start,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size
        2024-03-01T14:31:00Z,5000,5000,5000,5000,1,5001,5001,5001,5001,2
        2024-03-01T14:32:00Z,5000,5000,5000,5000,3,,,,,0
        """,
        "quotes.csv",
    )
    bars = read_market([quotes, trades], es, span="1m").tape.bars
    assert bars.seq.tolist() == [0, 1, 2]
    assert bars.volume.tolist() == [10, 0, 11]
    assert bars.open.tolist() == [20000, NO_PRICE, 20000]
    assert bars.bid_close.tolist() == [NO_PRICE, 20000, 20000]
    assert bars.bid_size.tolist() == [0, 1, 3]
    assert bars.ask_close.tolist() == [NO_PRICE, 20004, NO_PRICE]
    assert bars.ask_size.tolist() == [0, 2, 0]


def test_files_of_one_kind_follow_each_other_in_time_whatever_their_order(
    csv: Csv, es: Instrument
) -> None:
    monday = csv("time,price,size\n2024-03-04T14:30:00Z,5000,1", "monday.csv")
    tuesday = csv("time,price,size\n2024-03-05T14:30:00Z,5001,2", "tuesday.csv")
    trades = read_market([tuesday, monday], es).tape.trades
    assert (trades.size.tolist(), trades.seq.tolist()) == ([1, 2], [0, 1])


@pytest.mark.parametrize(
    "tick", ["0.25", "0.1", "0.03125", "0.015625", "0.00005", "0.0000005", "25"]
)
def test_every_price_of_a_grid_is_read_exactly_from_doubles_and_text(tick: str) -> None:
    instrument = Instrument("X", Decimal(tick), Decimal(1))
    units = np.concatenate([np.arange(-3000, 3000), np.arange(10**6, 10**6 + 4000)])
    prices = [int(u) * Decimal(tick) for u in units]
    times = T0 + np.arange(len(units))
    for column in ([float(p) for p in prices], [format(p, "f") for p in prices]):
        frame = pl.DataFrame({"time": times, "price": column, "size": np.ones(len(units), int)})
        assert (read_market(frame, instrument).tape.trades.price == units).all()


def test_where_the_tick_changes_with_the_price_the_tick_in_force_decides(csv: Csv) -> None:
    bands = (TickBand(Decimal("0.25"), at_or_above=Decimal(10)),)
    option = Instrument("EO", Decimal("0.05"), Decimal(50), bands=bands)
    assert option.unit == Decimal("0.05")
    good = csv("time,price,size\n2024-03-01T14:30:00Z,9.95,1\n2024-03-01T14:30:00Z,10.25,1")
    assert read_market(good, option).tape.trades.price.tolist() == [199, 205]
    bad = csv("time,price,size\n2024-03-01T14:30:00Z,9.95,1\n2024-03-01T14:30:00Z,10.05,1")
    with pytest.raises(Exception, match=r"row 2: price 10\.05 is not on"):
        read_market(bad, option)
    rounded = read_market(bad, option, clean="round-prices").tape.trades.price
    assert rounded.tolist() == [199, 200]


def test_columns_of_a_tape_cannot_be_written(csv: Csv, es: Instrument) -> None:
    quotes = read_market(csv(QUOTES), es).tape.quotes
    with pytest.raises(ValueError, match="read-only"):
        quotes.bid[0] = 1
