"""Files and frames to tables: opening, and the errors of opening."""

import gzip
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from ...trading.errors import ScenarioError, UsageError
from .batches import CSV, PARQUET, large_tables, reading
from .columns import kinds_of
from .lean import lean_tables
from .recording import file_tables, folder_tables, is_recorded
from .table import Kind, Table


def open_source(
    source: Any, order: int, kind: Kind | None, options: frozenset[str] = frozenset()
) -> list[Table]:
    """The tables of one path or frame; `order` is its place among the arguments. A folder is a
    recording.

    Raises ScenarioError for a file that is missing, empty, damaged or of another format, and
    UsageError for an object that is neither a path nor a frame.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        _refuse_absent(path)
        if path.is_dir():
            return folder_tables(path, order, kind, "skip-damaged" in options)
        if path.name.lower().endswith(".zip"):
            return lean_tables(path, order)
        if path.name.lower().endswith(PARQUET) and is_recorded(path):
            return file_tables(path, order, kind)
        if (large := large_tables(path, order, kind)) is not None:
            return large
        place, frame = path.name, _file(path)
    else:
        place, frame = f"frame {order + 1}", _frame(source, order)
    if frame.is_empty():
        raise ScenarioError(f"{place}: holds no rows; leave it out or name another")
    return [Table(place, k, part, order) for k, part in kinds_of(frame, place, kind).items()]


def _refuse_absent(path: Path) -> None:
    if not path.exists():
        raise ScenarioError(
            f"{path}: there is no such file; the current folder is where paths start"
        )


def _file(path: Path) -> pl.DataFrame:
    name = path.name.lower()
    with reading(path):
        if name.endswith(CSV):
            content = path.read_bytes()
            if name.endswith(".gz"):
                content = gzip.decompress(content)
            return pl.read_csv(content, infer_schema=False) if content.strip() else pl.DataFrame()
        if name.endswith(PARQUET):
            return pl.read_parquet(path, glob=False)
    raise ScenarioError(
        f"{path}: files of this kind are not read; give CSV (.csv, .csv.gz), Parquet (.parquet) "
        f"or LEAN's .zip"
    )


def _frame(source: Any, order: int) -> pl.DataFrame:
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if nw.dependencies.is_pandas_dataframe(source) and _timed_index(source):
        source = source.reset_index(
            names="time" if source.index.name is None else source.index.name
        )
    try:
        frame: pl.DataFrame = nw.from_native(source, eager_only=True).to_polars()
    except ModuleNotFoundError as exc:
        raise UsageError(f"frame {order + 1}: reading it needs {exc.name}; install that") from exc
    except TypeError as exc:
        raise UsageError(
            f"source {order + 1} is {type(source).__name__}; "
            f"give a path, or a pandas, polars or pyarrow frame"
        ) from exc
    except (ValueError, nw.exceptions.NarwhalsError) as exc:
        why = str(exc).strip().splitlines()[0]
        raise ScenarioError(
            f"frame {order + 1}: cannot be read ({why}); check its columns"
        ) from exc
    return frame


def _timed_index(frame: Any) -> bool:
    """A pandas frame may carry its times as its index."""
    return str(frame.index.dtype).startswith("datetime64")
