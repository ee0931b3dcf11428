"""The stops of one instrument that wait at the broker, so ordered that a price is compared twice.

A price below the highest sell stop, or above the lowest buy stop, has traded through one of ours;
every other price is none of our business, however many stops there are.
"""

from collections.abc import Iterator

from sortedcontainers import SortedList

from ...words import Side
from ..handle import Order

_FAR = 2**62


class Bounds:
    """Stops by tag, each at its trigger in units. A price in units touches one where it is below
    `low` or above `high`; a trade at the trigger itself may be the one that sets it off."""

    def __init__(self) -> None:
        self.low, self.high = -_FAR, _FAR
        self._at: dict[str, tuple[Side, int, Order]] = {}
        self._sells: SortedList = SortedList()  # (less the trigger, tag): the highest comes first
        self._buys: SortedList = SortedList()  # (the trigger, tag): the lowest comes first

    def __len__(self) -> int:
        return len(self._at)

    def at(self, tag: str) -> int | None:
        """Where a stop waits; None for one that is not here."""
        known = self._at.get(tag)
        return None if known is None else known[1]

    def put(self, order: Order, units: int) -> None:
        """A stop waits here from now on."""
        tag, side = order.cl_ord_id, order.side
        self.drop(tag)
        self._at[tag] = (side, units, order)
        self._line(side).add((units * side.sign, tag))
        self._measure()

    def drop(self, tag: str) -> None:
        """A stop waits no more; one that is not here is no error."""
        known = self._at.pop(tag, None)
        if known is not None:
            side, units, _ = known
            self._line(side).remove((units * side.sign, tag))
            self._measure()

    def beyond(self, tag: str, bid: int | None, ask: int | None) -> bool:
        """Whether the market is beyond a stop: a sell stop looks at the bid, a buy stop at the ask;
        a trade is both."""
        side, units, _ = self._at[tag]
        if side is Side.SELL:
            return bid is not None and bid < units
        return ask is not None and ask > units

    def reached(self, bid: int | None, ask: int | None) -> Iterator[Order]:
        """The stops that the market is beyond."""
        for line, price, sign in ((self._sells, bid, -1), (self._buys, ask, 1)):
            for where, tag in line:
                if price is None or where >= price * sign:
                    break
                yield self._at[tag][2]

    def _line(self, side: Side) -> SortedList:
        return self._sells if side is Side.SELL else self._buys

    def _measure(self) -> None:
        self.low = -self._sells[0][0] if self._sells else -_FAR
        self.high = self._buys[0][0] if self._buys else _FAR
