"""Every row's place in the order of all tables: by time, then by argument, then by row."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

import numpy as np

from ...trading.mapped import give_back
from . import spool
from .table import ROW, Column


def number(tables: Sequence[dict[str, Column]]) -> None:
    """Give each table a column `seq`: the places of its rows, which count over all tables.

    Needs `time_ns`, which never falls in a table, `order` and, of quotes and trades, ROW. Looks at
    the tables stretch by stretch: of each, the rows of the same stretch of time.
    """
    with ExitStack() as stack:
        seqs = [
            stack.enter_context(
                closing(spool.new_column(on_disk=spool.any_on_disk(table.values())))
            )
            for table in tables
        ]
        done = 0
        for cuts in _stretches([table["time_ns"] for table in tables]):
            cut = [_keys(table, part) for table, part in zip(tables, cuts, strict=True)]
            row, order, time_ns = (np.concatenate(keys) for keys in zip(*cut, strict=True))
            by = np.lexsort((row, order, time_ns))
            seq = np.empty(len(by), dtype=np.int64)
            seq[by] = np.arange(done, done + len(by))
            done += len(by)
            ends = np.cumsum([part.stop - part.start for part in cuts])[:-1]
            for column, values in zip(seqs, np.split(seq, ends), strict=True):
                column.add(values)
            for table, part in zip(tables, cuts, strict=True):
                for name in ("time_ns", "order", ROW):
                    if name in table:
                        give_back(table[name][part])
        for table, column in zip(tables, seqs, strict=True):
            table["seq"] = column.done()


def _keys(table: dict[str, Column], part: slice) -> tuple[Column, Column, Column]:
    row = table[ROW][part] if ROW in table else np.zeros(part.stop - part.start, dtype=np.int64)
    return row, table["order"][part], table["time_ns"][part]


def _stretches(times: list[Column]) -> Iterator[list[slice]]:
    """Cuts of every table at the same moments."""
    places = [0] * len(times)
    while any(at < len(t) for t, at in zip(times, places, strict=True)):
        lasts = [
            int(t[min(at + spool.BATCH_ROWS, len(t)) - 1])
            for t, at in zip(times, places, strict=True)
            if at < len(t)
        ]
        upto_ns = min(lasts)
        cuts = [slice(at, _end(t, at, upto_ns)) for t, at in zip(times, places, strict=True)]
        yield cuts
        places = [cut.stop for cut in cuts]


def _end(times: Column, at: int, upto_ns: int) -> int:
    """One past the last row of a moment or of one before it; near rows are looked at first."""
    near = times[at : at + spool.BATCH_ROWS]
    found = at + int(np.searchsorted(near, upto_ns, side="right"))
    if found < at + len(near) or found == len(times):
        return found
    return at + int(np.searchsorted(times[at:], upto_ns, side="right"))
