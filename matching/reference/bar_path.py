"""The way a bar is walked: which extreme first, through which prices, when, with how much volume.

A bar says where the market was, not when. It is walked open, first extreme, second extreme, close:
three legs of a third of its time each, in steps of at most one tick of trade, bid or ask, whichever
has farthest to go. Pure: everything here computes and returns.
"""

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct, structs

from ...trading.words import NO_PRICE, UNKNOWN_SIZE
from ..rules import BarPath


class Span(Struct, frozen=True):
    """Open, high, low and close of trades, bids or asks."""

    open: int
    high: int
    low: int
    close: int

    def corners(self, high_first: bool) -> tuple[int, int, int, int]:
        """The prices at which the legs begin and end."""
        if high_first:
            return (self.open, self.high, self.low, self.close)
        return (self.open, self.low, self.high, self.close)


class Bar(Struct, frozen=True):
    """One row of `BarRows`; a Span is None where the bar has no such prices."""

    seq: int
    time_ns: int
    span_ns: int
    trades: Span | None
    volume: int
    bids: Span | None
    bid_size: int
    asks: Span | None
    ask_size: int

    @property
    def spans(self) -> tuple[Span | None, Span | None, Span | None]:
        return (self.trades, self.bids, self.asks)

    @property
    def leader(self) -> Span | None:
        """The prices that decide the path: the trades', else the bids', else the asks'."""
        return self.trades or self.bids or self.asks

    @property
    def last_ns(self) -> int:
        """The last nanosecond that belongs to the bar."""
        return self.time_ns + max(0, self.span_ns - 1)

    def without_extremes(self) -> "Bar":
        """The same bar walked straight to its close: for one whose extremes are not believed."""
        trades, bids, asks = (
            span and Span(span.open, span.close, span.close, span.close) for span in self.spans
        )
        return structs.replace(self, trades=trades, bids=bids, asks=asks)


class Step(Struct, frozen=True):
    """One moment of a bar: the quote (None: no such side), then a trade (price None: none)."""

    time_ns: int
    price: int | None
    size: int
    bid: int | None
    ask: int | None


def bar_from_row(row: Sequence[int]) -> Bar:
    """A bar from its columns in the order of `BarRows`."""
    return Bar(
        row[0],
        row[1],
        row[2],
        _span(row[3:7]),
        row[7],
        _span(row[8:12]),
        row[12],
        _span(row[13:17]),
        row[17],
    )


def high_first(bar: Bar, path: BarPath) -> bool:
    """Whether the high is visited first where no order of ours decides it."""
    if path in (BarPath.HIGH_FIRST, BarPath.LOW_FIRST):
        return path is BarPath.HIGH_FIRST
    span = bar.leader
    return span is not None and span.high - span.open < span.open - span.low


def open_step(bar: Bar, tick: int) -> Step:
    """The first step. Its share of the volume is the smallest that either path would give it."""
    steps = 1 + max(sum(_leg_steps(bar, way, tick)) for way in (False, True))
    size = bar.volume
    if bar.volume > 0:
        size = max(1, bar.volume // steps)
    return _step_at(bar, bar.time_ns, _values(bar, 0, True, 0, 1, tick), size)


def choice_ns(bar: Bar, tick: int) -> int | None:
    """When the first extreme is chosen: just before the earliest step that either path could take.

    None for a bar that never leaves its open.
    """
    firsts = [
        times[0] for way in (False, True) if (times := _times(bar, _leg_steps(bar, way, tick)))
    ]
    return min(firsts) if firsts else None


def steps_after_open(bar: Bar, first_high: bool, tick: int) -> list[Step]:
    """All steps but the first. Their sizes and the first's add up to the volume.

    The corners of the path have certainly traded, so they come first where there is less than a
    contract for each step; the rest is spread as evenly as whole contracts allow.
    """
    legs = _leg_steps(bar, first_high, tick)
    times = _times(bar, legs)
    sizes = _shares(bar.volume, open_step(bar, tick).size, legs)
    found: list[Step] = []
    for leg, count in enumerate(legs):
        for nth in range(1, count + 1):
            values = _values(bar, leg, first_high, nth, count, tick)
            found.append(_step_at(bar, times[len(found)], values, sizes[len(found)]))
    return found


def _span(values: Sequence[int]) -> Span | None:
    return None if NO_PRICE in values else Span(*values)


def _leg_steps(bar: Bar, first_high: bool, tick: int) -> list[int]:
    """How many steps each leg takes: the farthest way any of the prices has to go, in ticks."""
    corners = [span.corners(first_high) for span in bar.spans if span is not None]
    return [
        max((-(-abs(c[leg + 1] - c[leg]) // tick) for c in corners), default=0) for leg in range(3)
    ]


def _times(bar: Bar, legs: list[int]) -> list[int]:
    edges = [bar.time_ns + bar.span_ns * k // 3 for k in range(4)]
    return [
        min(edges[leg] + (edges[leg + 1] - edges[leg]) * nth // count, bar.last_ns)
        for leg, count in enumerate(legs)
        for nth in range(1, count + 1)
    ]


def _shares(volume: int, opened: int, legs: list[int]) -> list[int]:
    total = sum(legs)
    if volume < 0:
        return [UNKNOWN_SIZE] * total
    left = volume - opened
    if not total or left >= total:
        return [left * (n + 1) // total - left * n // total for n in range(total)]
    corners = {end - 1 for end in accumulate(legs) if end}
    shares = [0] * total
    for place in sorted(corners)[:left]:
        shares[place] = 1
    spare = max(0, left - len(corners))
    others = [place for place in range(total) if place not in corners]
    for n, place in enumerate(others):
        shares[place] = spare * (n + 1) // len(others) - spare * n // len(others)
    return shares


def _values(
    bar: Bar, leg: int, first_high: bool, nth: int, count: int, tick: int
) -> tuple[int | None, int | None, int | None]:
    """Trade, bid and ask at the nth of `count` steps of a leg; nth 0 is where the leg begins.

    In whole ticks, rounded towards where the leg begins; exact at its end.
    """
    found: list[int | None] = []
    for span in bar.spans:
        if span is None:
            found.append(None)
            continue
        corners = span.corners(first_high)
        begin, end = corners[leg], corners[leg + 1]
        if nth == count:
            found.append(end)
            continue
        way = abs(end - begin) * nth // count // tick * tick
        found.append(begin + way if end > begin else begin - way)
    price, bid, ask = found
    between = 0 < nth < count
    if between and bid is not None and ask is not None and not _touching(bar, leg, first_high):
        # Bid and ask reach their extremes at different moments of the bar; walked together they
        # may meet on the way though they never did. The ends of a leg are as they were recorded.
        ask = max(ask, bid + tick)
    return price, bid, ask


def _touching(bar: Bar, leg: int, first_high: bool) -> bool:
    """Whether the bar itself records a locked or crossed quote at an end of the leg."""
    assert bar.bids is not None
    assert bar.asks is not None
    bids, asks = bar.bids.corners(first_high), bar.asks.corners(first_high)
    return any(bids[end] >= asks[end] for end in (leg, leg + 1))


def _step_at(
    bar: Bar, time_ns: int, values: tuple[int | None, int | None, int | None], size: int
) -> Step:
    price, bid, ask = values
    return Step(time_ns, price, 0 if price is None else size, bid, ask)
