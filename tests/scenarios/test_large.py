"""Tables too large for memory: read batch by batch, they are the same tape and say the same."""

import gzip
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from io import FileIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

from dryfill.scenarios import CLEANING, read_market
from dryfill.scenarios.readers import spool
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.instrument import Instrument
from dryfill.trading.mapped import is_mapped
from dryfill.trading.tape import Tape

from .test_refusals import BAD

Csv = Callable[..., Path]
START = 1_709_303_400_000_000_000


@contextmanager
def batches(rows: int) -> Iterator[None]:
    """Every table is large meanwhile, and read some rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "SPOOL_ROWS", 0)
        patch.setattr(spool, "BATCH_ROWS", rows)
        yield


def outcome(source: Any, instrument: Instrument, options: dict[str, Any]) -> Any:
    """What reading comes to: columns and notes, or the refusal in words."""
    try:
        market = read_market(source, instrument, **options)
    except (ScenarioError, UsageError) as error:
        return str(error)
    return columns_of(market.tape), market.notes, market.contract, market.heard


def columns_of(tape: Tape) -> dict[str, list[int] | None]:
    found: dict[str, list[int] | None] = {}
    for kind in ("quotes", "trades", "bars"):
        table = getattr(tape, kind)
        for field in fields(table):
            column = getattr(table, field.name)
            found[f"{kind}.{field.name}"] = None if column is None else column.tolist()
    return found


@pytest.mark.parametrize(("text", "says"), [pytest.param(t, s, id=n) for n, t, s in BAD])
def test_bad_rows_are_refused_in_the_same_words(
    text: str, says: list[str], csv: Csv, es: Instrument
) -> None:
    path = csv(text)
    whole = outcome(path, es, {})
    for rows in (1, 2):
        with batches(rows):
            assert outcome(path, es, {}) == whole
    assert all(part in whole for part in says)


def dirty(dice: Random, kind: str) -> list[dict[str, str]]:
    """Rows with mistakes of every kind, a few of them."""
    at, rows = START, []
    odd = dice.choice([0, 0, 5, 20])

    def bad() -> bool:
        return dice.randrange(100) < odd

    for _ in range(dice.randrange(1, 14)):
        at += dice.choice([0, 1, 1_000]) - 500 * bad()
        price = 5000 + dice.randrange(8) / 4 + 0.1 * bad()
        row = {"time": str(at)}
        if kind == "quotes":
            ask = price + 0.25 - 0.75 * bad()
            row |= {"bid": f"{price:g}", "ask": f"{ask:g}"}
            row |= {"bid_size": str(dice.randrange(4)), "ask_size": str(dice.randrange(4))}
        else:
            row |= {"price": f"{price:g}", "size": str(dice.randrange(4))}
            row["side"] = dice.choice(["buy", "sell", "", "x" if bad() else "B"])
        for name in row:
            if bad():
                row[name] = dice.choice(["", "nan", "-1", "1.5", "word", "inf", row[name]])
        rows += [row] * (1 + bad())
    return rows


def a_file(dice: Random, kind: str, path: Path) -> Path:
    frame = pl.DataFrame(dirty(dice, kind))
    if dice.randrange(3) == 0:
        words = [dice.choice(["ESH4", "ESM4"]) for _ in range(frame.height)]
        frame = frame.with_columns(pl.Series("symbol", words))
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        frame.write_csv(path)
    return path


def options_of(dice: Random) -> dict[str, Any]:
    exclusive = [("drop-off-grid", "round-prices"), ("drop-crossed", "keep-crossed", "uncross")]
    names = [dice.choice(group) for group in exclusive]
    names += [n for n in CLEANING if not any(n in group for group in exclusive)]
    return {"clean": [name for name in names if dice.randrange(2)]}


@pytest.mark.parametrize("seed", range(12))
def test_dirty_files_come_to_the_same(seed: int, es: Instrument, tmp_path: Path) -> None:
    dice = Random(seed)
    names = ["a.csv", "b.parquet", "c.csv.gz"]
    for turn in range(5):
        folder = tmp_path / str(turn)
        folder.mkdir()
        kinds = dice.choice([["quotes"], ["trades"], ["quotes", "trades"], ["quotes", "quotes"]])
        paths = [a_file(dice, k, folder / f"{n}{dice.choice(names)}") for n, k in enumerate(kinds)]
        options = options_of(dice)
        whole = outcome(paths, es, options)
        frames = [pl.read_parquet(p) for p in paths if p.suffix == ".parquet"]
        of_frames = outcome(frames, es, options) if frames else None
        with batches(dice.randrange(1, 6)):
            assert outcome(paths, es, options) == whole, (turn, options)
            if frames:
                assert outcome(frames, es, options) == of_frames


def a_session(path: Path, rows: int) -> Path:
    """Quotes and trades of one file, told apart by a column."""
    quote = {"kind": "quote", "bid": 5000.0, "ask": 5000.25, "price": None, "size": None}
    trade = {"kind": "trade", "bid": None, "ask": None, "price": 5000.25, "size": 1}
    frame = pl.DataFrame([trade if n % 3 == 2 else quote for n in range(rows)])
    frame.insert_column(0, pl.Series("time", range(START, START + rows)))
    frame.write_parquet(path)
    return path


def test_columns_of_large_tables_lie_on_disk_and_nobody_may_write_them(
    es: Instrument, tmp_path: Path
) -> None:
    path = a_session(tmp_path / "es.parquet", 20)
    whole = read_market(path, es).tape
    with batches(7):
        tape = read_market(path, es).tape
    assert columns_of(tape) == columns_of(whole)
    for column in (tape.quotes.seq, tape.quotes.bid, tape.quotes.bid_size, tape.trades.price):
        assert is_mapped(column)
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1
    assert not is_mapped(whole.quotes.seq)


def test_nothing_is_left_in_the_folder_of_temporary_files(
    es: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    path = a_session(tmp_path / "es.parquet", 20)
    with batches(7):
        tape = read_market(path, es).tape
    assert len(tape) == 20
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_with_its_folder_and_the_way_out(
    es: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no file here that is always full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FileIO("/dev/full", "wb"))
    path = a_session(tmp_path / "es.parquet", 20)
    with batches(7), pytest.raises(ScenarioError, match=r"No space left on device.*TMPDIR"):
        read_market(path, es)


def test_a_line_may_go_on_within_quotes_and_over_the_end_of_a_batch(
    es: Instrument, tmp_path: Path
) -> None:
    lines = [f'{START + n},5000,1,"a note\nof two, lines"' for n in range(9)]
    path = tmp_path / "es.csv"
    path.write_text("\n".join(["time,price,size,note", *lines]))
    whole = columns_of(read_market(path, es).tape)
    for rows in (1, 2, 3):
        with batches(rows):
            assert columns_of(read_market(path, es).tape) == whole


def test_local_disorder_is_sorted_on_disk_as_in_memory(es: Instrument, tmp_path: Path) -> None:
    dice = Random(3)
    times = [START + n + dice.randrange(4) for n in range(60)]
    frame = pl.DataFrame({"time": times, "price": [5000.0] * 60, "size": range(60)})
    frame.write_parquet(tmp_path / "es.parquet")
    whole = read_market(tmp_path / "es.parquet", es, clean="sort")
    with batches(7):
        large = read_market(tmp_path / "es.parquet", es, clean="sort")
    assert columns_of(large.tape) == columns_of(whole.tape)
    assert large.notes == whole.notes
    assert (np.diff(large.tape.trades.time_ns) >= 0).all()
