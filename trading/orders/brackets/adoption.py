"""Whose order is it: children that the broker made for the entry of a bracket."""

from ...order import OrderState
from ..handle import Order
from ..owners import Owners
from .bracket import Bracket


class Adoption:
    """Offers an order of the broker's to the brackets, oldest first, those that are finished last;
    the one whose entry is its parent takes it in."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def __call__(self, state: OrderState) -> Order | None:
        # One by one: of those that are finished there are many, and they are hardly ever asked.
        for owners in (self._owners.trading, self._owners.late):
            for owner in owners(state.instrument):
                order = owner.adopt(state) if isinstance(owner, Bracket) else None
                if order is not None:
                    return order
        return None
