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
    """Sweeps orphans once they have been such for `orphan_s`: a fill that makes an owner of
    somebody may still be on its way."""

    def __init__(self, view: View, owners: Owners, outbox: Outbox, settings: OrderSettings) -> None:
        self._view = view
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self._waits: dict[str, int] = {}  # timers by symbol

    def settle(self, instrument: Instrument) -> None:
        """Something changed in an instrument: see whether orphans are there, or are no more."""
        symbol = instrument.symbol
        if not self._orphans(instrument):
            self._outbox.never(self._waits.pop(symbol, None))
        elif symbol not in self._waits:
            pause_s = self._settings.orphan_s
            self._waits[symbol] = self._outbox.later(pause_s, lambda: self._sweep(instrument))

    def _sweep(self, instrument: Instrument) -> None:
        self._waits.pop(instrument.symbol, None)
        for order in self._orphans(instrument):
            self._outbox.incident("orphan", f"{order!r} protects nothing any more; it is cancelled")
            self._outbox.cancel(order)

    def _orphans(self, instrument: Instrument) -> list[Order]:
        """Orders that should not work; none while something is held or may yet be opened."""
        found, orders = [], self._view.orders_of(instrument)
        for order in orders:
            if order.core.is_entry:
                return []
            if order.core.wish.working and self._is_orphan(order):
                found.append(order)
        return [] if found and self._view.held(instrument) else found

    def _is_orphan(self, order: Order) -> bool:
        tag = tags.parse(order.cl_ord_id)
        protects = tag is not None and tag.duty in _PROTECTS
        return protects and self._owners.of(order) is None
