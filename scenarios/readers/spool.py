"""Where the columns of large tables go: into files without a name, in the system's folder for such.

A file without a name is gone with the process that opened it, however that ends: nothing is ever
left behind. Small tables stay in memory.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import numpy as np

from ...trading.errors import ScenarioError
from ...trading.mapped import is_mapped, map_column
from .findings import Column

SPOOL_ROWS = 500_000
"""Tables of more rows than this go to disk."""

BATCH_ROWS = 131_072
"""How many rows are read, checked and written together."""


class MemoryColumn:
    """A column that grows, in memory."""

    def __init__(self) -> None:
        self._parts: list[Column] = []

    def add(self, values: Column) -> None:
        """More rows behind those that are there."""
        self._parts.append(values)

    def done(self) -> Column:
        """The whole column. Nothing is added after that."""
        return self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)

    def close(self) -> None:
        """Nothing is held that does not go by itself."""


class DiskColumn:
    """A column of whole numbers that grows on disk. Raises ScenarioError where that is full."""

    def __init__(self) -> None:
        self._rows = 0
        with _room():
            self._file = tempfile.TemporaryFile(prefix="dryfill-")  # noqa: SIM115  see close

    def add(self, values: Column) -> None:
        """More rows behind those that are there."""
        with _room():
            self._file.write(np.ascontiguousarray(values, np.int64).data)
        self._rows += len(values)

    def done(self) -> Column:
        """The whole column. Nothing is added after that."""
        with _room():
            self._file.flush()
            return map_column(self._file, self._rows)

    def close(self) -> None:
        """Let go of the file; a column that is done keeps what it needs of it."""
        try:
            self._file.close()
        except OSError:
            # What could not be written was told when it could not; the file goes all the same.
            self._file.close()


def new_column(*, on_disk: bool) -> MemoryColumn | DiskColumn:
    """A column that grows; whoever asks closes it."""
    return DiskColumn() if on_disk else MemoryColumn()


def column_of(parts: Iterable[Column], *, on_disk: bool) -> Column:
    """The parts as one column."""
    with closing(new_column(on_disk=on_disk)) as column:
        for part in parts:
            column.add(part)
        return column.done()


def any_on_disk(columns: Iterable[Column]) -> bool:
    """Whether one of the columns lies on disk; what is made of them goes there too."""
    return any(is_mapped(column) for column in columns)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ScenarioError(
            f"{tempfile.gettempdir()}: the columns of a large file are kept there while it is in "
            f"use, and that failed ({exc.strerror or exc}); they take 8 bytes a cell: make room, "
            f"or name another folder in the environment variable TMPDIR"
        ) from exc
