"""What of a tape a timeline shows: all of it, or, where that is too much, what was near."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...trading.tape import NO_PRICE, Tape
from .rows import MarketRows

MOST = 6_000
"""Rows of the market that are kept, quotes and trades each."""

_NEAR_NS = 2 * 10**9


def market_near(tape: Tape, moments: Sequence[int], most: int = MOST) -> MarketRows:
    """The quotes and trades of a tape, `most` of each: first those within two seconds of one of
    `moments` (ns, rising), then evenly of the others. Of bars, their closes stand for trades."""
    quotes, trades, bars = tape.quotes, tape.trades, tape.bars
    near = np.array(moments, dtype=np.int64)
    kept_quotes = _kept(quotes.time_ns, near, most)
    if len(bars.seq):
        times, prices, sizes = bars.time_ns + bars.span_ns, bars.close, bars.volume
        known = prices != NO_PRICE
        times, prices, sizes = times[known], prices[known], sizes[known]
    else:
        times, prices, sizes = trades.time_ns, trades.price, trades.size
    kept_trades = _kept(times, near, most)

    def shown(price: Any) -> int | None:
        return None if price == NO_PRICE else int(price)

    return MarketRows(
        tuple(
            (int(quotes.time_ns[i]), shown(quotes.bid[i]), shown(quotes.ask[i]))
            for i in kept_quotes
        ),
        tuple((int(times[i]), int(prices[i]), int(sizes[i])) for i in kept_trades),
        len(quotes.time_ns) - len(kept_quotes) + len(times) - len(kept_trades),
    )


def _kept(times: NDArray[np.int64], near: NDArray[np.int64], most: int) -> list[int]:
    """The places of the rows that are kept, rising."""
    count = len(times)
    if count <= most:
        return list(range(count))
    close = np.zeros(count, dtype=np.bool_)
    if len(near):
        after = np.searchsorted(near, times).clip(0, len(near) - 1)
        before = (after - 1).clip(0)
        distance = np.minimum(np.abs(near[after] - times), np.abs(near[before] - times))
        close = distance <= _NEAR_NS
    places = _even(np.flatnonzero(close), most - most // 4)
    rest = _even(np.flatnonzero(~close), most - len(places))
    return sorted([*places, *rest])


def _even(places: NDArray[np.int64], most: int) -> list[int]:
    if len(places) <= most:
        return [int(place) for place in places]
    return [int(places[i * len(places) // most]) for i in range(most)]
