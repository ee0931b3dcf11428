"""Who acts on what happened, and in which order: owners first, then what stands alone, then whoever
looks after a position. Most of them have nothing to do: they are asked before they are called."""

from ..instrument import Instrument
from .attribution import Attribution
from .exits.flattens import Flattens
from .exits.leaving import Leaving
from .exits.orphans import Orphans
from .guards.position_orders import PositionOrders
from .handle import Order
from .other_hands import take_over
from .owners import Owners
from .recovery.watch import Watch
from .sending.outbox import Outbox
from .stops.traded_through import TradedThrough


class Settling:
    """Lets all that depends on an order, or on a position, act."""

    def join(
        self,
        owners: Owners,
        outbox: Outbox,
        watch: Watch,
        attribution: Attribution,
        stops: TradedThrough,
        orphans: Orphans,
        positions: PositionOrders,
        flattens: Flattens,
        leaving: Leaving,
    ) -> None:
        """Know them all, before the first of them has anything to do."""
        self._owners, self._outbox, self._watch = owners, outbox, watch
        self._ledger = outbox.ledger
        self._attribution, self._looked = attribution, attribution.changes
        self._stops, self._orphans, self._leaving = stops, orphans, leaving
        self._positions, self._flattens = positions, flattens

    def settle(self, order: Order) -> None:
        """Compare what should be with what is, for all that depends on an order, and send."""
        core = order.core
        if self._outbox.closed:
            return
        owner, instrument = self._owners.of(order), core.request.instrument
        looked = self._looked.get(instrument.symbol)
        if looked != self._ledger.changes and not self._watch.resuming:
            self._attribution.look(instrument, owner)
            if owner is not None:
                owner = self._owners.of(order)  # it may have failed meanwhile
        if core.agreement.strange is not None:
            take_over(order, owner, self._outbox)
        if owner is not None:
            self._owners.settle(owner)
        elif not core.is_entry:
            self._orphans.suspect(order)
        if self._stops.watched:
            self._stops.settle(order)
        if core.flight is None:
            self._outbox.advance(order)
        self.moved(instrument)

    def moved(self, instrument: Instrument) -> None:
        """Somebody else's fill moved a position, or what is ours is settled."""
        orphans = self._orphans
        known = not self._watch.resuming  # else owners of before are not known yet
        if known and self._looked.get(instrument.symbol) != self._ledger.changes:
            self._attribution.look(instrument)
        if self._positions.holdings:
            self._positions.settle(instrument)
        if self._flattens.running:
            self._flattens.settle(instrument)
        if known and (orphans.suspects or orphans.waits):
            orphans.settle(instrument)
        if self._leaving.killing is not None:
            self._leaving.keep_flat(instrument)
