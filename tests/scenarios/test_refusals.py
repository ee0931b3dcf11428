"""Bad data is refused with file, row, value and way out."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dryfill.scenarios import CLEANING, read_market
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.instrument import Instrument

Csv = Callable[..., Path]
Z = "2024-03-01T14:30:0"
QUOTES = "time,bid,bid_size,ask,ask_size"
TRADES = "time,price,size"
BARS = "start,open,high,low,close,volume"

# name, file, then what the message must say, each part in this order.
BAD: list[tuple[str, str, list[str]]] = [
    (
        "times without a zone",
        f"{TRADES}\n{Z}0Z,5000,1\n2024-03-01 09:30:00,5000,1",
        ["es.csv, row 2: time 2024-03-01 09:30:00 has no zone", "timezone="],
    ),
    (
        "times that are no times",
        f"{TRADES}\n{Z}0Z,5000,1\n03/01/2024 09:30,5000,1",
        ["es.csv, row 2: time '03/01/2024 09:30' is not understood", "ISO 8601"],
    ),
    (
        "times in milliseconds",
        f"{TRADES}\n1709303400000,5000,1",
        ["es.csv, row 1: time 1709303400000 is before 1973 as nanoseconds", "multiply"],
    ),
    (
        "unsorted rows",
        f"{TRADES}\n{Z}1Z,5000,1\n{Z}2Z,5000,1\n{Z}0.5Z,5000,1",
        ["es.csv, row 3: time 2024-03-01T14:30:00.5Z is before the row above", "clean='sort'"],
    ),
    (
        "off-grid trades",
        f"{TRADES}\n{Z}0Z,5000,1\n{Z}1Z,5000.10,1\n{Z}2Z,5000.20,1",
        ["es.csv, row 2 (and 1 more): price 5000.1 is not on the 0.25 tick of ES", "round-prices"],
    ),
    (
        "off-grid quotes",
        f"{QUOTES}\n{Z}0Z,5000,1,5000.3,1",
        ["es.csv, row 1: ask 5000.3 is not on the 0.25 tick of ES", "drop-off-grid"],
    ),
    (
        "crossed quotes",
        f"{QUOTES}\n{Z}0Z,5000,1,5000,1\n{Z}1Z,5000.50,1,5000.25,1",
        ["es.csv, row 2: bid 5000.5 is above ask 5000.25", "drop-crossed", "keep-crossed"],
    ),
    (
        "crossed bars",
        f"{BARS},bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n"
        f"{Z}0Z,5000,5000,5000,5000,1,5000,5000,5000,5000,5000,5000,4999,4999\n"
        f"{Z}1Z,5000,5000,5000,5000,1,5000,5000,5000,5000,5000,5000,5000,5000\n",
        ["es.csv, row 1: bid_low 5000 is above ask_low 4999", "uncross"],
    ),
    (
        "NaN",
        f"{TRADES}\n{Z}0Z,5000,1\n{Z}1Z,NaN,1",
        ["es.csv, row 2: price is empty or NaN", "drop-missing"],
    ),
    (
        "an empty time",
        f"{TRADES}\n{Z}0Z,5000,1\n,5000,1",
        ["es.csv, row 2: time is empty or NaN", "drop-missing"],
    ),
    (
        "an empty size",
        f"{QUOTES}\n{Z}0Z,5000,,5000.25,1",
        ["es.csv, row 1: bid_size is empty or NaN", "unknown-sizes"],
    ),
    (
        "an empty price beside a size",
        f"{QUOTES}\n{Z}0Z,,3,5000.25,1",
        ["es.csv, row 1: bid is empty or NaN", "empty price beside size 0"],
    ),
    (
        "half a bar",
        f"{BARS}\n{Z}0Z,5000,,5000,5000,0",
        ["es.csv, row 1: high is empty or NaN"],
    ),
    (
        "words for prices",
        f"{TRADES}\n{Z}0Z,5000,1\n{Z}1Z,110'16,1",
        ['es.csv, row 2: price "110\'16" is no finite number', "decimals"],
    ),
    (
        "infinite prices",
        f"{TRADES}\n{Z}0Z,inf,1",
        ["es.csv, row 1: price 'inf' is no finite number"],
    ),
    (
        "negative sizes",
        f"{TRADES}\n{Z}0Z,5000,-1",
        ["es.csv, row 1: size -1 is negative", "column of its own"],
    ),
    (
        "fractions of contracts",
        f"{TRADES}\n{Z}0Z,5000,1.5",
        ["es.csv, row 1: size 1.5 is no whole number"],
    ),
    (
        "a side that is none",
        f"{TRADES},side\n{Z}0Z,5000,1,buy\n{Z}0Z,5000,1,up",
        ["es.csv, row 2: side 'up' is no side", "buy, sell"],
    ),
    (
        "duplicated columns",
        f"{TRADES},size\n{Z}0Z,5000,1,1",
        ["es.csv: column 'size' is there twice"],
    ),
    (
        "two columns of one meaning",
        f"ts,timestamp,price,size\n{Z}0Z,{Z}0Z,5000,1",
        ["es.csv: columns 'timestamp' and 'ts' both say time", "call it 'time'"],
    ),
    (
        "missing columns",
        f"time,bid,ask_size,price\n{Z}0Z,5000,1,1",
        ["es.csv: trades need a column 'size'; it has time, bid, ask_size, price"],
    ),
    (
        "columns of no known kind",
        f"time,foo,bar\n{Z}0Z,1,1",
        ["es.csv: columns time, foo, bar are neither quotes (time, bid, ask)", "rename"],
    ),
    (
        "columns of two kinds",
        f"time,bid,ask,price,size\n{Z}0Z,1,1,1,1",
        ["es.csv: its columns", "could be quotes or trades", "pass kind='quotes'"],
    ),
    (
        "bars without a stated stamp",
        f"time,open,high,low,close,volume\n{Z}0Z,5000,5000,5000,5000,1",
        ["es.csv: its bars have a time, but is it their open or their close?", "stamp='open'"],
    ),
    (
        "one bar of unknown length",
        f"{BARS}\n{Z}0Z,5000,5000,5000,5000,1",
        ["es.csv: one moment alone does not tell how long a bar is", "span='1m'"],
    ),
    (
        "bars of uneven length",
        f"{BARS},end\n{Z}0Z,5000,5000,5000,5000,1,{Z}1Z\n{Z}1Z,5000,5000,5000,5000,1,{Z}3Z",
        ["es.csv, row 2: its bar is 2 s long, the first 1 s", "split it"],
    ),
    (
        "two bars of one start",
        f"{BARS}\n{Z}0Z,5000,5000,5000,5000,1\n{Z}0Z,5000,5000,5000,5000,1\n"
        f"{Z}1Z,5000,5000,5000,5000,1",
        ["es.csv, row 2: a second bar starts at 2024-03-01T14:30:00Z", "drop-duplicates"],
    ),
    (
        "a bar whose close is outside its range",
        f"{BARS}\n{Z}0Z,5000,5001,5000,5000,1\n{Z}1Z,5000,5001,5000,5002,1",
        ["es.csv, row 2: open 5000, high 5001, low 5000, close 5002: open and close lie outside"],
    ),
    (
        "a bar whose open is below its low",
        f"{BARS}\n{Z}0Z,5000,5001,5000.5,5001,1\n{Z}1Z,5000,5001,5000,5001,1",
        ["es.csv, row 1: open 5000, high 5001, low 5000.5, close 5001: open and close lie outside"],
    ),
    ("an empty file", "", ["es.csv: holds no rows"]),
    ("a header alone", TRADES, ["es.csv: holds no rows"]),
    ("ragged rows", f"{TRADES}\n{Z}0Z,5000,1,2,3", ["es.csv: cannot be read"]),
]


@pytest.mark.parametrize(
    ("text", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_rows_are_refused_with_file_row_value_and_way_out(
    csv: Csv, es: Instrument, text: str, said: list[str]
) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_market(csv(text), es)
    message, at = str(caught.value), 0
    for part in said:
        assert part in message[at:], message
        at = message.index(part, at) + len(part)


@pytest.mark.parametrize(
    ("local", "ok"),
    [("2024-11-03 00:59", True), ("2024-11-03 01:30", False), ("2024-03-10 02:30", False)],
)
def test_a_local_time_that_exists_twice_or_never_is_refused(
    csv: Csv, es: Instrument, local: str, ok: bool
) -> None:
    path = csv(f"{TRADES}\n{local},5000,1")
    if ok:
        assert len(read_market(path, es, timezone="America/Chicago").tape) == 1
        return
    with pytest.raises(ScenarioError, match=r"row 1: time .* exists twice or not at all"):
        read_market(path, es, timezone="America/Chicago")


def test_naive_datetimes_of_a_frame_are_refused(es: Instrument) -> None:
    times = pd.to_datetime(["2024-03-01 14:30"])
    frame = pd.DataFrame({"time": times, "price": [5000.0], "size": [1]})
    with pytest.raises(ScenarioError, match=r"frame 1, row 1: time 2024-03-01 14:30.* has no zone"):
        read_market(frame, es)
    assert len(read_market(frame, es, timezone="UTC").tape) == 1


def test_a_nan_in_a_pandas_frame_is_refused(es: Instrument) -> None:
    frame = pd.DataFrame(
        {"time": [1_709_303_400 * 10**9] * 2, "price": [5000.0, np.nan], "size": [1, 1]}
    )
    with pytest.raises(ScenarioError, match="frame 1, row 2: price is empty or NaN"):
        read_market(frame, es)


def test_singles_too_coarse_for_the_grid_are_refused() -> None:
    fine = Instrument("X", Decimal("0.0001"), Decimal(1))
    price = pl.Series([5000.25], dtype=pl.Float32)
    frame = pl.DataFrame({"time": [1_709_303_400 * 10**9], "price": price, "size": [1]})
    with pytest.raises(ScenarioError, match=r"row 1: price 5000\.25 is not on the 0\.0001 tick"):
        read_market(frame, fine)


def test_one_double_beside_the_grid_is_off_it(es: Instrument) -> None:
    beside = float(np.nextafter(5000.25, 6000))
    frame = pl.DataFrame({"time": [1_709_303_400 * 10**9], "price": [beside], "size": [1]})
    with pytest.raises(ScenarioError, match=r"price 5000\.2500000000\d+ is not on the 0\.25 tick"):
        read_market(frame, es)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("es.json", b"{}", "files of this kind are not read; give CSV"),
        ("es.parquet", b"not parquet", "cannot be read"),
        ("es.csv.gz", b"not gzip", "cannot be read"),
        ("es.zip", b"not a zip", "cannot be read as a zip"),
        ("es.csv", b"time,price,size\n\xff\xfe\x00,1,1", "cannot be read"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    tmp_path: Path, es: Instrument, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ScenarioError, match=said):
        read_market(tmp_path / name, es)


def test_missing_files_and_folders_are_refused(tmp_path: Path, es: Instrument) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.csv: there is no such file"):
        read_market(tmp_path / "nowhere.csv", es)
    with pytest.raises(ScenarioError, match="is a folder, and no recording's market is in it"):
        read_market(tmp_path, es)


def test_overlapping_files_of_one_kind_are_refused_or_interleaved(csv: Csv, es: Instrument) -> None:
    one = csv(f"{TRADES}\n{Z}0Z,5000,1\n{Z}5Z,5000,2", "one.csv")
    two = csv(f"{TRADES}\n{Z}4Z,5000,3", "two.csv")
    with pytest.raises(
        ScenarioError, match=r"one\.csv and two\.csv overlap: .*14:30:05Z.*14:30:04Z"
    ):
        read_market([two, one], es)
    assert read_market([two, one], es, clean="sort").tape.trades.size.tolist() == [1, 3, 2]
    touching = csv(f"{TRADES}\n{Z}5Z,5000,4", "three.csv")
    assert read_market([touching, one], es).tape.trades.size.tolist() == [1, 4, 2]


def test_the_same_bar_in_two_files_is_refused(csv: Csv, es: Instrument) -> None:
    one = csv(f"{BARS}\n{Z}0Z,5000,5000,5000,5000,1\n{Z}1Z,5000,5000,5000,5000,1", "one.csv")
    two = csv(f"{BARS}\n{Z}1Z,5000,5000,5000,5000,1\n{Z}2Z,5000,5000,5000,5000,1", "two.csv")
    with pytest.raises(ScenarioError, match=r"two\.csv, row 1: another file has a bar"):
        read_market([one, two], es)


def test_bars_of_different_lengths_are_not_joined(csv: Csv, es: Instrument) -> None:
    one = csv(f"{BARS}\n{Z}0Z,5000,5000,5000,5000,1\n{Z}1Z,5000,5000,5000,5000,1", "one.csv")
    two = csv(f"{BARS}\n{Z}2Z,5000,5000,5000,5000,1\n{Z}4Z,5000,5000,5000,5000,1", "two.csv")
    with pytest.raises(ScenarioError, match=r"one\.csv has bars of 1 s and two\.csv of 2 s"):
        read_market([one, two], es)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "ticks"}, "kind='ticks' is none of quotes, trades, bars"),
        ({"stamp": "middle"}, "neither 'open' nor 'close'"),
        ({"timezone": "Chicago"}, "timezone='Chicago' is unknown"),
        ({"span": "soon"}, "span 'soon' is no length of a bar"),
        ({"span": 0}, "span 0 is no length of a bar"),
        ({"clean": "wash"}, "clean='wash' is no cleaning option; there are sort, "),
        ({"clean": ("keep-crossed", "drop-crossed")}, "exclude each other"),
        ({"clean": ("round-prices", "drop-off-grid")}, "exclude each other"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    csv: Csv, es: Instrument, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read_market(csv(f"{TRADES}\n{Z}0Z,5000,1"), es, **arguments)


def test_what_is_no_source_is_refused(es: Instrument) -> None:
    with pytest.raises(UsageError, match="source 1 is int; give a path"):
        read_market(17, es)
    with pytest.raises(UsageError, match="no data was named"):
        read_market([], es)


def test_every_option_explains_itself() -> None:
    assert all(len(text) > 20 for text in CLEANING.values())
