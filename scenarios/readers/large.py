"""A large table's rows: batch by batch through the same checks, and into columns on disk."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np

from ...trading.errors import ScenarioError
from ...trading.instrument import Instrument
from ...trading.mapped import give_back
from . import spool
from .findings import BadRows, Note, notes_of_all
from .rows import among_each_other, by_themselves, steps_back
from .table import Column, Rows, Table


class _Findings:
    """What the batches of a table were refused for, and what was mended in them."""

    def __init__(self) -> None:
        self._refused: list[BadRows] = []
        self._unread: ScenarioError | None = None
        self._notes: list[Note] = []

    @property
    def refused(self) -> bool:
        """Whether nothing will come of this table."""
        return bool(self._refused) or self._unread is not None

    def refuse(self, error: ScenarioError) -> None:
        """A batch was refused: for some of its rows, or for a column as such."""
        if isinstance(error, BadRows):
            self._refused.append(error)
        else:
            # Every batch is refused for that, unless it is refused for an earlier check.
            self._unread = error

    def note(self, rows: Rows) -> Rows:
        """Take the notes of a batch away."""
        self._notes += [each for each in rows.notes if isinstance(each, Note)]
        return replace(rows, notes=())

    def settle(self) -> tuple[Note, ...]:
        """The notes of the whole. Raises ScenarioError for what the whole is refused for."""
        if self._refused:
            raise BadRows.of_all(self._refused)
        if self._unread is not None:
            raise self._unread
        return notes_of_all(self._notes)


class _Spooled:
    """Rows that grow on disk."""

    def __init__(self) -> None:
        self._like: Rows | None = None
        self._columns: dict[str, spool.DiskColumn] = {}

    def add(self, rows: Rows) -> None:
        """More rows behind those that are there."""
        if self._like is None:
            self._like = rows
            for name in rows.columns:
                self._columns[name] = spool.DiskColumn()
        for name, column in self._columns.items():
            column.add(rows.columns[name])

    def done(self) -> Rows:
        """All the rows; at least one batch has been added."""
        assert self._like is not None
        columns = {name: column.done() for name, column in self._columns.items()}
        return replace(self._like, columns=columns, notes=())

    def close(self) -> None:
        """Let go of the files; rows that are done keep what they need of them."""
        for column in self._columns.values():
            column.close()


def to_large_rows(
    table: Table, instrument: Instrument, options: frozenset[str], timezone: str | None
) -> Rows:
    """As `to_rows`, of a table that does not fit into memory: its columns lie on disk.

    Where rows are to be sorted and are out of order, that takes some 20 bytes of memory a row.
    Raises ScenarioError as `to_rows` does, and where the disk is full.
    """
    found = _Findings()
    # Whether rows repeat or cross is asked once they are in order.
    sorting = "sort" in options
    stepped = False
    before: Rows | None = None
    with closing(_Spooled()) as spooled:
        for frame in table.frames():
            try:
                rows, _ = by_themselves(table, frame, instrument, options, timezone)
                above, before = before, rows if len(rows) else before
                step = steps_back(rows, options, above)
                if step is not None:
                    stepped = True
                    rows = replace(rows, notes=(*rows.notes, step))
                if not sorting:
                    rows = among_each_other(rows, options, instrument, above)
            except ScenarioError as error:
                found.refuse(error)
                continue
            rows = found.note(rows)
            if not found.refused:
                spooled.add(rows)
        notes = found.settle()
        rows = spooled.done()
    if sorting:
        rows = _checked(_sorted(rows) if stepped else rows, options, instrument, found)
        notes = found.settle()
    return replace(rows, notes=(*table.notes, *notes))


def _checked(rows: Rows, options: frozenset[str], instrument: Instrument, found: _Findings) -> Rows:
    """Rows in order after the checks that remain."""
    before: Rows | None = None
    with closing(_Spooled()) as spooled:
        for piece in _pieces(rows):
            try:
                spooled.add(found.note(among_each_other(piece, options, instrument, before)))
            except BadRows as bad:
                found.refuse(bad)
            before = piece
        found.settle()
        return spooled.done() if len(rows) else rows


def _sorted(rows: Rows) -> Rows:
    order = np.argsort(rows.columns["time_ns"], kind="stable")
    return replace(rows, columns={n: taken(c, order) for n, c in rows.columns.items()})


def taken(column: Column, order: Column) -> Column:
    """A column in the order of an index; on disk if it lies there."""
    return spool.column_of(_in_parts(column, order), on_disk=spool.any_on_disk([column]))


def _in_parts(column: Column, order: Column) -> Iterator[Column]:
    for start in range(0, max(len(order), 1), spool.BATCH_ROWS):
        yield column[order[start : start + spool.BATCH_ROWS]]
        give_back(column)


def _pieces(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), spool.BATCH_ROWS):
        cut = slice(start, start + spool.BATCH_ROWS)
        piece = {name: column[cut] for name, column in rows.columns.items()}
        yield replace(rows, columns=piece)
        for column in piece.values():
            give_back(column)
