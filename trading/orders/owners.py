"""Who answers for orders that belong together: a bracket, a group, the guard of a position.

An owner sends orders under tags of its own intent. The manager knows no more of it than this: it is
settled whenever one of its orders changed, and leaves when it is finished.
"""

import asyncio
from collections import OrderedDict
from typing import Protocol

from ..instrument import Instrument
from . import tags
from .agreement import Wish
from .handle import Changed, Order
from .settings import OrderSettings


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
    """All owners of one manager that are not finished, by intent, oldest first.

    A fill may be told after the cancel that it crossed was confirmed (race-scenarios RS-18). So a
    finished owner is kept for a while, and acts again where one of its orders was filled after all.
    """

    def __init__(self, settings: OrderSettings) -> None:
        self._owners: dict[str, Owner] = {}
        self._late: OrderedDict[str, tuple[float, Owner]] = OrderedDict()
        self._linked: dict[str, Owner] = {}  # by intents of orders that were sent alone
        self._settings = settings

    def add(self, owner: Owner) -> None:
        self._owners[owner.intent] = owner

    def link(self, order: Order, owner: Owner) -> None:
        """An order that was sent alone is an owner's from now on."""
        tag = tags.parse(order.cl_ord_id)
        assert tag is not None, f"{order!r} is not ours"
        assert not tag.role, f"{order!r} belongs to somebody already"
        self._linked[tag.intent] = owner

    def all(self) -> list[Owner]:
        return list(self._owners.values())

    def of(self, order: Order) -> Owner | None:
        """The owner of an order, finished ones included; None for an order that stands alone."""
        tag = tags.parse(order.cl_ord_id)
        if tag is None:
            return None
        if not tag.role:
            return self._linked.get(tag.intent)
        owner = self._owners.get(tag.intent)
        if owner is None and tag.intent in self._late:
            owner = self._late[tag.intent][1]
        return owner

    def trading(self, instrument: Instrument) -> list[Owner]:
        """Owners of orders in an instrument."""
        symbol = instrument.symbol
        return [owner for owner in self.all() if owner.instrument.symbol == symbol]

    def settle(self, owner: Owner) -> None:
        """Let an owner act, and take it off the list when it is finished."""
        owner.settle()
        # One of whose orders was taken for lost stays: should the order arrive after all, and be
        # filled, somebody has to protect or undo that.
        if owner.finished and not any(order.core.doubt.lost for order in owner.orders()):
            owner.stop_timers()
            if self._owners.pop(owner.intent, None) is not None:
                self._keep(owner)
        elif self._late.pop(owner.intent, None) is not None:
            self._owners[owner.intent] = owner

    def _keep(self, owner: Owner) -> None:
        """Keep a finished owner for fills that are told late; the oldest go by age and by count."""
        now_s = asyncio.get_running_loop().time()
        self._late[owner.intent] = (now_s, owner)
        settings = self._settings
        while self._late:
            intent, (since_s, oldest) = next(iter(self._late.items()))
            if len(self._late) <= settings.late_most and now_s - since_s <= settings.late_s:
                break
            del self._late[intent]
            for order in oldest.orders():
                tag = tags.parse(order.cl_ord_id)
                if tag is not None and self._linked.get(tag.intent) is oldest:
                    del self._linked[tag.intent]
