"""What a reader found in its rows: refusals, and notes on what it mended.

Large tables are looked at batch by batch. So that what is said of them is what would be said of the
whole, both are values that know their place among the checks and can be added up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...trading.errors import ScenarioError

Column = NDArray[Any]
Mask = NDArray[np.bool_]


class Check(IntEnum):
    """What is looked at, in this order; each check sees the rows that those before it left."""

    CELLS = 0
    UNKNOWN = 1
    HOLES = 2
    GRID = 3
    OFF_GRID = 4
    SIZES = 5
    SPAN = 6
    ORDER = 7
    SINGLE = 8
    CROSSED = 9
    BROKEN = 10


# Within a check columns are looked at in this order; they have other names here and there.
_IN_ORDER = (
    "time", "start", "end", "arrival",
    "bid", "bid_size", "ask", "ask_size", "price", "size", "side",
)  # fmt: skip
Rank = tuple[Check, int, int]


def rank(check: Check, column: str = "", nth: int = 0) -> Rank:
    """The place of one question to one column among all."""
    return check, _IN_ORDER.index(column) if column in _IN_ORDER else len(_IN_ORDER), nth


class BadRows(ScenarioError):
    """Rows that are refused: where the first stands, how many there are, what and the way out."""

    def __init__(
        self, where: Rank, place: str, row: int, count: int, what: str, way_out: str
    ) -> None:
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(f"{place}, row {row}{more}: {what}; {way_out}")
        self.where = where
        self.count = count
        self._said = (place, row, what, way_out)

    @classmethod
    def of_all(cls, found: Sequence["BadRows"]) -> "BadRows":
        """What the whole table would have been refused for, from what its batches were, in order.

        A batch stops at its first refusal; so those that count are of the earliest check of any.
        """
        first = min(found, key=lambda each: each.where)  # of equals the first: the earliest rows
        count = sum(each.count for each in found if each.where == first.where)
        place, row, what, way_out = first._said
        return cls(first.where, place, row, count, what, way_out)


@dataclass(frozen=True, slots=True)
class Note:
    """One counted sentence: `es.csv: dropped 3 crossed quotes, first at row 17`."""

    where: Rank
    place: str
    did: str
    count: int
    what: str
    row: int

    def __str__(self) -> str:
        return f"{self.place}: {self.did} {self.count} {self.what}, first at row {self.row}"


def notes_of_all(found: Iterable[Note]) -> tuple[Note, ...]:
    """The notes of a table's batches, in order, as those of the whole."""
    added: dict[Rank, Note] = {}
    for note in found:
        first = added.get(note.where)
        added[note.where] = (
            note if first is None else replace(first, count=first.count + note.count)
        )
    return tuple(added[where] for where in sorted(added))


def refuse(where: Rank, place: str, rows: Column, bad: Mask, what: str, way_out: str) -> BadRows:
    """The error for the first bad row: file, row, value, way out."""
    return BadRows(where, place, int(rows[bad][0]), int(bad.sum()), what, way_out)


def note(where: Rank, place: str, rows: Column, bad: Mask, did: str, what: str) -> Note:
    """What was done to some rows."""
    return Note(where, place, did, int(bad.sum()), what, int(rows[bad][0]))
