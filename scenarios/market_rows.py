"""A market written as rows of text: `milliseconds kind price x size`, in prices.

    0      quote 20000x5 20000.25x7
    10     trade 20000.25x2

A quote is the bid and the ask. A price without a size is for one contract.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import numpy as np

from ..trading.errors import ScenarioError
from ..trading.instrument import Instrument
from ..trading.price import price_text
from ..trading.tape import QuoteRows, Tape, TradeRows, make_tape

_MS = 10**6


class RowError(ScenarioError):
    """A row that is none: the `problem`, and the `line` as it is written; "" for none of them."""

    def __init__(self, problem: str, line: str) -> None:
        super().__init__(f"row {line.strip()!r}: {problem}" if line else problem)
        self.problem = problem
        self.line = line.strip()


_KINDS = {"quote": QuoteRows, "trade": TradeRows}
_LEVELS = {"quote": 2, "trade": 1}


@dataclass(frozen=True)
class Row:
    """One row, `at_ns` from the start; `levels` are prices and sizes."""

    at_ns: int
    kind: str
    levels: tuple[tuple[Decimal, int], ...]

    def __str__(self) -> str:
        levels = " ".join(f"{price_text(px)}x{qty}" for px, qty in self.levels)
        return f"{price_text(Decimal(self.at_ns) / _MS)} {self.kind} {levels}"

    def scaled(self, size: int, mirror: Decimal | None) -> "Row":
        """For another size; and seen from the other side, where a mirror is given: the sum of a
        price and its image."""
        levels = tuple((px, qty * size) for px, qty in self.levels)
        if mirror is not None:
            levels = tuple((mirror - px, qty) for px, qty in reversed(levels))
        return replace(self, levels=levels)

    def pieces(self) -> Iterator["Row"]:
        """A trade contract by contract; a quote as it is."""
        if self.kind == "quote":
            yield self
            return
        ((px, qty),) = self.levels
        for _ in range(qty):
            yield replace(self, levels=((px, 1),))


def market_rows(text: str) -> tuple[Row, ...]:
    """Rows from their text, in order of time. Raises `RowError`, which names the row."""
    rows = [_row(line) for line in text.splitlines() if line.strip()]
    if not any(row.kind == "quote" for row in rows):
        raise RowError("the market has no quote; give one, '0 quote 20000x9 20000.25x9'", "")
    return tuple(sorted(rows, key=lambda row: row.at_ns))


def _row(line: str) -> Row:
    words = line.split()
    kind = words[1] if len(words) > 1 else ""
    if kind not in _KINDS or len(words) != 2 + _LEVELS[kind]:
        raise _wrong(line, "write '0 quote 20000x9 20000.25x9' or '10 trade 20000.25x2'")
    at_ns = _number(words[0], line) * _MS
    if at_ns < 0 or at_ns != int(at_ns):
        raise _wrong(line, f"{words[0]} is no time in milliseconds from 0 on")
    pairs = [word.partition("x") for word in words[2:]]
    for _, given, size in pairs:
        if given and not (size.isdecimal() and int(size)):
            raise _wrong(line, f"{size!r} is no number of contracts")
    levels = tuple((_number(px, line), int(size or 1)) for px, _, size in pairs)
    return Row(int(at_ns), kind, levels)


def _number(text: str, line: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _wrong(line, f"{text!r} is no number")
    return number


def _wrong(line: str, problem: str) -> RowError:
    return RowError(problem, line)


def tape_of(rows: Sequence[Row], instrument: Instrument, start_ns: int) -> Tape:
    """The tape of rows. Raises `OffGrid` for a price between ticks."""
    found: dict[str, list[tuple[int, ...]]] = {"quote": [], "trade": []}
    for seq, row in enumerate(rows):
        levels = [n for px, qty in row.levels for n in (instrument.units(px), qty)]
        aggressor = [] if row.kind == "quote" else [0]
        found[row.kind].append((seq, start_ns + row.at_ns, *levels, *aggressor))
    quotes = QuoteRows(*_columns(found["quote"])) if found["quote"] else None
    trades = TradeRows(*_columns(found["trade"])) if found["trade"] else None
    return make_tape(quotes, trades)


def _columns(rows: list[tuple[int, ...]]) -> list["np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]
