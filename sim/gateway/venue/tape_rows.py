"""The rows of a tape in file order, one cursor over quotes and trades, and the day's figures."""

from collections.abc import Iterator

import numpy as np

from ....trading.events import Quote, Trade
from ....trading.tape import NO_PRICE, UNKNOWN_SIZE, Ints, Tape
from ....trading.words import Side
from .listing import Listing

_CHUNK = 65_536
_AGGRESSOR = {1: Side.BUY, 2: Side.SELL}


class TapeRows:
    """A cursor from a moment on. `next_ns`: when the next row happens, None at the end."""

    def __init__(self, listing: Listing, from_ns: int) -> None:
        self._instrument = listing.instrument
        self._rows = _rows(listing.tape, from_ns)
        self._next = next(self._rows, None)
        self.next_ns = None if self._next is None else self._next[0]

    def take(self, to_ns: int) -> Iterator[Quote | Trade]:
        """What happens up to and including a moment, in order."""
        while self._next is not None and self._next[0] <= to_ns:
            at_ns, is_trade, a, b, c, d = self._next
            self._next = next(self._rows, None)
            self.next_ns = None if self._next is None else self._next[0]
            if is_trade:
                yield Trade(self._instrument, at_ns, a, b, _AGGRESSOR.get(c))
            else:
                yield Quote(self._instrument, at_ns, _px(a), _size(b), _px(c), _size(d))


class DayFigures:
    """Last, open, high, low and volume of the trade date, in units, and the close before it.

    None where nothing was traded. The tape before the start counts, as far as it goes.
    """

    def __init__(self, listing: Listing, from_ns: int) -> None:
        self._hours = listing.calendar
        self._ends_ns = 0
        self.last: int | None = None
        self.close_before: int | None = None
        self.open: int | None = None
        self.high: int | None = None
        self.low: int | None = None
        self.volume = 0
        self._roll(from_ns)
        begins_ns = self._hours.session_bounds(self._hours.trade_date(from_ns))[0]
        trades = listing.tape.trades
        here, today = (int(np.searchsorted(trades.time_ns, ns)) for ns in (from_ns, begins_ns))
        if today:
            self.close_before = self.last = int(trades.price[today - 1])
        if here > today:
            prices = trades.price[today:here]
            self.open, self.last = int(prices[0]), int(prices[-1])
            self.high, self.low = int(prices.max()), int(prices.min())
            self.volume = int(np.maximum(trades.size[today:here], 0).sum())

    def traded(self, trade: Trade) -> None:
        """A trade happened."""
        price = trade.price_ticks
        if trade.time_ns >= self._ends_ns:
            self._roll(trade.time_ns)
        self.last = price
        if self.open is None or self.high is None or self.low is None:
            self.open = self.high = self.low = price
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.volume += max(trade.size, 0)

    def _roll(self, now_ns: int) -> None:
        self._ends_ns = self._hours.session_bounds(self._hours.trade_date(now_ns))[1]
        self.close_before = self.last
        self.open = self.high = self.low = None
        self.volume = 0


def _rows(tape: Tape, from_ns: int) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Time, whether it is a trade, and four numbers: of a quote bid, size, ask, size; of a trade
    price, size, aggressor."""
    quotes, trades = tape.quotes, tape.trades
    none = np.zeros(len(trades.seq), np.int64)
    seq = np.concatenate([quotes.seq, trades.seq])
    order = np.argsort(seq, kind="stable")
    times = np.concatenate([quotes.time_ns, trades.time_ns])[order]
    is_trade = np.concatenate([np.zeros(len(quotes.seq), np.int64), none + 1])
    columns = [
        is_trade,
        np.concatenate([quotes.bid, trades.price]),
        np.concatenate([quotes.bid_size, trades.size]),
        np.concatenate([quotes.ask, trades.aggressor]),
        np.concatenate([quotes.ask_size, none]),
    ]
    ordered: list[Ints] = [times, *(column[order] for column in columns)]
    first = int(np.searchsorted(times, from_ns, "left"))
    for start in range(first, len(times), _CHUNK):
        chunk = [column[start : start + _CHUNK].tolist() for column in ordered]
        yield from zip(*chunk, strict=True)


def _px(units: int) -> int | None:
    return None if units == NO_PRICE else units


def _size(size: int) -> int | None:
    return None if size == UNKNOWN_SIZE else size
