"""Bars of any span from a tape's rows, as columns; what a feed would have made of them."""

import numpy as np

from ..trading.errors import Refused
from ..trading.tape import NO_PRICE, BarRows, Ints, Tape


class BarColumns:
    """Finished bars, oldest first: start (ns), open, high, low, close (units), volume."""

    def __init__(self, starts: Ints, ohlc: tuple[Ints, Ints, Ints, Ints], volume: Ints) -> None:
        self.starts = starts
        self.open, self.high, self.low, self.close = ohlc
        self.volume = volume

    def __len__(self) -> int:
        return len(self.starts)


def bars_of(tape: Tape, span_ns: int, symbol: str) -> BarColumns:
    """Bars that start at multiples of `span_ns` since the epoch; spans without a trade give none.

    From trades where the tape has them, else from its own bars. Raises `Refused` when the tape's bars
    are longer than the span or do not divide it, and when it has quotes alone.
    """
    if len(tape.trades.seq):
        rows = tape.trades
        return _grouped(
            rows.time_ns, span_ns, (rows.price, rows.price, rows.price, rows.price), rows.size
        )
    traded = tape.bars.open != NO_PRICE
    if not traded.any():
        raise Refused(f"{symbol}: bars need trades or bars, and this market has quotes alone")
    bars = tape.bars
    _check_spans(bars, span_ns, symbol)
    ohlc = (bars.open[traded], bars.high[traded], bars.low[traded], bars.close[traded])
    return _grouped(bars.time_ns[traded], span_ns, ohlc, bars.volume[traded])


def _check_spans(bars: BarRows, span_ns: int, symbol: str) -> None:
    longest = int(bars.span_ns.max())
    if span_ns % longest or (bars.span_ns != longest).any():
        raise Refused(
            f"{symbol}: bars of {span_ns // 10**9} s cannot be made of bars of "
            f"{longest // 10**9} s; ask for a multiple of those"
        )


def _grouped(
    times: Ints, span_ns: int, ohlc: tuple[Ints, Ints, Ints, Ints], volume: Ints
) -> BarColumns:
    spans = times // span_ns
    first = np.flatnonzero(np.diff(spans, prepend=spans[:1] - 1))
    last = np.append(first[1:], len(spans)) - 1
    opens, highs, lows, closes = ohlc
    return BarColumns(
        spans[first] * span_ns,
        (
            opens[first],
            np.maximum.reduceat(highs, first),
            np.minimum.reduceat(lows, first),
            closes[last],
        ),
        np.add.reduceat(volume, first),
    )
