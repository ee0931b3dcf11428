"""A thin market: what a second of it is made of, where a contract far out or a night is quoted.

One to three contracts stand at the touch, many ticks apart, and how far changes. A side is taken
away for seconds, now and then both are; the price is quoted anew many ticks further on without a
trade between; seconds pass in which nothing is shown at all. A large aggressor prints level by
level through several, ticks apart, and may leave nobody on that side. Prices are ticks. The shape
of the day and its news are the mood's; how deep and how wide it is are this market's own (?).
"""

from array import array
from typing import Final

from ..trading.words import NO_PRICE
from .dice import draws_and_waits
from .weather import Mood

_CHUNK: Final = 1 << 10
_SLOWER: Final = 8
"""A thin market has so much fewer events than a liquid one of the same moment."""

# What an event is, of 256: the least that is no trade any more, no side taken away, and so on.
_TRADES, _GOES, _GAPS, _QUOTED = 56, 80, 86, 160
_PAUSED: Final = 12
"""… and of 256 events, after so many nothing is shown for seconds."""

# How far a new quote stands from where the market thinks that the price is.
_AWAY: Final = (
    1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 14,
    16,
)  # fmt: skip
_WANTED: Final = (1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 8)
_DEEPER: Final = (1, 1, 2, 2, 3, 3, 4, 6)
_GAP_LEAST: Final = 8


class ThinFlow:
    """The touch of a thin market and everything it has shown so far.

    `quotes` and `trades` hold rows as `OrderFlow`'s do; a side that nobody quotes has NO_PRICE and
    size 0. A trade comes before the quote that it changed, at the same time.
    """

    __slots__ = (
        "quotes", "seq", "trades",
        "_draws", "_next_ns", "_prices", "_seed", "_sizes", "_stream", "_used", "_value", "_waits",
    )  # fmt: skip

    def __init__(self, seed: int, stream: int) -> None:
        self.quotes: array[int] = array("q")
        self.trades: array[int] = array("q")
        self.seq = 0
        self._seed, self._stream = seed, stream
        self._draws: list[int] = []
        self._waits: list[int] = []
        self._used = self._next_ns = 0
        self._value = 0  # where the market thinks that the price is
        self._prices, self._sizes = [NO_PRICE, NO_PRICE], [0, 0]  # of the bid and of the ask

    @property
    def bid(self) -> int:
        """About where it is bid, though nobody may bid now."""
        return self._value - _AWAY[0]

    def reopen(self, price: int, depth: int, at_ns: int) -> None:
        """Start a session with `price` bid and a few ticks to the ask, one contract on either side;
        of the `depth` of a liquid market it has none."""
        self._value = price + _AWAY[0]
        self._prices, self._sizes = [price, price + 4], [1, 1]
        self._next_ns = at_ns
        self._quote(at_ns)

    def second(self, until_ns: int, mood: Mood) -> None:
        """Everything that happens before `until_ns` in this mood."""
        if mood.news:
            self._gap(mood.news * 2)
            self._next_ns = max(self._next_ns, until_ns - 10**9)
            self._quote(self._next_ns)
            self._next_ns += 10**6
        while self._next_ns < until_ns:
            if self._used == len(self._draws):
                self._draws, self._waits = draws_and_waits(self._seed, self._stream, _CHUNK)
                self._stream, self._used = self._stream + 1, 0
            draw, wait = self._draws[self._used], self._waits[self._used]
            self._used += 1
            at_ns = self._next_ns
            self._happen(at_ns, draw, mood.lean)
            pause_ns = (2 + (draw >> 60)) * 10**9 if draw >> 52 & 0xFF < _PAUSED else 0
            self._next_ns = at_ns + max(10**6, wait * (mood.gap_ns // 1024) * _SLOWER) + pause_ns

    def _happen(self, at_ns: int, draw: int, lean: int) -> None:
        chance, side = draw & 0xFF, draw >> 8 & 1
        if chance < _TRADES:
            buys = draw >> 9 & 1023 < 512 + 2 * lean
            if self._sizes[buys]:
                self._sweep(at_ns, buys, draw >> 20)
                return
            self._come(buys, draw >> 20, lean)  # nobody to trade with: who wanted to, shows it
        elif chance < _GOES:
            self._go(side)
        elif chance < _GAPS:
            ticks = _GAP_LEAST + (draw >> 20 & 31)
            self._gap(ticks if draw >> 9 & 1023 < 512 + lean else -ticks)
        elif chance < _QUOTED or not all(self._sizes):
            missing = self._sizes.index(0) if 0 in self._sizes else side
            self._come(missing, draw >> 20, lean)
        else:
            self._sizes[side] = 1 + draw % 3
        self._quote(at_ns)

    def _sweep(self, at_ns: int, buys: bool, draw: int) -> None:
        """An aggressor takes what it wants, level after level, as far as there is any."""
        wanted, sign = _WANTED[draw & 15], 1 if buys else -1
        draw >>= 4
        while wanted and self._sizes[buys]:
            price, size = self._prices[buys], min(wanted, self._sizes[buys])
            self.trades.extend((self.seq, at_ns, price, size, 1 if buys else 2))
            self.seq += 1
            wanted -= size
            self._value = price
            self._sizes[buys] -= size
            if not self._sizes[buys]:
                self._show(buys, price + sign * _DEEPER[draw & 7], 1 + (draw >> 3) % 3)
                if draw >> 5 & 3 == 0:
                    self._go(buys)
                draw >>= 7
            self._quote(at_ns)

    def _come(self, side: int, draw: int, lean: int) -> None:
        """A side is quoted anew, about where the market now thinks that the price is."""
        step = draw & 3
        self._value += step if draw >> 2 & 1023 < 512 + lean else -step
        away = _AWAY[draw >> 12 & 31]
        self._show(side, self._value + (away if side else -away), 1 + (draw >> 17) % 3)

    def _gap(self, ticks: int) -> None:
        """Both sides are quoted so many ticks further on, without a trade."""
        self._value += ticks
        for side, away in enumerate((-_AWAY[ticks & 31], _AWAY[-ticks & 31])):
            self._prices[side], self._sizes[side] = self._value + away, 1 + (ticks + side) % 3

    def _show(self, side: int, price: int, size: int) -> None:
        """A price on a side; it does not reach the other one."""
        other = self._prices[not side]
        if self._sizes[not side]:
            price = max(price, other + 1) if side else min(price, other - 1)
        self._prices[side], self._sizes[side] = price, size

    def _go(self, side: int) -> None:
        self._prices[side], self._sizes[side] = NO_PRICE, 0

    def _quote(self, at_ns: int) -> None:
        (bid, ask), (bid_size, ask_size) = self._prices, self._sizes
        self.quotes.extend((self.seq, at_ns, bid, bid_size, ask, ask_size))
        self.seq += 1
