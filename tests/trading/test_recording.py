"""The form of a recording: names of files, and files that are whole or refused."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.trading.errors import ScenarioError
from dryfill.trading.recording import (
    FORMAT,
    HEAD_KEY,
    FileKind,
    Head,
    PartName,
    file_symbol,
    part_name,
    run_name,
)
from dryfill.trading.recording_file import DamagedFile, head_of, read_part, schema_of, write_part

HEAD = Head(
    format=FORMAT, kind=FileKind.MARKET, source="a test", made_by="0", symbol="ESH4", unit="0.25"
)
T0 = 1_709_564_400_000_000_000


def trades(count: int) -> pl.DataFrame:
    """Trades at 5000.00, 5000.25, …, one a nanosecond."""
    n = np.arange(count)
    columns = {
        "time": pl.Series(T0 + n).cast(pl.Datetime("ns", "UTC")),
        "arrival": pl.Series(T0 + n + 5).cast(pl.Datetime("ns", "UTC")),
        "kind": ["trade"] * count,
        "price_units": 20_000 + n,
        "size": n + 1,
        "side": ["buy", None] * (count // 2),
    }
    return pl.DataFrame(
        {name: columns.get(name) for name in schema_of(HEAD)}, schema=schema_of(HEAD)
    )


@given(
    kind=st.sampled_from(FileKind),
    symbol=st.text(max_size=12),
    start_ns=st.integers(0, 4 * 10**18),
    segment=st.integers(1, 10**6),
    chunk=st.none() | st.integers(1, 10**6),
)
def test_a_name_says_what_it_was_made_of(
    kind: FileKind, symbol: str, start_ns: int, segment: int, chunk: int | None
) -> None:
    made = PartName(
        kind=kind, symbol=file_symbol(symbol), run=run_name(start_ns), segment=segment, chunk=chunk
    )
    assert part_name(Path(made.file)) == made
    assert not re.search(r'[/\\:*?"<>|]', made.file)


def test_names_of_runs_sort_as_their_moments_do() -> None:
    moments = [0, 999, 1_000, 10**9, 1_700_000_000 * 10**9, 1_700_000_000 * 10**9 + 250_000_000]
    names = [run_name(ns) for ns in moments]
    assert names == sorted(names)


@pytest.mark.parametrize("symbols", [("A.B", "A_B"), ("a/b", "a%2Fb"), ("", "all.")])
def test_different_symbols_have_different_files(symbols: tuple[str, str]) -> None:
    one, other = symbols
    assert file_symbol(one) != file_symbol(other)


@pytest.mark.parametrize(
    "name", ["es.parquet", "market.ESH4.parquet", ".market.ESH4.20240304T143000000000Z.00001.tmp",
             "prices.ESH4.20240304T143000000000Z.00001.parquet"],
)  # fmt: skip
def test_other_files_are_no_part_of_a_recording(name: str) -> None:
    assert part_name(Path(name)) is None


def test_a_file_is_read_as_it_was_written_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_part(path, trades(100), HEAD)
    head, frame = read_part(path)
    assert frame.equals(trades(100))
    assert (head.symbol, head.unit, head.rows) == ("ESH4", "0.25", 100)
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_a_file_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_part(tmp_path / "nowhere" / "x.parquet", trades(2), HEAD)
    taken = tmp_path / "x.parquet"
    taken.mkdir()
    with pytest.raises(OSError, match=r"x\.parquet"):
        write_part(taken, trades(2), HEAD)
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


DAMAGES = [
    (lambda whole: b"", r"it ends after 0 bytes"),
    (lambda whole: whole[:7], r"it ends after 7 bytes"),
    (lambda whole: whole[: len(whole) // 2], r"byte \d+: its end is missing, it was cut there"),
    (lambda whole: whole[:-1], r"byte \d+: its end is missing"),
    (
        lambda whole: b"\0" * len(whole),
        r"byte 0: it begins with b'.x00.x00.x00.x00', not with b'PAR1'",
    ),
    (lambda whole: whole[:50] + b"\0" * 60 + whole[110:], r"within its \d+ bytes|does not add up"),
    (lambda whole: whole[:-8] + b"\xff\xff\xff\x7f" + whole[-4:], r"its footer says 2147483647"),
]


@pytest.mark.parametrize(("spoil", "place"), DAMAGES)
def test_a_damaged_file_is_refused_with_its_place_and_the_way_out(
    tmp_path: Path, spoil: Callable[[bytes], bytes], place: str
) -> None:
    path = tmp_path / "market.ESH4.20240304T143000000000Z.00001.parquet"
    write_part(path, trades(100), HEAD)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DamagedFile, match=place) as refused:
        read_part(path)
    assert str(path) in str(refused.value)
    assert "skip-damaged" in str(refused.value)


def test_no_changed_byte_passes_for_another_price(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_part(path, trades(2_000), HEAD)
    whole = path.read_bytes()
    wrong = 0
    for at in range(4, len(whole) - 8, max(len(whole) // 150, 1)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            _, frame = read_part(path)
        except DamagedFile:
            wrong += 1
            continue
        assert frame.equals(trades(2_000)), f"byte {at}"  # of statistics and the like
    assert wrong > 75


def test_a_newer_form_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    trades(2).write_parquet(path, metadata={HEAD_KEY: '{"format": 9, "columns": []}'})
    with pytest.raises(ScenarioError, match="is of form 9 and this Dryfill reads up to 1"):
        head_of(path)


@pytest.mark.parametrize("head", ["[]", "{}", "no JSON", '{"format": 1}'])
def test_a_head_that_says_nothing_is_a_damage(tmp_path: Path, head: str) -> None:
    path = tmp_path / "x.parquet"
    trades(2).write_parquet(path, metadata={HEAD_KEY: head})
    with pytest.raises(DamagedFile, match="its head is not understood"):
        head_of(path)


def test_a_stranger_s_file_has_no_head(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    trades(2).write_parquet(path)
    assert head_of(path) is None
    with pytest.raises(ScenarioError, match="no head of one"):
        read_part(path)


def test_rows_and_columns_are_those_of_the_head(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_part(path, trades(4), HEAD)
    head, frame = read_part(path)
    said = {HEAD_KEY: msgspec.json.encode(head).decode()}
    frame.head(3).write_parquet(path, metadata=said)
    with pytest.raises(DamagedFile, match="it has 3 rows, and 4 were written"):
        read_part(path)
    frame.drop("size").write_parquet(path, metadata=said)
    with pytest.raises(DamagedFile, match="its columns are time, arrival"):
        read_part(path)
