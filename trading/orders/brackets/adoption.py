"""Whose order is it: children that the broker made for the entry of a bracket."""

from collections.abc import Iterator

from ...instrument import Instrument
from ...order import Execution, OrderState
from ..handle import Order
from ..owners import Owners
from .bracket import Bracket
from .native import Native


class Adoption:
    """Offers an order of the broker's to the brackets, oldest first, those that are finished last;
    the one whose entry is its parent takes it in."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def __call__(self, state: OrderState) -> Order | None:
        for native in self._kept_by_broker(state.instrument):
            order = native.adopt(state)
            if order is not None:
                return order
        return None

    def lacks(self, fill: Execution) -> bool:
        """Whether an order that nobody knows, and that was filled, may be a child of which nobody
        told."""
        return any(native.lacks(fill.side) for native in self._kept_by_broker(fill.instrument))

    def _kept_by_broker(self, instrument: Instrument) -> Iterator[Native]:
        # One by one: of those that are finished there are many, and they are hardly ever asked.
        for owners in (self._owners.trading, self._owners.late):
            for owner in owners(instrument):
                if isinstance(owner, Bracket) and owner.native is not None:
                    yield owner.native
