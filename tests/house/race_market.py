"""The market of a race: rows as text, `milliseconds kind price x size`, in prices.

0   quote 20000x5 20000.25x7
10  trade 20000.25x2
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from dryfill.trading.instrument import Instrument
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape

_KINDS = {"quote": QuoteRows, "trade": TradeRows}


@dataclass(frozen=True)
class Line:
    """One row; `levels` are prices and sizes."""

    ms: float
    kind: str
    levels: tuple[tuple[Decimal, int], ...]

    def __str__(self) -> str:
        return f"{self.ms:g} {self.kind} " + " ".join(f"{px}x{qty}" for px, qty in self.levels)

    def varied(self, how: Any, moment: Callable[[float], int], mirror: Decimal) -> "Line":
        """Moved in time, for another size, and seen from the other side."""
        levels = tuple((px, qty * how.size) for px, qty in self.levels)
        if how.mirrored:
            levels = tuple((mirror - px, qty) for px, qty in reversed(levels))
        return replace(self, ms=moment(self.ms) / 1e6, levels=levels)

    def pieces(self) -> Iterator["Line"]:
        """A trade contract by contract; a quote as it is."""
        if self.kind == "quote":
            yield self
            return
        ((px, qty),) = self.levels
        for _ in range(qty):
            yield replace(self, levels=((px, 1),))


def market_rows(text: str) -> list[Line]:
    """Rows from their text; a price without a size is for one."""
    lines = []
    for line in text.strip().splitlines():
        at, kind, *levels = line.split()
        assert kind in _KINDS, line
        pairs = [level.partition("x") for level in levels]
        lines.append(Line(float(at), kind, tuple((Decimal(p), int(q or 1)) for p, _, q in pairs)))
    return sorted(lines, key=lambda line: line.ms)


def tape_of(lines: list[Line], instrument: Instrument, start_ns: int) -> Tape:
    """The tape of rows."""
    rows: dict[str, list[tuple[int, ...]]] = {"quote": [], "trade": []}
    for seq, line in enumerate(lines):
        levels = [n for px, qty in line.levels for n in (instrument.units(px), qty)]
        aggressor = [] if line.kind == "quote" else [0]
        rows[line.kind].append((seq, start_ns + round(line.ms * 1e6), *levels, *aggressor))
    return make_tape(
        *(
            _KINDS[kind](*(np.array(column, np.int64) for column in zip(*found, strict=True)))
            if found
            else None
            for kind, found in rows.items()
        )
    )
