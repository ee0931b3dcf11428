"""One file of a recording: written whole or not at all, and read back only if it is whole.

Parquet tells a file whose end is missing, but not one in which a byte has changed: its pages have
no sums, and a wrong price would be traded on. So the head has a sum of every column.
"""

import os
from pathlib import Path
from zlib import crc32

import msgspec
import polars as pl

from .errors import ScenarioError
from .recording import COLUMNS, FORMAT, HEAD_KEY, Cell, Head
from .words import NO_PRICE

_TYPES = {
    Cell.TIME: pl.Datetime("ns", "UTC"),
    Cell.COUNT: pl.Int64(),
    Cell.TEXT: pl.String(),
}
_MARK = b"PAR1"
_LEAST_BYTES = 12  # mark, length of the footer, mark
# A damaged page may also panic in polars, which is no ordinary exception.
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
_WAY_OUT = "take it away, or read the folder with clean='skip-damaged': its rows will be missing"


def schema_of(head: Head) -> dict[str, pl.DataType]:
    """The columns of a file as polars types."""
    return {name: _TYPES[cell] for name, cell in COLUMNS[head.kind].items()}


def write_part(path: Path, frame: pl.DataFrame, head: Head) -> None:
    """Write a file and have it on the disk when this returns.

    It grows under a hidden name beside `path` and is renamed at the end, so that a crash leaves
    either no `path` or a whole one. The head's `rows` and `sums` are filled in. Raises OSError.
    """
    head = msgspec.structs.replace(head, rows=frame.height, sums=_sums(frame))
    growing = path.with_name(f".{path.name}.tmp")
    try:
        frame.write_parquet(growing, metadata={HEAD_KEY: msgspec.json.encode(head).decode()})
        _sync(growing)
        os.replace(growing, path)
    except pl.exceptions.PolarsError as exc:
        raise OSError(str(exc)) from exc
    finally:
        growing.unlink(missing_ok=True)
    _sync(path.parent)


def head_of(path: Path) -> Head | None:
    """What a Parquet file says of itself; None for one that is no recording's.

    Raises ScenarioError for a damaged file, and for a head of a newer form.
    """
    try:
        text = pl.read_parquet_metadata(path).get(HEAD_KEY)
    except _UNREADABLE as exc:
        raise _damaged(path, _place(path, exc)) from exc
    if text is None:
        return None
    try:
        form = msgspec.json.decode(text).get("format")
        if isinstance(form, int) and form > FORMAT:
            raise ScenarioError(
                f"{path}: is of form {form} and this Dryfill reads up to {FORMAT}; get a newer one"
            )
        return msgspec.json.decode(text, type=Head)
    except (msgspec.MsgspecError, AttributeError) as exc:
        raise _damaged(path, f"its head is not understood ({exc})") from exc


def read_part(path: Path) -> tuple[Head, pl.DataFrame]:
    """A file's head and rows, every sum checked. Raises ScenarioError naming the place of a damage
    and the way out."""
    head = head_of(path)
    if head is None:
        raise ScenarioError(f"{path}: has a recording's name and no head of one; take it away")
    try:
        frame = pl.read_parquet(path, glob=False)
    except _UNREADABLE as exc:
        raise _damaged(path, _place(path, exc)) from exc
    if dict(frame.schema) != schema_of(head):
        raise _damaged(path, f"its columns are {', '.join(frame.columns)}")
    if frame.height != head.rows:
        raise _damaged(path, f"it has {frame.height} rows, and {head.rows} were written")
    for name, found in _sums(frame).items():
        if found != head.sums.get(name):
            raise _damaged(
                path, f"column {name} does not add up to what was written (its sum differs)"
            )
    return head, frame


def _sums(frame: pl.DataFrame) -> dict[str, int]:
    """crc32 of each column's values, independent of how they are stored."""
    return {series.name: _sum(series) for series in frame.get_columns()}


def _sum(series: pl.Series) -> int:
    if series.dtype == pl.String:
        # What is empty must differ from what is not there, and a text from two.
        return crc32(msgspec.json.encode(series.to_list()))
    whole = series.to_physical().cast(pl.Int64).fill_null(NO_PRICE)
    return crc32(whole.to_numpy().astype("<i8", copy=False).tobytes())


def _place(path: Path, exc: BaseException) -> str:
    """Where a file is broken, in words, as far as its outside tells."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(len(_MARK))
            file.seek(max(size - 2 * len(_MARK), 0))
            footer, end = file.read(len(_MARK)), file.read(len(_MARK))
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"
    if size < _LEAST_BYTES:
        return f"it ends after {size} bytes"
    if start != _MARK:
        return f"byte 0: it begins with {start!r}, not with {_MARK!r}"
    if end != _MARK:
        return f"byte {size}: its end is missing, it was cut there"
    length = int.from_bytes(footer, "little")
    if length > size - _LEAST_BYTES:
        return f"byte {size - 8}: its footer says {length} bytes, the file has {size}"
    return f"within its {size} bytes: {str(exc).splitlines()[0] if str(exc) else type(exc)}"


def _damaged(path: Path, place: str) -> "DamagedFile":
    return DamagedFile(f"{path}: is damaged: {place}; {_WAY_OUT}")


class DamagedFile(ScenarioError):
    """A file of a recording that is not whole."""


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders, and keeps the order of its renames itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
