"""Candles for a picture: the whole tape in a few hundred, no extreme lost."""

from dataclasses import dataclass

import numpy as np

from ..trading.tape import NO_PRICE, Ints, Tape

CANDLES_MAX = 800
_NS = 10**9
_SPANS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_GAP_NS = 1800 * _NS
GAPS_MAX = 60


@dataclass(frozen=True, eq=False)
class Candles:
    """Columns in units; `time_ns` is the start of each span, `of` what they are made of."""

    time_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    span_ns: int
    of: str


def candles(tape: Tape, most: int = CANDLES_MAX) -> Candles:
    """The tape as at most `most` candles of one round length; each keeps its true high and low."""
    times, columns, span_ns, of = _prices(tape)
    lengths = [s * _NS for s in _SPANS_S if s * _NS >= span_ns]
    lengths += [86400 * _NS * n for n in (7, 30, 365, 3650)]
    for length in lengths:
        buckets = times // length
        starts = np.flatnonzero(np.diff(buckets, prepend=-1))
        if len(starts) <= most:
            break
    ends = np.append(starts[1:], len(times)) - 1
    opened, high, low, closed = columns
    if not len(times):
        return Candles(times, opened, high, low, closed, length, of)
    return Candles(
        buckets[starts] * length,
        opened[starts],
        np.maximum.reduceat(high, starts),
        np.minimum.reduceat(low, starts),
        closed[ends],
        length,
        of,
    )


def gaps(tape: Tape) -> list[tuple[int, int]]:
    """Stretches of half an hour and more without any row, the longest `GAPS_MAX`, in order."""
    tables = (tape.quotes.time_ns, tape.trades.time_ns, tape.bars.time_ns)
    times = np.unique(np.concatenate(tables))
    length = np.diff(times)
    found = np.flatnonzero(length > _GAP_NS)
    found = np.sort(found[np.argsort(-length[found], kind="stable")[:GAPS_MAX]])
    return [(int(times[i]), int(times[i + 1])) for i in found]


def _prices(tape: Tape) -> tuple[Ints, tuple[Ints, Ints, Ints, Ints], int, str]:
    if len(tape.trades.seq):
        price = tape.trades.price
        return tape.trades.time_ns, (price, price, price, price), 1, "trades"
    bars = tape.bars
    if len(bars.seq):
        traded = bool((bars.close != NO_PRICE).any())
        names = ("open", "high", "low", "close")
        columns = [getattr(bars, name if traded else f"bid_{name}") for name in names]
        known = columns[3] != NO_PRICE
        opened, high, low, closed = (column[known] for column in columns)
        span_ns = int(bars.span_ns.max())
        return bars.time_ns[known], (opened, high, low, closed), span_ns, "bars"
    known = tape.quotes.bid != NO_PRICE
    price = tape.quotes.bid[known]
    return tape.quotes.time_ns[known], (price, price, price, price), 1, "bids"
