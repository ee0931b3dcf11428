"""The market rows that are still to come, as columns, and the place reached in each table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BLOCK = 64  # rows made into Python integers at a time

_QUOTES = ("seq", "time_ns", "bid", "bid_size", "ask", "ask_size")
_TRADES = ("seq", "time_ns", "price", "size", "aggressor")
_BARS = (
    "seq", "time_ns", "span_ns", "open", "high", "low", "close", "volume",
    "bid_open", "bid_high", "bid_low", "bid_close", "bid_size",
    "ask_open", "ask_high", "ask_low", "ask_close", "ask_size",
)  # fmt: skip


class Table:
    """One kind of row. `at` is the next row, `end` one past the last."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._columns: dict[str, Ints] = {name: np.empty(0, np.int64) for name in names}
        self.at = 0
        self.end = 0
        self._block: list[tuple[int, ...]] = []
        self._block_at = 0

    def __getitem__(self, name: str) -> Ints:
        return self._columns[name]

    def append(self, table: Any) -> None:
        """Add rows behind those still to come; those behind us are let go."""
        for name in self.names:
            column = np.asarray(getattr(table, name), np.int64)
            left = self._columns[name][self.at :]
            self._columns[name] = np.concatenate((left, column)) if len(left) else column
        self.at = 0
        self.end = len(self._columns["seq"])
        self._block = []

    def row(self) -> tuple[int, ...]:
        """The next row's values in the order of the table's columns: seq and time first."""
        nth = self.at - self._block_at
        if not 0 <= nth < len(self._block):
            columns = [self._columns[name][self.at : self.at + _BLOCK] for name in self.names]
            self._block = list(zip(*(column.tolist() for column in columns), strict=True))
            self._block_at, nth = self.at, 0
        return self._block[nth]

    def last(self, name: str, end: int) -> int:
        """The value of a column in the row before `end`."""
        return int(self._columns[name][end - 1])


class Rows:
    """Quotes, trades and bars, merged by `seq`."""

    def __init__(self) -> None:
        self.quotes = Table(_QUOTES)
        self.trades = Table(_TRADES)
        self.bars = Table(_BARS)
        self.tables = (self.quotes, self.trades, self.bars)
        self._end_ns = -(2**63)
        self._end_seq = -(2**63)
        self._bars_end_ns = -(2**63)

    def extend(self, columns: Any, now_ns: int) -> None:
        """Add rows. Raises ValueError where they are not in order, or before what was committed."""
        new = (columns.quotes, columns.trades, columns.bars)
        seq = np.concatenate([np.asarray(t.seq, np.int64) for t in new])
        time_ns = np.concatenate([np.asarray(t.time_ns, np.int64) for t in new])
        if not len(seq):
            return
        order = np.argsort(seq, kind="stable")
        seq, time_ns = seq[order], time_ns[order]
        rising = all((np.diff(t.seq) > 0).all() for t in new)
        if seq[0] <= self._end_seq or not rising or (np.diff(seq) <= 0).any():
            raise ValueError("market rows: every seq has to be above the ones before it")
        if time_ns[0] < max(self._end_ns, now_ns) or (np.diff(time_ns) < 0).any():
            raise ValueError(
                f"market rows: a row's time is before that of the row before it, or before "
                f"{max(self._end_ns, now_ns)}, which is past"
            )
        self._require_apart(columns.bars)
        for table, more in zip(self.tables, new, strict=True):
            table.append(more)
        self._end_ns, self._end_seq = int(time_ns[-1]), int(seq[-1])

    def next_table(self) -> Table | None:
        """The table whose row is next; None when all rows are behind us."""
        found, least = None, 0
        for table in self.tables:
            if table.at < table.end:
                seq = table.row()[0]
                if found is None or seq < least:
                    found, least = table, seq
        return found

    def _require_apart(self, bars: Any) -> None:
        start, span = np.asarray(bars.time_ns, np.int64), np.asarray(bars.span_ns, np.int64)
        if not len(start):
            return
        ends = np.concatenate(([self._bars_end_ns], start + span))
        overlapping = np.flatnonzero(ends[:-1] > start)
        if len(overlapping):
            at = int(start[overlapping[0]])
            raise ValueError(f"market rows: the bar at {at} begins before the one before it ends")
        self._bars_end_ns = int(ends[-1])
