"""Orphans: protective orders of ours that nobody answers for, while nothing is held to protect.

A bracket, a group and a guard take their own orders away. What is left is an order under one of our
tags whose owner is gone: found at start, or of an owner that was forgotten. It could open a
position, so it goes (fault-model, INV-03). Orders that are not ours are not touched (INV-21).
"""

from ...instrument import Instrument
from .. import tags
from ..handle import Order
from ..owners import Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from ..view import View

_PROTECTS = ("stop", "target", "leg", "close", "exit")


class Orphans:
    """Sweeps orphans once they have been such for `orphan_s`: a fill that makes somebody answer for
    them may still be on its way."""

    def __init__(self, view: View, owners: Owners, outbox: Outbox, settings: OrderSettings) -> None:
        self._view = view
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self.suspects: dict[str, Order] = {}  # by tag: nobody answered for them when they changed
        self.waits: dict[str, int] = {}  # timers by symbol

    def suspect(self, order: Order) -> None:
        """An order changed that nobody answers for."""
        tag = tags.parse(order.cl_ord_id)
        if tag is not None and tag.duty in _PROTECTS:
            self.suspects[order.cl_ord_id] = order

    def settle(self, instrument: Instrument) -> None:
        """Something changed in an instrument: see whether orphans are there, or are no more."""
        if not (self.suspects or self.waits):
            return
        symbol = instrument.symbol
        if not self._orphans(instrument):
            self._outbox.never(self.waits.pop(symbol, None))
        elif symbol not in self.waits:
            pause_s = self._settings.orphan_s
            self.waits[symbol] = self._outbox.later(pause_s, lambda: self._sweep(instrument))

    def _sweep(self, instrument: Instrument) -> None:
        self.waits.pop(instrument.symbol, None)
        for order in self._orphans(instrument):
            text = f"{order!r} protects nothing any more; it is cancelled"
            self._outbox.incident("orphan", text, order.cl_ord_id)
            self._outbox.cancel(order)

    def _orphans(self, instrument: Instrument) -> list[Order]:
        """Orders that should not work; none while something is held or may yet be opened."""
        for tag, order in list(self.suspects.items()):
            if not order.working or self._owners.of(order) is not None:
                del self.suspects[tag]
        symbol = instrument.symbol
        found = [
            order
            for order in self.suspects.values()
            if order.instrument.symbol == symbol and order.core.wish.working
        ]
        if not found or any(order.core.is_entry for order in self._view.orders_of(instrument)):
            return []
        return [] if self._view.held(instrument) else found
