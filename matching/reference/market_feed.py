"""The recorded market as the book lives it: row by row where it touches us, in leaps where not."""

import numpy as np

from ...trading.words import NO_PRICE, Side
from ..commands import SetMarket
from ..engine import Columns
from .bar_path import Bar, bar_from_row
from .bar_walk import BarWalk, choose_path, commit_step, conflicting_side
from .links import follow
from .market_events import begin_row, on_print, on_quote, taken_at_ask
from .reach import Watch, bar_touches, step_touches
from .rows import Rows, Table
from .state import BookState

_WORTH_A_LEAP = 16
_NEVER = 2**63 - 1


class MarketFeed:
    """Rows still to come, the bar that is being walked, and their way into the book.

    A leap over rows that touch nothing leaves the book exactly as their commit one by one would.
    """

    def __init__(self, book: BookState, suspect_bars: frozenset[int]) -> None:
        self.ambiguous_bars = 0
        self.suspect_bars_walked = 0
        self._book = book
        self._suspects = suspect_bars
        self._suspect_starts = np.array(sorted(suspect_bars), np.int64)
        self._rows = Rows()
        self._watch = Watch(book, self._rows)
        self._walk: BarWalk | None = None

    def extend(self, columns: Columns, now_ns: int) -> None:
        """Append market rows (see Rows.extend)."""
        self._rows.extend(columns, now_ns)
        self._watch.forget()

    def commit(self, to_ns: int) -> None:
        """Let everything up to and including `to_ns` happen, in order of time, then of file."""
        while True:
            table = self._rows.next_table()
            row_ns = _NEVER if table is None else table.row()[1]
            if self._walk is not None:
                self._walk_on(self._walk, min(to_ns, row_ns))
            if table is None or row_ns > to_ns:
                self._links_before(to_ns + 1)
                return
            self._links_before(row_ns)
            if self._walk is None and not self._book.stirred and self._leap(to_ns):
                continue
            self._commit_row(table)

    def by_hand(self, market: SetMarket) -> None:
        """A quote and a trade that no row brings."""
        book, size = self._book, market.size
        if self._walk is None:
            begin_row(book, None, brings_quote=True)
        on_quote(book, market.bid, size, market.ask, size)
        on_print(book, market.bid, size, 0)

    def orders_changed(self) -> None:
        """An order may have come into the bar that is being walked: its story may be two now."""
        walk = self._walk
        if walk is None or walk.choice_due:
            return
        if conflicting_side(self._book, walk) is not None:
            self._mark_ambiguous(walk)

    def settle_links(self) -> None:
        """Let what hangs together follow what happened to it."""
        stirred = self._book.stirred
        while stirred:
            follow(self._book, stirred.popleft(), self.orders_changed)

    def next_touch(self, until_ns: int) -> int | None:
        """The first moment up to `until_ns` at which the market may touch an order; None: none."""
        reach = self._watch.reach
        if reach is None or not self._book.matching:
            return None
        row_ns = self._touching_row_ns(until_ns)
        step_ns = _NEVER if self._walk is None else self._touching_step_ns(self._walk)
        first = min(row_ns, step_ns)
        return first if first <= until_ns else None

    def _links_before(self, time_ns: int) -> None:
        """Links act after the rows of their nanosecond, and before anything later."""
        if self._book.stirred and self._book.now_ns < time_ns:
            self.settle_links()

    def _walk_on(self, walk: BarWalk, to_ns: int) -> None:
        book = self._book
        while (due_ns := walk.next_ns()) is not None and due_ns <= to_ns:
            self._links_before(due_ns)
            book.now_ns = due_ns
            if walk.choice_due:
                if choose_path(book, walk):
                    self._mark_ambiguous(walk)
                continue
            step = walk.take_one()
            after_ns = walk.next_ns()
            last = walk.choice_due or after_ns is None or after_ns > to_ns
            if last or book.orders or not self._untaken():
                commit_step(book, walk.bar, step)
            elif step.price is not None:
                # Nobody sees this step: all that stays of it is the way the price went.
                book.at_ask = taken_at_ask(book.at_ask, book.last_price, step.price, 0)
                book.last_price = step.price
        if walk.next_ns() is None:
            self._walk = None

    def _mark_ambiguous(self, walk: BarWalk) -> None:
        if not walk.ambiguous and walk.bar.time_ns not in self._suspects:
            walk.ambiguous = True
            self.ambiguous_bars += 1
            self._book.ambiguous_until_ns = walk.bar.last_ns + 1

    def _commit_row(self, table: Table) -> None:
        book, row = self._book, table.row()
        table.at += 1
        book.now_ns = row[1]
        if self._walk is None and table is not self._rows.bars:
            # A tick within a bar's time does not lift that bar's volume.
            begin_row(book, None, brings_quote=table is self._rows.quotes)
        if table is self._rows.quotes:
            reach = self._watch.reach
            touches = reach is not None and reach.quotes(row[2], row[4])
            on_quote(book, _price(row[2]), row[3], _price(row[4]), row[5], touches=touches)
        elif table is self._rows.trades:
            on_print(book, row[2], row[3], row[4])
        else:
            self._begin_bar(bar_from_row(row))

    def _begin_bar(self, bar: Bar) -> None:
        book = self._book
        if bar.time_ns in self._suspects:
            self.suspect_bars_walked += 1
            book.ambiguous_until_ns = bar.last_ns + 1
            bar = bar.without_extremes()
        begin_row(book, _volume(bar), bar.bids is not None or bar.asks is not None)
        if bar.leader is not None:
            self._walk = BarWalk(bar, book.rules.tick)

    def _untaken(self) -> bool:
        return all(recorded.untaken for recorded in self._book.recorded.values())

    def _held_back(self) -> bool:
        """Whether the next row, whichever it is, may touch: it lifts the bar's volume."""
        return self._book.volume_left == 0 and bool(self._book.orders)

    def _touching_row_ns(self, until_ns: int) -> int:
        if self._held_back():
            table = self._rows.next_table()
            return _NEVER if table is None else table.row()[1]
        found = self._watch.first(until_ns)
        return _NEVER if found is None else found[1]

    def _touching_step_ns(self, walk: BarWalk) -> int:
        reach = self._watch.reach
        assert reach is not None
        known = walk.left()
        if not known:
            due_ns = walk.next_ns()
            touches = bar_touches(reach, walk.bar, self._book.rules.tick)
            return due_ns if touches and due_ns is not None else _NEVER
        touching = (step.time_ns for step in known if step_touches(reach, walk.bar, step))
        return next(touching, _NEVER)

    def _leap(self, to_ns: int) -> bool:
        """Pass over rows that touch nothing, and take the state that the last of them leaves."""
        rows = self._rows
        if not any(_due_in(t, _WORTH_A_LEAP, to_ns) for t in rows.tables):
            return False
        if self._held_back() or not self._untaken():
            return False
        stop_seq = self._leap_end(to_ns)
        ends = [_end_of_leap(table, stop_seq, to_ns) for table in rows.tables]
        if all(table.at == end for table, end in zip(rows.tables, ends, strict=True)):
            return False
        quotes_end, trades_end, bars_end = ends
        self._book.volume_left = None
        if quotes_end > rows.quotes.at:
            self._leap_quotes(rows.quotes, quotes_end)
        if trades_end > rows.trades.at:
            self._leap_trades(rows.trades, trades_end)
        if bars_end > rows.bars.at:
            self._leap_bars(rows.bars, bars_end)
        return True

    def _leap_end(self, to_ns: int) -> int:
        """The seq of the first row that has to be committed by itself."""
        quotes, trades, bars = self._rows.tables
        ends = []
        touch = self._watch.first(to_ns)
        if touch is not None:
            ends.append(touch[0])
        if not self._book.quotes_seen and quotes.at < quotes.end:
            ends.append(quotes.row()[0])
        if bars.at < bars.end:
            # Where ticks fall into a bar's time the two have to be interleaved; where there is no
            # quote, what a bar leaves depends on the last steps of its path.
            mixed = quotes.at < quotes.end or trades.at < trades.end
            if mixed or not self._book.quotes_seen:
                ends.append(bars.row()[0])
            ends += self._next_own_bar(bars, to_ns)
        return min(ends, default=_NEVER)

    def _next_own_bar(self, bars: Table, to_ns: int) -> list[int]:
        """The first bar that is suspect or does not end by `to_ns`: its seq, if there is one."""
        starts = bars["time_ns"]
        place = max(bars.at, int(np.searchsorted(starts, to_ns, "right")) - 1)
        if int(starts[place]) + int(bars["span_ns"][place]) - 1 <= to_ns:
            place += 1
        later = self._suspect_starts[np.searchsorted(self._suspect_starts, starts[bars.at]) :]
        if len(later):
            place = min(place, int(np.searchsorted(starts, later[0])))
        return [int(bars["seq"][place])] if place < bars.end else []

    def _leap_quotes(self, quotes: Table, end: int) -> None:
        sides = ((Side.BUY, "bid", "bid_size"), (Side.SELL, "ask", "ask_size"))
        for side, price, size in sides:
            best = _price(quotes.last(price, end))
            self._book.recorded[side].renew(best, quotes.last(size, end))
        quotes.at = end

    def _leap_trades(self, trades: Table, end: int) -> None:
        book = self._book
        if not book.quotes_seen:
            self._leap_assumed(trades, end)
        book.last_price = trades.last("price", end)
        trades.at = end

    def _leap_assumed(self, trades: Table, end: int) -> None:
        """The quote that the last of these trades makes; its side is that of the last change."""
        book = self._book
        prices = trades["price"][trades.at : end]
        aggressors = trades["aggressor"][trades.at : end]
        first = prices[0] if book.last_price is None else book.last_price
        before = np.concatenate(([first], prices[:-1]))
        telling = np.flatnonzero((aggressors != 0) | (prices != before))
        if len(telling):
            at = telling[-1]
            book.at_ask = taken_at_ask(
                book.at_ask, int(before[at]), int(prices[at]), int(aggressors[at])
            )
        bid = int(prices[-1]) - (book.rules.spread if book.at_ask else 0)
        size = trades.last("size", end)
        book.recorded[Side.BUY].renew(bid, size)
        book.recorded[Side.SELL].renew(bid + book.rules.spread, size)

    def _leap_bars(self, bars: Table, end: int) -> None:
        book = self._book
        part = {name: bars[name][bars.at : end] for name in bars.names}
        traded = np.flatnonzero(part["close"] != NO_PRICE)
        quoted = np.flatnonzero((part["bid_close"] != NO_PRICE) | (part["ask_close"] != NO_PRICE))
        if len(traded):
            book.last_price = int(part["close"][traded[-1]])
        if len(quoted):
            at = quoted[-1]
            for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
                best = _price(int(part[f"{name}_close"][at]))
                book.recorded[side].renew(best, int(part[f"{name}_size"][at]))
        bars.at = end - 1
        book.volume_left = _volume(bar_from_row(bars.row()))
        bars.at = end


def _price(value: int) -> int | None:
    return None if value == NO_PRICE else value


def _volume(bar: Bar) -> int | None:
    """What a bar has for us in all; None where nothing bounds that but the sizes it shows.

    Sizes that are shown may be taken, whatever others traded meanwhile (docs/decisions/0003).
    """
    shown = (bar.bids is not None and bar.bid_size >= 0) or (
        bar.asks is not None and bar.ask_size >= 0
    )
    return bar.volume if bar.trades is not None and bar.volume >= 0 and not shown else None


def _due_in(table: Table, count: int, to_ns: int) -> bool:
    place = table.at + count
    return place < table.end and bool(table["time_ns"][place] <= to_ns)


def _end_of_leap(table: Table, stop_seq: int, to_ns: int) -> int:
    by_time = np.searchsorted(table["time_ns"], to_ns, "right")
    by_seq = np.searchsorted(table["seq"], stop_seq, "left")
    return max(table.at, int(min(by_time, by_seq)))
