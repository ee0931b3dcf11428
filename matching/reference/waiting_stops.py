"""Stops that have not been set off, in the order in which they would be."""

from collections.abc import Iterator

from sortedcontainers import SortedKeyList

from ...trading.words import OrdType, Side
from .working_order import WorkingOrder


class WaitingStops:
    """One side's stops: buy stops lowest first, sell stops highest first, then by time.

    That is the order in which one large move sets off several of them.
    """

    def __init__(self, side: Side) -> None:
        self._sign = side.sign
        self._orders: SortedKeyList = SortedKeyList(key=self._key)
        self._trailing: list[WorkingOrder] = []

    def add(self, order: WorkingOrder) -> None:
        self._orders.add(order)
        if order.ord_type is OrdType.TRAILING_STOP:
            self._trailing.append(order)

    def remove(self, order: WorkingOrder) -> None:
        """Take an order out, before its trigger is changed; ValueError if it is not here."""
        self._orders.remove(order)
        if order.ord_type is OrdType.TRAILING_STOP:
            self._trailing.remove(order)

    def __iter__(self) -> Iterator[WorkingOrder]:
        return iter(self._orders)

    def __len__(self) -> int:
        return len(self._orders)

    @property
    def trailing(self) -> list[WorkingOrder]:
        """The trailing stops among them, as they came; for reading."""
        return self._trailing

    def due(self, price: int) -> list[WorkingOrder]:
        """The stops that a market at `price` sets off, in order; a list of its own."""
        found = []
        for order in self._orders:
            if _trigger(order) * self._sign > price * self._sign:
                break
            found.append(order)
        return found

    def follow(self, price: int) -> bool:
        """Let the trailing stops follow a market at `price`, never back; whether one has moved."""
        moving = [order for order in self._trailing if self._followed(order, price)]
        for order in moving:
            self._orders.remove(order)
            order.stop_px = self._trailed(order, price)
            self._orders.add(order)
        return bool(moving)

    def first_trigger(self) -> int | None:
        """The trigger that the market would meet first."""
        return _trigger(self._orders[0]) if self._orders else None

    def _followed(self, order: WorkingOrder, price: int) -> bool:
        return (self._trailed(order, price) - _trigger(order)) * self._sign < 0

    def _trailed(self, order: WorkingOrder, price: int) -> int:
        return price + self._sign * (order.trail or 0)

    def _key(self, order: WorkingOrder) -> tuple[int, int]:
        return (_trigger(order) * self._sign, order.arrival)


def _trigger(order: WorkingOrder) -> int:
    assert order.stop_px is not None
    return order.stop_px
