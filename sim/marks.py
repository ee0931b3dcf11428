"""What the market was worth at any moment of a tape: for open profit and for adverse moves.

A mark is the last trade (of bars: the last close); before the first one, what a position would have
been closed at: the bid of what is long, the ask of what is short. It is what the desk marks with.
"""

import numpy as np
from numpy.typing import NDArray

from ..trading.tape import NO_PRICE, BarRows, Ints, Tape

Bools = NDArray[np.bool_]
_Prices = tuple[Ints, Ints]
"""Times, rising, and the price that holds from each."""


class Marks:
    """Prices of one tape by time, in units."""

    def __init__(self, tape: Tape) -> None:
        bars, quotes = tape.bars, tape.quotes
        ends = bars.time_ns + bars.span_ns
        self._traded = _joined(_known(tape.trades.time_ns, tape.trades.price), (ends, bars.close))
        self._bid = _joined(_known(quotes.time_ns, quotes.bid), (ends, bars.bid_close))
        self._ask = _joined(_known(quotes.time_ns, quotes.ask), (ends, bars.ask_close))
        self._ticks: dict[bool, _Prices] | None = None  # by long
        self._bars: dict[bool, _Extremes] = {}
        if len(quotes.seq):
            self._ticks = {
                True: _known(quotes.time_ns, quotes.bid),
                False: _known(quotes.time_ns, quotes.ask),
            }
        elif len(tape.trades.seq):
            trades = _known(tape.trades.time_ns, tape.trades.price)
            self._ticks = {True: trades, False: trades}
        else:
            self._bars = {long: _Extremes(bars, long) for long in (True, False)}

    def at(self, times: Ints, qty: Ints) -> tuple[Ints, Bools]:
        """The marks at some moments of what is held then (signed), and for which there is one."""
        prices, known = _as_of(self._traded, times)
        for side, holding in ((self._bid, qty >= 0), (self._ask, qty < 0)):
            quoted, there = _as_of(side, times)
            missing = holding & there & ~known
            prices = np.where(missing, quoted, prices)
            known = known | missing
        return prices, known

    def adverse(self, qty: int, from_ns: int, to_ns: int) -> int | None:
        """How far the market went at worst against a position, in units, from its price at
        `from_ns` until `to_ns`, ends included; None where no price is known.

        By the side of the quote that it would be closed on; by trades where there are no quotes. Of
        bars it is a bound, never too low: when within a bar its extremes came, nobody knows, so the
        position began at the best price of its first bar.
        """
        if self._ticks is not None:
            return _tick_move(self._ticks[qty > 0], qty, from_ns, to_ns)
        return self._bars[qty > 0].bound(from_ns, to_ns)


class _Extremes:
    """Bars as a position lives them: the best, the worst and the last price it could have got."""

    def __init__(self, bars: BarRows, long: bool) -> None:
        self._long = long
        side, best, worst = ("bid", "high", "low") if long else ("ask", "low", "high")
        columns = (_side(bars, f"{side}_{name}", name) for name in (best, worst, "close"))
        best_px, worst_px, close_px = columns
        known = best_px != NO_PRICE
        self._starts = bars.time_ns[known]
        self._ends = self._starts + bars.span_ns[known] - 1
        self._best, self._worst, self._close = best_px[known], worst_px[known], close_px[known]

    def bound(self, from_ns: int, to_ns: int) -> int | None:
        """The most that the market can have gone against the position in a span of time; one that
        begins in the gap between two bars begins at the close before it."""
        first = int(self._ends.searchsorted(from_ns, side="left"))
        last = int(self._starts.searchsorted(to_ns, side="right"))
        inside = first < len(self._starts) and self._starts[first] <= from_ns
        if not inside and not first:
            return None
        began = int(self._best[first] if inside else self._close[first - 1])
        worst = [began, *(self._worst[first:last].tolist())]
        return int(began - min(worst) if self._long else max(worst) - began)


def _known(times: Ints, prices: Ints) -> _Prices:
    there = prices != NO_PRICE
    return times[there], prices[there]


def _joined(ticks: _Prices, closes: _Prices) -> _Prices:
    of_bars = _known(*closes)
    if not len(of_bars[0]) or not len(ticks[0]):
        return ticks if len(ticks[0]) else of_bars
    times = np.concatenate([of_bars[0], ticks[0]])
    order = np.argsort(times, kind="stable")
    return times[order], np.concatenate([of_bars[1], ticks[1]])[order]


def _as_of(prices: _Prices, times: Ints) -> tuple[Ints, Bools]:
    place = prices[0].searchsorted(times, side="right") - 1
    known = place >= 0
    if not known.any():
        return np.zeros(len(times), dtype=np.int64), known
    return prices[1][np.maximum(place, 0)], known


def _tick_move(prices: _Prices, qty: int, from_ns: int, to_ns: int) -> int | None:
    first = max(int(prices[0].searchsorted(from_ns, side="right")) - 1, 0)
    last = int(prices[0].searchsorted(to_ns, side="right"))
    part = prices[1][first:last]
    if not len(part):
        return None
    return int(part[0] - part.min() if qty > 0 else part.max() - part[0])


def _side(bars: BarRows, quoted: str, traded: str) -> Ints:
    """A column of the quote's side, or the trades' where that side was not told."""
    prices: Ints = getattr(bars, quoted)
    return np.where(prices != NO_PRICE, prices, getattr(bars, traded))
