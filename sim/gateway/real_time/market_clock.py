"""Which moment of the market it is at a moment of the wall's clock, and back again.

The market goes at a speed, stands still while it is paused, and is stepped by hand. From these
pieces follows both: how far the market is now, and what the wall's clock showed when something
happened in it (`shown`), which is what clients of a replay are told (gateway-protocol 10.4).
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Piece:
    """From a moment on, the market moves `speed` ns in each ns of the wall."""

    wall_ns: int
    market_ns: int
    speed: int


class MarketClock:
    """Times are ns since the epoch, of the wall and of the market. `speed`: whole, 0 is a pause.

    Before the first piece both go alike: history is shown as if it had been lived through.
    """

    def __init__(self, wall_ns: int, market_ns: int, speed: int = 1) -> None:
        self._pieces = [_Piece(wall_ns, market_ns, speed)]
        self._walls = [wall_ns]
        self._markets = [market_ns]

    @property
    def speed(self) -> int:
        return self._pieces[-1].speed

    def turn(self, wall_ns: int, speed: int, ahead_ns: int = 0) -> None:
        """From now on at another speed, after a leap of `ahead_ns`. A wall's clock that was set
        back counts as standing still."""
        wall_ns = max(wall_ns, self._walls[-1])
        market_ns = self.market_ns(wall_ns) + ahead_ns
        self._pieces.append(_Piece(wall_ns, market_ns, speed))
        self._walls.append(wall_ns)
        self._markets.append(market_ns)

    def market_ns(self, wall_ns: int) -> int:
        """How far the market is, or was, at a moment of the wall's clock."""
        at = bisect_right(self._walls, wall_ns) - 1
        if at < 0:
            return self._markets[0] + wall_ns - self._walls[0]
        piece = self._pieces[at]
        return piece.market_ns + (wall_ns - piece.wall_ns) * piece.speed

    def shown_ns(self, market_ns: int) -> int:
        """What the wall's clock showed at a moment of the market: the first such, where it stood
        still there; when it leapt, where it was leapt over."""
        before = bisect_left(self._markets, market_ns) - 1
        if before < 0:
            return self._walls[0] + market_ns - self._markets[0]
        last = len(self._pieces) - 1
        for at in range(before, last + 1):
            piece = self._pieces[at]
            if piece.market_ns >= market_ns:
                return piece.wall_ns
            if piece.speed:
                shown_ns = piece.wall_ns + (market_ns - piece.market_ns) // piece.speed
                if at == last or shown_ns <= self._walls[at + 1]:
                    return shown_ns
        return self._walls[last]

    def due_wall_ns(self, market_ns: int) -> int | None:
        """When the market will be at a moment of its own; None while it stands still."""
        piece = self._pieces[-1]
        if not piece.speed:
            return None
        return piece.wall_ns - (piece.market_ns - market_ns) // piece.speed
