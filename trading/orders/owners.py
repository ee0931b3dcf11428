"""Who answers for orders that belong together: a bracket, a group, the guard of a position.

An owner sends orders under tags of its own intent. The manager knows no more of it than this: it is
settled whenever one of its orders changed, and leaves when it is finished.
"""

from typing import Protocol

from ..instrument import Instrument
from . import tags
from .agreement import Wish
from .handle import Changed, Order


class Owner(Protocol):
    """Compares what should be working with what is, and sends the difference.

    `position`: contracts held through it, signed. `finished`: nothing of it works and nothing is
    held. `bare`: something is held that it should protect, and no confirmed stop covers it.
    """

    intent: str
    changed: Changed

    @property
    def instrument(self) -> Instrument: ...
    @property
    def position(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    @property
    def bare(self) -> bool: ...

    def orders(self) -> list[Order]:
        """Every order of it so far."""

    def settle(self) -> None:
        """Facts changed: do what follows."""

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""

    def release(self) -> None:
        """Take every order away and guard no more; somebody else closes what is held."""

    def sizes(self, order: Order) -> bool:
        """Whether the owner alone decides how large one of its orders is."""

    def move(self, order: Order, wish: Wish) -> bool:
        """The trader changes one of its orders: take it over. False where it is not the owner's
        business; the order itself is changed then."""

    def drop(self, order: Order) -> None:
        """The trader takes one of its orders away: nothing is sent in its place."""

    def stop_timers(self) -> None:
        """Nothing more is to be done."""


class Owners:
    """All owners of one manager that are not finished, by intent, oldest first."""

    def __init__(self) -> None:
        self._owners: dict[str, Owner] = {}

    def add(self, owner: Owner) -> None:
        self._owners[owner.intent] = owner

    def all(self) -> list[Owner]:
        return list(self._owners.values())

    def of(self, order: Order) -> Owner | None:
        """The owner of an order; None for an order that stands alone."""
        tag = tags.parse(order.cl_ord_id)
        return self._owners.get(tag.intent) if tag is not None and tag.role else None

    def trading(self, instrument: Instrument) -> list[Owner]:
        """Owners of orders in an instrument."""
        symbol = instrument.symbol
        return [owner for owner in self.all() if owner.instrument.symbol == symbol]

    def settle(self, owner: Owner) -> None:
        """Let an owner act, and forget it when it is finished."""
        owner.settle()
        # One of whose orders was taken for lost is kept: should the order arrive after all, and be
        # filled, somebody has to protect or undo that.
        if owner.finished and not any(order.core.doubt.lost for order in owner.orders()):
            owner.stop_timers()
            self._owners.pop(owner.intent, None)
