"""Bars of any span from a tape's rows, as columns; what a feed would have made of them."""

import numpy as np

from ..trading.errors import Refused
from ..trading.tape import NO_PRICE, BarRows, Ints, Tape


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
        rows = tape.trades
        prices = (rows.price, rows.price, rows.price, rows.price)
        return _grouped(rows.time_ns, rows.arrival_ns, span_ns, prices, rows.size)
    traded = tape.bars.open != NO_PRICE
    if not traded.any():
        raise Refused(f"{symbol}: bars need trades or bars, and this market has quotes alone")
    bars = tape.bars
    _check_spans(bars, span_ns, symbol)
    ohlc = (bars.open[traded], bars.high[traded], bars.low[traded], bars.close[traded])
    return _grouped(bars.time_ns[traded], None, span_ns, ohlc, bars.volume[traded])


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


def _grouped(
    times: Ints,
    arrivals: Ints | None,
    span_ns: int,
    ohlc: tuple[Ints, Ints, Ints, Ints],
    volume: Ints,
) -> BarColumns:
    spans = times // span_ns
    first = np.flatnonzero(np.diff(spans, prepend=spans[:1] - 1))
    last = np.append(first[1:], len(spans)) - 1
    opens, highs, lows, closes = ohlc
    starts = spans[first] * span_ns
    told_ns = starts + span_ns
    if arrivals is not None:
        told_ns = np.maximum(told_ns, np.maximum.accumulate(arrivals)[last])
    return BarColumns(
        starts,
        told_ns,
        (
            opens[first],
            np.maximum.reduceat(highs, first),
            np.minimum.reduceat(lows, first),
            closes[last],
        ),
        np.add.reduceat(np.maximum(volume, 0), first),
    )


def _seconds(span_ns: int) -> str:
    return f"{span_ns / 10**9:g}"
