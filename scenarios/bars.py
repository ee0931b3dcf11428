"""Bars out of quotes and trades."""

import numpy as np

from ..trading.errors import UsageError
from ..trading.tape import NO_PRICE, BarRows, Ints, Tape

_OHLC = ("open", "high", "low", "close")


def to_bars(tape: Tape, span_ns: int) -> BarRows:
    """Bars of `span_ns`, on multiples of it since the epoch, of a tape's quotes and trades.

    A bar has the first, highest, lowest and last of what happened in it: a side that did not change
    in it has no price there, as in LEAN's data; sizes are those last shown. Times in which nothing
    happened have no bar. Bars are in time order.
    """
    if span_ns <= 0:
        raise UsageError(f"span_ns is {span_ns}; give the length of a bar in nanoseconds, above 0")
    quotes, trades = tape.quotes, tape.trades
    starts = np.unique(np.concatenate([quotes.time_ns, trades.time_ns]) // span_ns) * span_ns
    size = len(starts)
    columns: dict[str, Ints] = {
        "seq": np.arange(size),
        "time_ns": starts,
        "span_ns": np.full(size, span_ns),
        "volume": np.zeros(size, dtype=np.int64),
    }
    sides = (
        ("", trades.time_ns, trades.price, trades.size),
        ("bid_", quotes.time_ns, quotes.bid, quotes.bid_size),
        ("ask_", quotes.time_ns, quotes.ask, quotes.ask_size),
    )
    for prefix, times, prices, sizes in sides:
        there = prices != NO_PRICE
        found = np.searchsorted(starts, times[there] // span_ns * span_ns)
        at, first = np.unique(found, return_index=True)
        for name, values in zip(_OHLC, _ohlc(prices[there], first), strict=True):
            columns[prefix + name] = np.full(size, NO_PRICE)
            columns[prefix + name][at] = values
        if not prefix:
            columns["volume"][at] = np.add.reduceat(sizes[there], first) if len(first) else 0
        else:
            columns[prefix + "size"] = np.zeros(size, dtype=np.int64)
            columns[prefix + "size"][at] = _last(sizes[there], first)
    return BarRows(**columns)


def _ohlc(prices: Ints, first: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    if not len(first):
        return prices, prices, prices, prices
    high, low = np.maximum.reduceat(prices, first), np.minimum.reduceat(prices, first)
    return prices[first], high, low, _last(prices, first)


def _last(values: Ints, first: Ints) -> Ints:
    return values[np.append(first[1:], len(values)) - 1] if len(first) else values
