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
        owners, instrument = self._owners, state.instrument
        for owner in (*owners.trading(instrument), *owners.late(instrument)):
            order = owner.adopt(state) if isinstance(owner, Bracket) else None
            if order is not None:
                return order
        return None
