"""Orders that a client has linked: one cancels the other (gateway-protocol 7.4).

A part filled on one side makes the other as much smaller; what is filled completely takes the other
away. What is to be done goes to the exchange after all that it reported at that moment was told, as
with the children of an entry.
"""

from functools import partial
from typing import Protocol

from ...matching.commands import CancelOrder, ReplaceOrder
from ...matching.reports import Report
from ...trading.words import ExecType, OrdStatus
from ..exchange import Exchange
from .orders import OrderRecord


class LinkedBooks(Protocol):
    """What the links need of the desk."""

    @property
    def exchange(self) -> Exchange: ...


class Links:
    """All linked pairs of one account. An order is linked with those that named it and with the one
    that it names."""

    def __init__(self, books: LinkedBooks) -> None:
        self._books = books
        self._others: dict[int, list[OrderRecord]] = {}

    def tie(self, record: OrderRecord, other: OrderRecord) -> None:
        """Link two orders; before the later one is at the exchange."""
        record.linked = other
        self._others.setdefault(record.number, []).append(other)
        self._others.setdefault(other.number, []).append(record)

    def heard(self, record: OrderRecord, report: Report) -> None:
        """An order changed; told already."""
        if report.exec_type is not ExecType.TRADE:
            return
        for other in self._others.get(record.number, ()):
            self._books.exchange.afterwards(partial(self._less, other, record, report))

    def _less(self, other: OrderRecord, filled: OrderRecord, report: Report) -> None:
        if other.status.terminal:
            return
        left = other.leaves_qty - report.last_qty
        command: CancelOrder | ReplaceOrder = CancelOrder(other.number)
        if filled.status is not OrdStatus.FILLED and left > 0:
            command = other.change(other.cum_qty + left, None, None)
        self._books.exchange.enter(other.request.instrument.symbol, command)
