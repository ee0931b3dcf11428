"""A two-sided book under a stream of orders: what a second of a generated market is made of.

The touch alone is kept, as a feed of quotes and trades shows it. Three things happen to it: orders
come and go at a level, a level gives way or a wider spread is filled, and aggressors hit it. A
trade prints at the bid or the ask, takes what it traded from the size shown, and a large one goes
on into the next level. Prices are ticks.
"""

from array import array
from typing import Final

from .dice import draws_and_waits
from .weather import Mood

_CHUNK: Final = 1 << 14
_SPREAD_MAX: Final = 8
_TRADE_CHANCE: Final = 15_000

# What an aggressor wants, where 110 stand at the touch: mostly one lot, now and then a hundred.
_WANTED: Final = (
    (1,) * 26 + (2,) * 12 + (3,) * 6 + (4,) * 3 + (5,) * 5 + (6,) * 2 + (8,) * 2 + (10,) * 3
    + (15, 20, 25, 40, 110)
)  # fmt: skip
# A level's size against the usual depth, in 64ths.
_SHOWN: Final = (
    14, 22, 28, 33, 37, 40, 43, 46, 49, 51, 54, 56, 59, 61, 64, 66, 69, 72, 75, 78, 81, 85, 89, 94,
    99, 105, 112, 121, 132, 146, 166, 205,
)  # fmt: skip


class OrderFlow:
    """The book at the touch and everything it has shown so far.

    `quotes` holds rows of (seq, time_ns, bid, bid_size, ask, ask_size) and `trades` rows of (seq,
    time_ns, price, size, aggressor), flat, in order. A trade comes before the quote that it
    changed, at the same time.
    """

    __slots__ = (
        "ask", "ask_size", "bid", "bid_size", "depth", "last_move", "quotes", "seq", "trades",
        "_aggressor", "_anchor", "_answers", "_draws", "_gaps", "_next_ns", "_seed", "_stream",
        "_used",
    )  # fmt: skip

    def __init__(self, seed: int, stream: int, anchor: int | None) -> None:
        self.quotes: array[int] = array("q")
        self.trades: array[int] = array("q")
        self.seq = 0
        self.bid = self.ask = self.bid_size = self.ask_size = 0
        self.depth = self.last_move = self._aggressor = 1
        self._anchor = anchor
        self._seed, self._stream = seed, stream
        self._draws: list[int] = []
        self._gaps: list[int] = []
        self._used = self._answers = self._next_ns = 0

    def reopen(self, price: int, depth: int, at_ns: int) -> None:
        """Start a session with `price` bid, one tick wide and `depth` on either side."""
        self.bid, self.ask = price, price + 1
        self.bid_size = self.ask_size = depth
        self._next_ns = at_ns
        self._quote(at_ns)

    def second(self, until_ns: int, mood: Mood) -> None:
        """Everything that happens before `until_ns` in this mood."""
        self.depth = mood.depth
        lean = mood.lean
        if self._anchor is not None:
            lean += max(-120, min(120, self._anchor - self.bid))
        if mood.news:
            self._jump(mood.news, until_ns)
        while self._next_ns < until_ns:
            if self._used == len(self._draws):
                self._draw_more()
            draw, gap = self._draws[self._used], self._gaps[self._used]
            self._used += 1
            at_ns, spread = self._next_ns, self.ask - self.bid
            if draw & 0xFFFF < _TRADE_CHANCE:
                self._trade(at_ns, draw >> 16, lean)
            else:
                self._change(draw >> 16, mood, lean)
                self._quote(at_ns)
            # A level that gave way is answered at once, by a few.
            if self.ask - self.bid > spread:
                self._answers = 3
            hurry = 12 if self._answers and self.ask - self.bid > 1 else 1
            self._answers -= self._answers > 0
            self._next_ns = at_ns + max(1_000, gap * (mood.gap_ns // 1024) // hurry)

    def _change(self, draw: int, mood: Mood, lean: int) -> None:
        """One change of the book without a trade."""
        spread = self.ask - self.bid
        chance = draw & 0xFFFF
        if spread > 1 and (chance < mood.close or spread >= _SPREAD_MAX):
            self._narrow(draw >> 16)
        elif chance < mood.step if spread == 1 else chance > 65_535 - mood.step // 2:
            self._give_way(self._rises(draw >> 16, lean), draw >> 26)
        else:
            self._resize(draw >> 16)

    def _rises(self, draw: int, lean: int) -> bool:
        """Whether the ask rather than the bid gives way: the thinner side, and where it leans."""
        share = 512 * self.bid_size // (self.bid_size + self.ask_size)
        return draw & 1023 < 256 + share + lean

    def _give_way(self, up: bool, draw: int) -> None:
        if up:
            self.ask += 1
            self.ask_size = self._fresh(draw)
        else:
            self.bid -= 1
            self.bid_size = self._fresh(draw)
        self.last_move = 1 if up else -1

    def _narrow(self, draw: int) -> None:
        """Fill a spread wider than a tick: three times in four the price follows its last move."""
        follows = draw & 3 > 0
        size = max(1, self._fresh(draw >> 2) >> 2)
        if (self.last_move > 0) == follows:
            self.bid += 1
            self.bid_size = size
        else:
            self.ask -= 1
            self.ask_size = size

    def _resize(self, draw: int) -> None:
        """Orders come to or leave a level; its size is drawn back towards what is usual."""
        noise = (draw >> 1 & 31) - 15
        on_bid = draw & 1
        size = self.bid_size if on_bid else self.ask_size
        change = (self.depth - size) // 12 + self.depth * noise // 96
        size = max(1, size + (change or (1 if noise >= 0 or size == 1 else -1)))
        if on_bid:
            self.bid_size = size
        else:
            self.ask_size = size

    def _trade(self, at_ns: int, draw: int, lean: int) -> None:
        """An aggressor takes from the touch; one in sixteen may go on into the next level."""
        if draw & 15 < 4:  # else the same hand goes on: signs of orders repeat
            self._aggressor = 1 if (draw >> 4 & 1023) < 512 + lean * 2 else 2
        buys = self._aggressor == 1
        scale = max(8, min(256, self.depth * 64 // 110))
        wanted = max(1, _WANTED[draw >> 14 & 63] * scale >> 6)
        sweeps = draw >> 20 & 15 == 0
        for level in range(3):
            shown = self.ask_size if buys else self.bid_size
            size = min(wanted, shown)
            self._print(at_ns, self.ask if buys else self.bid, size)
            wanted -= size
            if size < shown:
                if buys:
                    self.ask_size -= size
                else:
                    self.bid_size -= size
            else:
                self._give_way(buys, draw >> 24 + 5 * level)
            self._quote(at_ns)
            if not wanted or not sweeps or self.ask - self.bid >= _SPREAD_MAX:
                return

    def _jump(self, ticks: int, until_ns: int) -> None:
        """News: one side is swept level by level within a fifth of a second, the other follows."""
        buys = ticks > 0
        self._aggressor = 1 if buys else 2
        at_ns = max(self._next_ns, until_ns - 10**9)
        for level in range(abs(ticks)):
            self._print(
                at_ns, self.ask if buys else self.bid, self.ask_size if buys else self.bid_size
            )
            self._give_way(buys, level * 7 + abs(ticks))
            if self.ask - self.bid > 4:
                self.bid += 2 if buys else 0
                self.ask -= 0 if buys else 2
                thin = max(1, self.depth >> 3)
                self.bid_size, self.ask_size = (
                    (thin, self.ask_size) if buys else (self.bid_size, thin)
                )
            self._quote(at_ns)
            at_ns += 1_700_000 + 911_000 * (level % 5)
        self._next_ns = at_ns

    def _fresh(self, draw: int) -> int:
        return max(1, self.depth * _SHOWN[draw & 31] >> 6)

    def _quote(self, at_ns: int) -> None:
        row = (self.seq, at_ns, self.bid, self.bid_size, self.ask, self.ask_size)
        self.quotes.extend(row)
        self.seq += 1

    def _print(self, at_ns: int, price: int, size: int) -> None:
        self.trades.extend((self.seq, at_ns, price, size, self._aggressor))
        self.seq += 1

    def _draw_more(self) -> None:
        self._draws, self._gaps = draws_and_waits(self._seed, self._stream, _CHUNK)
        self._stream += 1
        self._used = 0
