"""Files too large to be read at once: Parquet and CSV, some rows at a time."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import polars as pl

from ...trading.errors import ScenarioError
from . import spool
from .columns import kind_columns, kind_of, kind_words, parts_of, refuse_twins
from .table import ROW, Kind, Table

CSV = (".csv", ".csv.gz", ".txt", ".txt.gz")
PARQUET = (".parquet", ".pq")

# What a row of text takes at least, and how far gzip gets with it; a file that is taken for large
# and is not costs a little time.
_ROW_BYTES = 40
_GZIP = 8


class _Large(Protocol):
    def frames(self, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """All rows, in order, with their ROW; of all columns or of some."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What may go wrong with a file, as ScenarioError."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error) as exc:
        why = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise ScenarioError(
            f"{path}: cannot be read ({why}); is it whole, and what it is called?"
        ) from exc


def large_tables(path: Path, order: int, kind: Kind | None) -> list[Table] | None:
    """The tables of a large file; None for a small or empty one, for bars, and other formats.

    Raises ScenarioError as `sources.open_source` does.
    """
    file = _opened(path)
    head = None if file is None else next(file.frames(), None)
    if file is None or head is None:
        return None
    refuse_twins(head.columns, path.name)
    told_by, kinds = _told_apart(file, head, kind)
    if told_by is None:
        kinds = [kind_of(head, path.name, kind)]
        if kinds == ["bars"]:
            return None
    tables = []
    for each in kinds:
        batches = partial(_frames_of, file, path.name, kind, told_by, each)
        tables.append(Table(path.name, each, next(batches()), order, batches=batches))
    return tables


def _opened(path: Path) -> _Large | None:
    name, size = path.name.lower(), path.stat().st_size
    if name.endswith(PARQUET):
        with reading(path):
            parquet = _Parquet(path)
        return parquet if parquet.rows > spool.SPOOL_ROWS else None
    if name.endswith(CSV):
        size *= _GZIP if name.endswith(".gz") else 1
        return _Csv(path) if size > spool.SPOOL_ROWS * _ROW_BYTES else None
    return None


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._scan = pl.scan_parquet(path, glob=False)
        self.rows: int = self._scan.select(pl.len()).collect().item()

    def frames(self, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        rows = self._scan if columns is None else self._scan.select(columns)
        for start in range(0, self.rows, spool.BATCH_ROWS):
            with reading(self._path):
                frame = rows.slice(start, spool.BATCH_ROWS).collect()
            yield frame.with_row_index(ROW, offset=start + 1)


class _Csv:
    def __init__(self, path: Path) -> None:
        self._path = path

    def frames(self, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        upto = 1
        with reading(self._path), self._open() as file:
            header = _lines(file, 1)
            while lines := _lines(file, spool.BATCH_ROWS * _ROW_BYTES):
                frame = pl.read_csv(header + lines, infer_schema=False, columns=columns)
                yield frame.with_row_index(ROW, offset=upto)
                upto += frame.height

    def _open(self) -> BinaryIO:
        if self._path.name.lower().endswith(".gz"):
            return cast("BinaryIO", gzip.open(self._path))
        return self._path.open("rb")


def _lines(file: BinaryIO, size: int) -> bytes:
    """Whole lines of CSV, some `size` bytes of them; a line may go on within quotes."""
    found = file.read(size) if size > 1 else b""
    found += file.readline()
    while found.count(b'"') % 2 and (more := file.readline()):
        found += more
    return found


def _told_apart(
    file: _Large, head: pl.DataFrame, kind: Kind | None
) -> tuple[str | None, list[Kind]]:
    """The column that says of every row whether it is a quote or a trade, and which there are."""
    for name in kind_columns(head):
        kinds: set[str | None] = set()
        for frame in file.frames([name]):
            kinds |= set(kind_words(frame[name]).unique().to_list())
            if None in kinds:
                break
        else:
            wanted: tuple[Kind, ...] = (kind,) if kind else ("quotes", "trades")
            return name, [each for each in wanted if each in kinds]
    return None, []


def _frames_of(
    file: _Large, place: str, kind: Kind | None, told_by: str | None, wanted: Kind
) -> Iterator[pl.DataFrame]:
    for frame in file.frames():
        part = parts_of(frame, told_by, place, kind).get(wanted)
        if part is not None:
            yield part
