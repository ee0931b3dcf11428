"""Which market rows can touch our orders at all, so that the others are passed over unread.

Everything an order of ours waits for is a price, so a few thresholds bound them all. A row within
none of them changes nothing but the recorded market. Wrong on the near side only: a row may be
taken for a touch that is none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ...trading.words import NO_PRICE, Side
from ..rules import Trigger
from .bar_path import Bar, Step
from .rows import Rows, Table
from .state import BookState

_LOWEST = NO_PRICE
_HIGHEST = 2**62
_BLOCK = 256
_BLOCK_MAX = 65_536


class Reach(Struct, frozen=True):
    """A print, bid or ask touches us at or below its `low` and at or above its `high`."""

    print_low: int
    print_high: int
    bid_low: int
    bid_high: int
    ask_low: int
    ask_high: int

    def quotes(self, bid: Any, ask: Any) -> Any:
        """Whether quotes touch; numbers or columns. A missing side (NO_PRICE) does."""
        return (
            (bid <= self.bid_low) | (bid >= self.bid_high)
            | (ask <= self.ask_low) | (ask >= self.ask_high)
        )  # fmt: skip

    def prints(self, low: Any, high: Any) -> Any:
        """Whether trades between `low` and `high` touch; numbers or columns."""
        return (low <= self.print_low) | (high >= self.print_high)

    def bars(self, table: Mapping[str, Any], tick: int) -> Any:
        """Whether bars touch; `table` gives columns, or one bar's values, by name.

        Inside a bar the ask may be lifted to a tick above the bid (bar_path.py).
        """
        traded = table["low"] != NO_PRICE
        quoted = (table["bid_low"] != NO_PRICE) | (table["ask_low"] != NO_PRICE)
        by_quote = (
            self.quotes(table["bid_low"], table["ask_low"])
            | self.quotes(table["bid_high"], table["ask_high"])
            | (table["bid_high"] + tick >= self.ask_high)
        )
        return (traded & self.prints(table["low"], table["high"])) | (quoted & by_quote)


def reach_of(book: BookState) -> Reach | None:
    """The thresholds of the orders that work now; None while nothing can happen to any.

    Without quotes so far each trade is a quote too, on either side of itself.
    """
    if not book.orders:
        return None
    buy, sell = (_best(book, side) for side in (Side.BUY, Side.SELL))
    buy_stop, buy_trail = _stop_reach(book, Side.BUY)
    sell_stop, sell_trail = _stop_reach(book, Side.SELL)
    bid_low, bid_high, ask_low, ask_high = buy, sell, buy, sell
    print_low, print_high = buy, sell
    if book.rules.profile.trigger is Trigger.QUOTE:
        bid_low, bid_high = max(buy, sell_stop), min(sell, sell_trail)
        ask_low, ask_high = max(buy, buy_trail), min(sell, buy_stop)
    else:
        print_low, print_high = max(buy, sell_stop, buy_trail), min(sell, buy_stop, sell_trail)
    if not book.quotes_seen:
        print_low = max(print_low, bid_low, ask_low) + book.rules.spread
        print_high = min(print_high, bid_high, ask_high) - book.rules.spread
    return Reach(print_low, print_high, bid_low, bid_high, ask_low, ask_high)


def step_touches(reach: Reach, bar: Bar, step: Step) -> bool:
    """Whether a step of a bar touches."""
    quoted = bar.bids is not None or bar.asks is not None
    bid = NO_PRICE if step.bid is None else step.bid
    ask = NO_PRICE if step.ask is None else step.ask
    if quoted and reach.quotes(bid, ask):
        return True
    return step.price is not None and bool(reach.prints(step.price, step.price))


def bar_touches(reach: Reach, bar: Bar, tick: int) -> bool:
    """Whether a bar touches. One without its extremes goes from its open, which may lie outside."""
    values: dict[str, Any] = {}
    for prefix, span in (("", bar.trades), ("bid_", bar.bids), ("ask_", bar.asks)):
        values[f"{prefix}low"] = NO_PRICE if span is None else min(span.low, span.open)
        values[f"{prefix}high"] = NO_PRICE if span is None else max(span.high, span.open)
    return bool(reach.bars(values, tick))


class Touches:
    """The rows of one table that touch, found block by block and kept until the orders change."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: list[int] = []
        self._next = 0
        self._upto = 0
        self._block = _BLOCK

    def forget(self) -> None:
        """The orders or the rows have changed."""
        self._found, self._next = [], 0
        self._upto, self._block = self._table.at, _BLOCK

    def first(self, reach: Reach, kind: str, tick: int, to_ns: int) -> int | None:
        """The place of the first row still to come, at or before `to_ns`, that touches."""
        table = self._table
        if self._upto < table.at:
            self.forget()
        while True:
            while self._next < len(self._found) and self._found[self._next] < table.at:
                self._next += 1
            if self._next < len(self._found):
                place = self._found[self._next]
                return place if table["time_ns"][place] <= to_ns else None
            if self._upto >= table.end or table["time_ns"][self._upto] > to_ns:
                return None
            end = min(table.end, self._upto + self._block)
            hits = _touching(table, self._upto, end, reach, kind, tick)
            self._found, self._next = (np.flatnonzero(hits) + self._upto).tolist(), 0
            self._upto, self._block = end, min(self._block * 4, _BLOCK_MAX)


class Watch:
    """Where the rows first touch our orders, over all tables."""

    def __init__(self, book: BookState, rows: Rows) -> None:
        self._book = book
        self._touches = [
            ("quotes", rows.quotes, Touches(rows.quotes)),
            ("trades", rows.trades, Touches(rows.trades)),
            ("bars", rows.bars, Touches(rows.bars)),
        ]
        self._version: tuple[int, bool] | None = None
        self._reach: Reach | None = None

    def forget(self) -> None:
        """Rows were added: their places have changed."""
        self._version = None

    @property
    def reach(self) -> Reach | None:
        """The thresholds now."""
        version = (self._book.version, self._book.quotes_seen)
        if version != self._version:
            self._version = version
            self._reach = reach_of(self._book)
            for _, _, touches in self._touches:
                touches.forget()
        return self._reach

    def first(self, to_ns: int) -> tuple[int, int] | None:
        """(seq, time) of the first row at or before `to_ns` that touches; None: all pass by."""
        reach = self.reach
        if reach is None:
            return None
        found = None
        for kind, table, touches in self._touches:
            place = touches.first(reach, kind, self._book.rules.tick, to_ns)
            if place is not None:
                row = (int(table["seq"][place]), int(table["time_ns"][place]))
                found = row if found is None or row < found else found
        return found


def _best(book: BookState, side: Side) -> int:
    """The price at which the market meets a side's resting orders; any, for one still taking."""
    order = book.resting[side].best()
    if order is None:
        return _LOWEST if side is Side.BUY else _HIGHEST
    if order.price is None or any(other.aggressive for other in book.resting[side]):
        return _HIGHEST * side.sign
    return order.price


def _stop_reach(book: BookState, side: Side) -> tuple[int, int]:
    """The trigger that the market meets first, and where it begins to move a trailing stop."""
    stops = book.stops[side]
    trigger = stops.first_trigger()
    edges = [(o.stop_px or 0) - side.sign * ((o.trail or 0) + 1) for o in stops.trailing]
    if side is Side.BUY:
        return (_HIGHEST if trigger is None else trigger), max(edges, default=_LOWEST)
    return (_LOWEST if trigger is None else trigger), min(edges, default=_HIGHEST)


def _touching(
    table: Table, at: int, end: int, reach: Reach, kind: str, tick: int
) -> NDArray[np.bool_]:
    part = {name: table[name][at:end] for name in table.names}
    if kind == "quotes":
        hits = reach.quotes(part["bid"], part["ask"])
    elif kind == "trades":
        hits = reach.prints(part["price"], part["price"])
    else:
        hits = reach.bars(part, tick)
    return np.asarray(hits, np.bool_)
