"""One table on its way from a file to the tape, and the sentence that says where a row stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from . import spool
from .contracts import Contract
from .findings import Column as Column
from .findings import Mask as Mask
from .findings import Note

Kind = Literal["quotes", "trades", "bars"]
Stamp = Literal["open", "close"]

ROW = "#row"
"""The column that holds a row's number in its file: data rows from 1, a header is not counted."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one kind as they were read: canonical column names, cells still as the file had them.

    `order` is the place of its source among the arguments, the tie-break between sources at one
    nanosecond. `clean` are the options that its format implies; those of the user come on top.
    `heard`: its `arrival` is when a client had the row, at the end of the wire and not before it.
    `batches` gives the rows of one that is not in memory, from the first on, whenever it is called;
    `frame` is the first batch of it.
    """

    place: str
    kind: Kind
    frame: pl.DataFrame
    order: int = 0
    contract: Contract | None = None
    stamp: Stamp | None = None
    span_ns: int | None = None
    clean: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heard: bool = False
    batches: Callable[[], Iterator[pl.DataFrame]] | None = None

    @property
    def large(self) -> bool:
        """Whether it is read batch by batch. Bars never are: a bar is checked against all others,
        and in memory a year of seconds is three gigabytes."""
        return self.batches is not None or (
            self.kind != "bars" and self.frame.height > spool.SPOOL_ROWS
        )

    def frames(self) -> Iterator[pl.DataFrame]:
        """All its rows, in order: as one frame, or of a large table BATCH_ROWS at a time."""
        if self.batches is not None:
            return self.batches()
        return self.frame.iter_slices(spool.BATCH_ROWS if self.large else self.frame.height or 1)


@dataclass(frozen=True, eq=False)
class Rows:
    """The same rows as columns of numbers: ROW, `time_ns`, prices and sizes; times are ns UTC."""

    place: str
    kind: Kind
    columns: dict[str, Column]
    order: int = 0
    span_ns: int = 0
    notes: tuple[str | Note, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.columns[ROW])

    def taken(self, pick: Column) -> dict[str, Column]:
        """The columns cut by a mask or put in the order of an index."""
        return {name: column[pick] for name, column in self.columns.items()}


def first(column: Column, bad: Mask) -> Any:
    """The first bad row's value, as a plain Python object."""
    return column[bad][0].item()


def utc_text(time_ns: int) -> str:
    """A moment for a message: 2024-03-01T14:30:00.250Z, as many digits as it needs."""
    seconds, rest = divmod(time_ns, 10**9)
    whole = str(np.datetime64(seconds, "s"))
    return whole + (f".{rest:09d}".rstrip("0") if rest else "") + "Z"
