"""Candles for a picture: the whole tape in a few hundred, no extreme lost."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...sim.feed.spans import Ohlc, Spans
from ...trading.tape import NO_PRICE, Ints, Tape, pieces

CANDLES_MAX = 800
_NS = 10**9
_SPANS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_GAP_NS = 1800 * _NS
GAPS_MAX = 60
_LONGEST = 3650 * 86400 * _NS


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
    of, span_ns = _of(tape)
    lengths = [s * _NS for s in _SPANS_S if s * _NS >= span_ns]
    lengths += [86400 * _NS * n for n in (7, 30, 365, 3650)]
    for length in lengths:
        spans = _spans(tape, of, length, most)
        if len(spans) <= most:
            break
    starts, (opened, high, low, closed), _, _ = spans.columns()
    return Candles(starts, opened, high, low, closed, length, of)


def gaps(tape: Tape) -> list[tuple[int, int]]:
    """Stretches of half an hour and more without any row, the longest `GAPS_MAX`, in order."""
    found: list[tuple[int, int]] = []
    last: Ints = np.empty(0, dtype=np.int64)
    for piece in tape.pieces():
        tables = (piece.quotes.time_ns, piece.trades.time_ns, piece.bars.time_ns)
        times = np.sort(np.concatenate([last, *tables]))
        at = np.flatnonzero(np.diff(times) > _GAP_NS)
        found += zip(times[at].tolist(), times[at + 1].tolist(), strict=True)
        last = times[-1:]
    longest = sorted(found, key=lambda gap: gap[0] - gap[1])[:GAPS_MAX]
    return sorted(longest)


def _spans(tape: Tape, of: str, length: int, most: int) -> Spans:
    """The rows by spans of a length; only the first where there are more than `most`."""
    found = Spans(length)
    for times, ohlc in _prices(tape, of):
        found.add(times, ohlc, ohlc[0], ohlc[0])  # of a volume there is no need
        if len(found) > most and length < _LONGEST:
            break
    return found


def _of(tape: Tape) -> tuple[str, int]:
    """What the picture is made of, and how long that is in itself."""
    if len(tape.trades.seq):
        return "trades", 1
    if len(tape.bars.seq):
        return "bars", int(tape.bars.span_ns.max())
    return "bids", 1


def _prices(tape: Tape, of: str) -> Iterator[tuple[Ints, Ohlc]]:
    """Times and open, high, low, close of the rows that have a price, piece by piece."""
    if of == "trades":
        for trades in pieces(tape.trades):
            yield trades.time_ns, (trades.price, trades.price, trades.price, trades.price)
    elif of == "bars":
        bars = tape.bars
        traded = bool((bars.close != NO_PRICE).any())
        names = ("open", "high", "low", "close")
        columns = [getattr(bars, name if traded else f"bid_{name}") for name in names]
        known = columns[3] != NO_PRICE
        opened, high, low, closed = (column[known] for column in columns)
        yield bars.time_ns[known], (opened, high, low, closed)
    else:
        for quotes in pieces(tape.quotes):
            known = quotes.bid != NO_PRICE
            bid = quotes.bid[known]
            yield quotes.time_ns[known], (bid, bid, bid, bid)
