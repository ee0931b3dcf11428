"""History bars of a listed contract, of the units that the gateway knows (gateway-protocol 6, 8).

A bar that is not over is given only where it is asked for, and only as far as the market has gone.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property

import numpy as np

from ....trading.errors import Refused
from ....trading.events import Bar
from ....trading.tape import Ints
from ...feed.tape_bars import BarColumns, bars_of
from ..venue.listing import Listing
from .error_codes import Failed, Failure

BARS_MOST = 20_000
_SECOND_NS = 10**9
_SPANS_NS = {1: _SECOND_NS, 2: 60 * _SECOND_NS, 3: 3600 * _SECOND_NS}
_DAY, _WEEK, _MONTH, _TICK = 4, 5, 6, 7
_SPAN_MOST_NS = 10**9 * 86_400 * 366


class History:
    """Bars of one contract, made when they are first asked for and kept."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._made: dict[tuple[int, int], BarColumns] = {}

    def bars(
        self, unit: int, number: int, from_ns: int, to_ns: int, now_ns: int, *, partial: bool
    ) -> Iterator[Bar]:
        """Bars that start in the window, both ends included, newest first. Raises `Failed`."""
        columns = self._columns(unit, number)
        first = int(columns.starts.searchsorted(from_ns, "left"))
        end = int(columns.starts.searchsorted(to_ns, "right"))
        over = int(columns.told_ns.searchsorted(now_ns, "right"))
        if partial and first <= over < end:
            begun = self._begun(columns, over, now_ns)
            if begun is not None:
                yield begun
        for n in range(min(end, over) - 1, first - 1, -1):
            yield self._bar(columns, n)

    def _columns(self, unit: int, number: int) -> BarColumns:
        if unit not in (*_SPANS_NS, _DAY, _WEEK, _MONTH, _TICK):
            raise Failed(Failure.BAD_UNIT)
        whole = unit in (_DAY, _WEEK, _MONTH)
        if number < 1 or (whole and number > 1) or number * _SPANS_NS.get(unit, 1) > _SPAN_MOST_NS:
            raise Failed(Failure.BAD_UNIT_NUMBER)
        known = self._made.get((unit, number))
        if known is None:
            known = self._made[unit, number] = self._make(unit, number)
        return known

    def _make(self, unit: int, number: int) -> BarColumns:
        listing = self._listing
        if unit in _SPANS_NS:
            try:
                return bars_of(listing.tape, number * _SPANS_NS[unit], listing.instrument.symbol)
            except Refused:  # quotes alone: no bars
                return _grouped(listing, np.empty(0, np.int64))
        times = listing.tape.trades.time_ns
        if unit == _TICK:
            return _grouped(listing, np.arange(0, len(times), number))
        starts = [at for at, day in self._days if day == _first(day, unit, self._days)]
        return _grouped(listing, np.array(starts, np.int64))

    @cached_property
    def _days(self) -> list[tuple[int, date]]:
        """Trade dates of the tape, each with its first trade."""
        times, hours = self._listing.tape.trades.time_ns, self._listing.calendar
        found: list[tuple[int, date]] = []
        at = 0
        while at < len(times):
            day = hours.trade_date(int(times[at]))
            found.append((at, day))
            ends_ns = hours.session_bounds(day)[1]
            at = max(at + 1, int(times.searchsorted(ends_ns, "left")))
        return found

    def _begun(self, columns: BarColumns, n: int, now_ns: int) -> Bar | None:
        """The bar that is not over, of the trades until now."""
        trades = self._listing.tape.trades
        first, end = (
            int(trades.time_ns.searchsorted(ns)) for ns in (columns.starts[n], now_ns + 1)
        )
        if first >= end:
            return None
        prices = trades.price[first:end]
        ohlc = (int(prices[0]), int(prices.max()), int(prices.min()), int(prices[-1]))
        volume = int(np.maximum(trades.size[first:end], 0).sum())
        start_ns = int(columns.starts[n])
        span_ns = int(columns.told_ns[n]) - start_ns
        return Bar(self._listing.instrument, start_ns, span_ns, ohlc, volume)

    def _bar(self, columns: BarColumns, n: int) -> Bar:
        ohlc = (
            int(columns.open[n]),
            int(columns.high[n]),
            int(columns.low[n]),
            int(columns.close[n]),
        )
        start_ns = int(columns.starts[n])
        span_ns = int(columns.told_ns[n]) - start_ns
        return Bar(self._listing.instrument, start_ns, span_ns, ohlc, int(columns.volume[n]))


def _first(day: date, unit: int, days: list[tuple[int, date]]) -> date:
    """The first trade date of the tape that shares a day's bar."""
    return next(each for _, each in days if _group(each, unit) == _group(day, unit))


def _group(day: date, unit: int) -> tuple[int, ...]:
    if unit == _DAY:
        return (day.toordinal(),)
    return tuple(day.isocalendar()[:2]) if unit == _WEEK else (day.year, day.month)


def _grouped(listing: Listing, firsts: Ints) -> BarColumns:
    """Bars of the trades that begin at these rows. One is over when the next begins; the last, when
    its trade date is, or with its last trade."""
    trades = listing.tape.trades
    if not len(firsts):
        none = np.empty(0, np.int64)
        return BarColumns(none, none, (none, none, none, none), none)
    lasts = np.append(firsts[1:], len(trades.seq)) - 1
    starts = trades.time_ns[firsts]
    told_ns = np.append(starts[1:], trades.time_ns[-1] + 1)
    price = trades.price
    return BarColumns(
        starts,
        told_ns,
        (
            price[firsts],
            np.maximum.reduceat(price, firsts),
            np.minimum.reduceat(price, firsts),
            price[lasts],
        ),
        np.add.reduceat(np.maximum(trades.size, 0), firsts),
    )
