"""The tape: recorded or generated market data as columns.

One table per kind of row, each an ordinary set of equal-length integer columns, so that an engine
can scan only what it needs. `seq` is a row's place in the merged order of all tables (file order);
the cursor that replays a tape takes the lowest `seq` next, and `time_ns` never falls along it.

Units: prices in the instrument's units, sizes in contracts, times in ns since the epoch, UTC.
`time_ns` is when it happened at the exchange; `arrival_ns` when the feed had it (None: the same).

A tape may be larger than memory: its columns then lie in files (`mapped`). Whoever looks at every
row goes piece by piece (`pieces`, `Tape.pieces`), and never makes a column of as many rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mapped import give_back
from .words import NO_PRICE as NO_PRICE
from .words import UNKNOWN_SIZE as UNKNOWN_SIZE

Ints = NDArray[np.int64]

PIECE_ROWS = 131_072
"""How many rows of a table are looked at together: 1 MB a column."""


@dataclass(frozen=True, eq=False)
class QuoteRows:
    """Top of book after each change. A missing side has price NO_PRICE and size 0."""

    seq: Ints
    time_ns: Ints
    bid: Ints
    bid_size: Ints
    ask: Ints
    ask_size: Ints
    arrival_ns: Ints | None = None


@dataclass(frozen=True, eq=False)
class TradeRows:
    """Trades. `aggressor`: 1 the buyer took, 2 the seller took (words.Side), 0 unknown."""

    seq: Ints
    time_ns: Ints
    price: Ints
    size: Ints
    aggressor: Ints
    arrival_ns: Ints | None = None


@dataclass(frozen=True, eq=False)
class BarRows:
    """Bars. `time_ns` is the start (the open's stamp), `time_ns + span_ns` the end.

    Trade columns may be NO_PRICE (a bar with quotes and no trade), quote columns too (trades alone,
    or one side missing). `volume` 0 where nothing traded; `bid_size` and `ask_size` are those last
    shown, UNKNOWN_SIZE where the source has none.
    """

    seq: Ints
    time_ns: Ints
    span_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    bid_open: Ints
    bid_high: Ints
    bid_low: Ints
    bid_close: Ints
    bid_size: Ints
    ask_open: Ints
    ask_high: Ints
    ask_low: Ints
    ask_close: Ints
    ask_size: Ints


@dataclass(frozen=True, eq=False)
class Tape:
    """What one instrument's market did. Any table may be empty; notes say what a reader noticed."""

    quotes: QuoteRows
    trades: TradeRows
    bars: BarRows
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.quotes.seq) + len(self.trades.seq) + len(self.bars.seq)

    @property
    def start_ns(self) -> int:
        """The first moment of the tape. Raises ValueError on an empty one."""
        return min(int(t.time_ns[0]) for t in self._filled())

    @property
    def end_ns(self) -> int:
        """The last moment of the tape; a bar counts to its end. Raises ValueError on an empty
        one."""
        ends = [int(t.time_ns[-1]) for t in self._filled()]
        if len(self.bars.seq):
            ends.append(int((self.bars.time_ns + self.bars.span_ns).max()))
        return max(ends)

    def between(self, from_ns: int, to_ns: int) -> "Tape":
        """The rows with from_ns <= time < to_ns; columns are views, nothing is copied."""
        return self._with(
            _cut(self.quotes, from_ns, to_ns),
            _cut(self.trades, from_ns, to_ns),
            _cut(self.bars, from_ns, to_ns),
        )

    def _with(self, quotes: QuoteRows, trades: TradeRows, bars: BarRows) -> "Tape":
        if quotes is self.quotes and trades is self.trades and bars is self.bars:
            return self
        return replace(self, quotes=quotes, trades=trades, bars=bars)

    def pieces(self) -> Iterator["Tape"]:
        """The tape cut at moments, so that every moment's rows are in one piece, and that no table
        has more than PIECE_ROWS rows in it (more only if they are of one moment).

        What a piece had in memory is given back when the next is asked for.
        """
        times = [self.quotes.time_ns, self.trades.time_ns, self.bars.time_ns]
        at = [0, 0, 0]
        while any(n < len(column) for column, n in zip(times, at, strict=True)):
            upto_ns = min(map(_piece_end, times, at))
            end = [_first_from(column, n, upto_ns) for column, n in zip(times, at, strict=True)]
            piece = self._with(
                _rows(self.quotes, at[0], end[0]),
                _rows(self.trades, at[1], end[1]),
                _rows(self.bars, at[2], end[2]),
            )
            yield piece
            piece.give_back()
            at = end

    def give_back(self) -> None:
        """Let go of the memory of columns that lie in files; they are read again when needed."""
        for table in (self.quotes, self.trades, self.bars):
            _give_back(table)

    def _filled(self) -> list[QuoteRows | TradeRows | BarRows]:
        tables = [t for t in (self.quotes, self.trades, self.bars) if len(t.seq)]
        if not tables:
            raise ValueError("an empty tape has no first and no last moment")
        return tables


def pieces(table: Any) -> Iterator[Any]:
    """One table's rows, some PIECE_ROWS at a time; none where it is empty.

    What a piece had in memory is given back when the next is asked for.
    """
    for start in range(0, len(table.seq), PIECE_ROWS):
        piece = _rows(table, start, start + PIECE_ROWS)
        yield piece
        _give_back(piece)


def empty(kind: type[Any]) -> Any:
    """A table of `kind` without rows."""
    none = np.empty(0, dtype=np.int64)
    return kind(**{f.name: none for f in fields(kind) if f.name != "arrival_ns"})


def make_tape(
    quotes: QuoteRows | None = None,
    trades: TradeRows | None = None,
    bars: BarRows | None = None,
    notes: tuple[str, ...] = (),
) -> Tape:
    """A tape of the tables at hand; those left out are empty."""
    return Tape(
        quotes or empty(QuoteRows), trades or empty(TradeRows), bars or empty(BarRows), notes
    )


def _cut(table: Any, from_ns: int, to_ns: int) -> Any:
    first = int(np.searchsorted(table.time_ns, from_ns, side="left"))
    return _rows(table, first, int(np.searchsorted(table.time_ns, to_ns, side="left")))


def _piece_end(times: Ints, at: int) -> int:
    """The moment before which a piece of a table ends: that of the row behind it, so that no moment
    is cut."""
    if at + PIECE_ROWS >= len(times):
        return 2**63 - 1
    return max(int(times[at + PIECE_ROWS]), int(times[at]) + 1)


def _first_from(times: Ints, at: int, upto_ns: int) -> int:
    """The first place from `at` on whose time is `upto_ns` or later; near ones are looked at
    first, since a look far away brings pages into memory that nobody needs."""
    near = times[at : at + PIECE_ROWS]
    found = int(np.searchsorted(near, upto_ns, side="left"))
    if found < len(near) or at + found == len(times):
        return at + found
    return at + int(np.searchsorted(times[at:], upto_ns, side="left"))


def _rows(table: Any, first: int, last: int) -> Any:
    if first == 0 and last >= len(table.seq):
        return table
    columns = {f.name: getattr(table, f.name) for f in fields(table)}
    return replace(table, **{n: c[first:last] for n, c in columns.items() if c is not None})


def _give_back(table: Any) -> None:
    for field in fields(table):
        if (column := getattr(table, field.name)) is not None:
            give_back(column)
