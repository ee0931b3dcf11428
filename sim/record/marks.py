"""What the market was worth at any moment of a tape: for open profit and for adverse moves.

A mark is the last trade (of bars: the last close); before the first one, what a position would have
been closed at: the bid of what is long, the ask of what is short. It is what the desk marks with.
"""

import numpy as np

from ...trading.mapped import give_back
from ...trading.tape import NO_PRICE, PIECE_ROWS, BarRows, Ints, Tape
from .lookup import Bools, known_places, places_at, values_at


class _Prices:
    """Times that rise, and the price that holds from each; NO_PRICE: the one before it goes on."""

    def __init__(self, times: Ints, prices: Ints) -> None:
        self._times, self._prices = times, prices
        parts = range(0, len(prices), PIECE_ROWS)
        # Mostly the first rows have one; a side that nobody ever quoted is looked for to the end.
        self._any = any(_has_price(prices[n : n + PIECE_ROWS]) for n in parts)

    def at(self, moments: Ints) -> tuple[Ints, Ints, Bools]:
        """Since when the price of each moment holds, that price, and whether there is one."""
        if not self._any:
            none = np.zeros(len(moments), dtype=np.int64)
            return none, none, none.astype(np.bool_)
        places = known_places(self._prices, places_at(self._times, moments))
        return values_at(self._times, places), values_at(self._prices, places), places >= 0

    def move(self, qty: int, from_ns: int, to_ns: int) -> int | None:
        """As `Marks.adverse`."""
        if not self._any:
            return None
        ends = places_at(self._times, np.array([from_ns, to_ns]))
        first, last = int(known_places(self._prices, ends[:1])[0]), int(ends[1]) + 1
        began: int | None = None
        worst = 0
        for start in range(max(first, 0), last, PIECE_ROWS):
            part = self._prices[start : min(start + PIECE_ROWS, last)]
            known = part[part != NO_PRICE]
            give_back(part)
            if len(known):
                began = int(known[0]) if began is None else began
                worst = max(worst, int(began - known.min() if qty > 0 else known.max() - began))
        return None if began is None else worst


class Marks:
    """Prices of one tape by time, in units."""

    def __init__(self, tape: Tape) -> None:
        bars, quotes, trades = tape.bars, tape.quotes, tape.trades
        ends = bars.time_ns + bars.span_ns
        bid, ask = _Prices(quotes.time_ns, quotes.bid), _Prices(quotes.time_ns, quotes.ask)
        traded = _Prices(trades.time_ns, trades.price)
        self._traded = (_Prices(ends, bars.close), traded)
        self._bid = (_Prices(ends, bars.bid_close), bid)
        self._ask = (_Prices(ends, bars.ask_close), ask)
        self._ticks: dict[bool, _Prices] | None = None  # by long
        self._bars: dict[bool, _Extremes] = {}
        if len(quotes.seq):
            self._ticks = {True: bid, False: ask}
        elif len(trades.seq):
            self._ticks = {True: traded, False: traded}
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
            return self._ticks[qty > 0].move(qty, from_ns, to_ns)
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


def _as_of(prices: tuple[_Prices, _Prices], moments: Ints) -> tuple[Ints, Bools]:
    """Of bars and of ticks the later price; of one moment that of the tick."""
    since, price, known = prices[0].at(moments)
    tick_since, tick_price, ticked = prices[1].at(moments)
    by_tick = ticked & (~known | (tick_since >= since))
    return np.where(by_tick, tick_price, price), known | ticked


def _has_price(prices: Ints) -> bool:
    found = bool((prices != NO_PRICE).any())
    give_back(prices)
    return found


def _side(bars: BarRows, quoted: str, traded: str) -> Ints:
    """A column of the quote's side, or the trades' where that side was not told."""
    prices: Ints = getattr(bars, quoted)
    return np.where(prices != NO_PRICE, prices, getattr(bars, traded))
