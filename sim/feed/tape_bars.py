"""Bars of any span from a tape's rows, as columns; what a feed would have made of them."""

import numpy as np

from ...trading.errors import Refused
from ...trading.tape import NO_PRICE, BarRows, Ints, Tape, TradeRows, pieces
from .spans import Spans


class BarColumns:
    """Finished bars, oldest first: start (ns), open, high, low, close (units), volume.

    `told_ns`: when the feed has each: at its end, or when the last of its trades arrived there.
    `seq`: their rank there, before every row of a tape.
    """

    def __init__(
        self,
        starts: Ints,
        told_ns: Ints,
        ohlc: tuple[Ints, Ints, Ints, Ints],
        volume: Ints,
    ) -> None:
        self.starts = starts
        self.seq = np.full(len(starts), -1, np.int64)
        self.told_ns = told_ns
        self.open, self.high, self.low, self.close = ohlc
        self.volume = volume

    def __len__(self) -> int:
        return len(self.starts)


def bars_of(tape: Tape, span_ns: int, symbol: str) -> BarColumns:
    """Bars that start at multiples of `span_ns` since the epoch; spans without a trade give none.

    From trades where the tape has them, else from its own bars. Unknown sizes add nothing to a
    volume. Raises `Refused` when the tape's bars do not fit into the span, and when it has quotes
    alone.
    """
    if span_ns < 1:
        raise Refused(f"{symbol}: a bar of {span_ns} ns has no length; ask for at least 1 ns")
    if len(tape.trades.seq):
        return _of_trades(tape.trades, span_ns)
    traded = tape.bars.open != NO_PRICE
    if not traded.any():
        raise Refused(f"{symbol}: bars need trades or bars, and this market has quotes alone")
    bars = tape.bars
    _check_spans(bars, span_ns, symbol)
    ohlc = (bars.open[traded], bars.high[traded], bars.low[traded], bars.close[traded])
    found = Spans(span_ns)
    times = bars.time_ns[traded]
    found.add(times, ohlc, np.maximum(bars.volume[traded], 0), times)
    starts, ohlc, volume, _ = found.columns()
    return BarColumns(starts, starts + span_ns, ohlc, volume)


def _of_trades(trades: TradeRows, span_ns: int) -> BarColumns:
    found = Spans(span_ns)
    arrived_ns = 0
    for rows in pieces(trades):
        arrivals = rows.time_ns
        if rows.arrival_ns is not None:
            arrivals = np.maximum(np.maximum.accumulate(rows.arrival_ns), arrived_ns)
            arrived_ns = int(arrivals[-1])
        price = rows.price
        found.add(rows.time_ns, (price, price, price, price), np.maximum(rows.size, 0), arrivals)
    starts, ohlc, volume, arrived = found.columns()
    told_ns = starts + span_ns
    if trades.arrival_ns is not None:
        told_ns = np.maximum(told_ns, arrived)
    return BarColumns(starts, told_ns, ohlc, volume)


def _check_spans(bars: BarRows, span_ns: int, symbol: str) -> None:
    longest = int(bars.span_ns.max())
    if span_ns % longest or (bars.span_ns != longest).any():
        raise Refused(
            f"{symbol}: bars of {_seconds(span_ns)} s cannot be made of bars of "
            f"{_seconds(longest)} s; ask for a multiple of those"
        )
    # Such a bar would end after the one that it counts for, and be told before its own end.
    astray = np.flatnonzero(bars.time_ns % longest)
    if len(astray):
        raise Refused(
            f"{symbol}: the bar at {int(bars.time_ns[astray[0]])} ns does not start at a multiple "
            f"of its {_seconds(longest)} s; no other bars can be made of this data"
        )


def _seconds(span_ns: int) -> str:
    return f"{span_ns / 10**9:g}"
