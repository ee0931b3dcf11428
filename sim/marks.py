"""What the market was worth at any moment of a tape: for open profit and for adverse moves.

A mark is the last trade at or before a moment, or the close of the last bar; with quotes alone it is
the bid. Adverse moves look at the side that a position would have to be closed on.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..trading.tape import NO_PRICE, Ints, Tape


class Marks:
    """Prices of one tape by time, in units."""

    def __init__(self, tape: Tape) -> None:
        self._times, self._prices = _last_prices(tape)
        self._low = _extremes(tape, lowest=True)
        self._high = _extremes(tape, lowest=False)
        self.bars_only = not (len(tape.quotes.seq) or len(tape.trades.seq))

    def at(self, times: Ints) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """The marks at some moments, and for which of them there is one."""
        place = self._times.searchsorted(times, side="right") - 1
        known = place >= 0
        if not len(self._prices):
            return np.zeros(len(times), dtype=np.int64), known
        return self._prices[np.maximum(place, 0)], known

    def lowest(self, from_ns: int, to_ns: int) -> int | None:
        """The lowest price for a seller in a span of time, ends included; None where none is known."""
        return _extreme(self._low, from_ns, to_ns, np.min)

    def highest(self, from_ns: int, to_ns: int) -> int | None:
        """The highest price for a buyer in a span of time, ends included; None where none is known."""
        return _extreme(self._high, from_ns, to_ns, np.max)


def _last_prices(tape: Tape) -> tuple[Ints, Ints]:
    if len(tape.trades.seq):
        return tape.trades.time_ns, tape.trades.price
    bars = tape.bars
    if len(bars.seq):
        traded = bars.close != NO_PRICE
        column = bars.close if traded.any() else bars.bid_close
        known = column != NO_PRICE
        return (bars.time_ns + bars.span_ns)[known], column[known]
    known = tape.quotes.bid != NO_PRICE
    return tape.quotes.time_ns[known], tape.quotes.bid[known]


def _extremes(tape: Tape, *, lowest: bool) -> list[tuple[Ints, Ints, Ints]]:
    """(from, to, price) columns of everything that can be the worst price of a span."""
    found: list[tuple[Ints, Ints, Ints]] = []
    quotes, bars = tape.quotes, tape.bars
    quoted = quotes.bid if lowest else quotes.ask
    traded = bars.low if lowest else bars.high
    closing = bars.bid_low if lowest else bars.ask_high
    ends = bars.time_ns + bars.span_ns - 1
    for starts, until, prices in (
        (quotes.time_ns, quotes.time_ns, quoted),
        (tape.trades.time_ns, tape.trades.time_ns, tape.trades.price),
        (bars.time_ns, ends, traded),
        (bars.time_ns, ends, closing),
    ):
        known = prices != NO_PRICE
        if known.any():
            found.append((starts[known], until[known], prices[known]))
    return found


def _extreme(
    columns: list[tuple[Ints, Ints, Ints]], from_ns: int, to_ns: int, pick: Callable[..., Any]
) -> int | None:
    found = []
    for starts, ends, prices in columns:
        # The row in force when the span begins counts, too.
        first = max(int(ends.searchsorted(from_ns, side="left")) - 1, 0)
        if first < len(ends) and ends[first] != starts[first] and ends[first] < from_ns:
            first += 1  # a bar that ended before says nothing of this span
        last = int(starts.searchsorted(to_ns, side="right"))
        if first < last:
            found.append(int(pick(prices[first:last])))
    return int(pick(np.array(found))) if found else None
