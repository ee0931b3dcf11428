"""What was heard, as rows of a recording's files: columns that grow, and the frame that is written.

Adding a row is all that the loop's thread does: whole numbers into arrays, words into lists. The
rest (nulls, times, secrets) is done when a batch is written, beside the loop.
"""

from array import array
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from ...trading.events import Quote, StatusChange, Trade
from ...trading.recording import COLUMNS, Cell, FileKind, Outage
from ...trading.words import NO_PRICE, Side
from .token_shapes import without_tokens

NONE = NO_PRICE
"""In a column of whole numbers, until it is written: empty."""

_SIDES = {Side.BUY: "buy", Side.SELL: "sell", None: None}

Row = tuple[int | str | None, ...]


def quote_row(quote: Quote, arrival_ns: int) -> Row:
    """A quote in the columns of MARKET."""
    bid, bid_size, ask, ask_size = quote.bid_ticks, quote.bid_size, quote.ask_ticks, quote.ask_size
    return (
        quote.time_ns,
        arrival_ns,
        "quote",
        NONE if bid is None else bid,
        NONE if bid_size is None else bid_size,
        NONE if ask is None else ask,
        NONE if ask_size is None else ask_size,
        NONE,
        NONE,
        None,
    )


def trade_row(trade: Trade, arrival_ns: int) -> Row:
    """A trade in the columns of MARKET."""
    return (
        trade.time_ns,
        arrival_ns,
        "trade",
        NONE,
        NONE,
        NONE,
        NONE,
        trade.price_ticks,
        trade.size,
        _SIDES[trade.aggressor],
    )


def status_row(change: StatusChange, arrival_ns: int) -> Row:
    """A change of the market's state in the columns of STATUS."""
    return change.time_ns, arrival_ns, change.status.name


class Batch(Struct, frozen=True):
    """Rows on their way to the disk. `at_ns`: our clock when they were taken. Since the batch
    before: `lost`, rows that were heard and could not be kept; `outages` of the feed."""

    kind: FileKind
    columns: list[Any]
    rows: int
    chars: int
    lost: int
    outages: tuple[Outage, ...]
    at_ns: int


class RowBuffer:
    """The rows of one file's kind that were heard since the last batch."""

    def __init__(self, kind: FileKind) -> None:
        self._kind = kind
        self._cells = list(COLUMNS[kind].values())
        self._texts = [n for n, cell in enumerate(self._cells) if cell is Cell.TEXT]
        self.lost = 0
        self.outages: list[Outage] = []
        self._begin()

    def _begin(self) -> None:
        self._columns = [[] if cell is Cell.TEXT else array("q") for cell in self._cells]
        self._appends: list[Callable[[Any], None]] = [column.append for column in self._columns]
        self.rows = 0
        self.chars = 0

    def add(self, row: Row) -> None:
        for append, value in zip(self._appends, row, strict=True):
            append(value)
        self.rows += 1

    def add_text(self, row: Row) -> None:
        """As `add`, for rows whose text may be long: its characters are counted."""
        self.add(row)
        for n in self._texts:
            text = row[n]
            if isinstance(text, str):
                self.chars += len(text)

    def take(self, at_ns: int) -> Batch:
        """What is there, as a batch; the buffer is empty afterwards."""
        outages = tuple(self.outages)
        batch = Batch(self._kind, self._columns, self.rows, self.chars, self.lost, outages, at_ns)
        self.lost, self.outages = 0, []
        self._begin()
        return batch


def frame_of(batch: Batch) -> pl.DataFrame:
    """A batch as it is written, without anything that looks like a token."""
    series = []
    for (name, cell), column in zip(COLUMNS[batch.kind].items(), batch.columns, strict=True):
        if cell is Cell.TEXT:
            series.append(pl.Series(name, _shown(batch.kind, column), dtype=pl.String))
            continue
        whole = np.frombuffer(column, dtype=np.int64) if len(column) else np.empty(0, np.int64)
        numbers = pl.Series(name, whole)
        if cell is Cell.TIME:
            series.append(numbers.cast(pl.Datetime("ns", "UTC")))
        else:
            series.append(numbers.set(pl.Series(whole == NONE), None))
    return pl.DataFrame(series)


def _shown(kind: FileKind, texts: list[Any]) -> Iterable[str | None]:
    if kind in (FileKind.MARKET, FileKind.STATUS):
        return texts  # our own words
    return [None if text is None else _storable(without_tokens(text)) for text in texts]


def _storable(text: str) -> str:
    """Text as UTF-8 can hold it: half a surrogate pair is written as its escape."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
