"""Our resting orders on one side, by price and then time."""

from collections.abc import Iterator

from sortedcontainers import SortedDict

from ...trading.words import Side
from .working_order import WorkingOrder

_WITHOUT_LIMIT = -(2**62)


class Ladder:
    """Price levels, the best first; an order without a limit stands before them all."""

    def __init__(self, side: Side) -> None:
        self._sign = side.sign
        self._levels: SortedDict = SortedDict()

    def add(self, order: WorkingOrder) -> None:
        """Put an order behind those at its price."""
        self._levels.setdefault(self._key(order.price), []).append(order)

    def remove(self, order: WorkingOrder) -> None:
        """Take an order out; ValueError or KeyError if it is not here (a bug of ours)."""
        key = self._key(order.price)
        level = self._levels[key]
        level.remove(order)
        if not level:
            del self._levels[key]

    def clear(self) -> None:
        self._levels.clear()

    def __iter__(self) -> Iterator[WorkingOrder]:
        """All orders, best price first, then in time order. Not while the ladder changes."""
        for level in self._levels.values():
            yield from level

    def __len__(self) -> int:
        return sum(len(level) for level in self._levels.values())

    def best(self) -> WorkingOrder | None:
        """The order first in line."""
        return self._levels.peekitem(0)[1][0] if self._levels else None

    def reached(self, price: int) -> list[WorkingOrder]:
        """The orders that may be filled at `price`, first in line first; a list of its own."""
        bound = -self._sign * price
        found: list[WorkingOrder] = []
        for key, level in self._levels.items():
            if key > bound:
                break
            found += level
        return found

    def _key(self, price: int | None) -> int:
        return _WITHOUT_LIMIT if price is None else -self._sign * price
