"""Who answers for orders that belong together: a bracket, a group, the guard of a position.

An owner sends orders under tags of its own intent. The manager knows no more of it than this: it is
settled whenever one of its orders changed, and leaves when it is finished.

**Over a restart.** The journal keeps of an owner what its orders cannot tell: the plan, the mode,
what the trader took away; in a small frozen msgspec Struct of plain values (text, numbers, Decimal,
enumerations, tuples; an instrument by its symbol). It never holds what an order knows, filled
quantities or states: the orders come back by themselves and are looked up.

- `kind` names the class in the journal, `kept()` gives the Struct as it is now. Who begins an owner
  keeps it before its first order goes. `sender.keep(self)` is called whenever `kept()` gives
  something else from now on: a level moved, another mode, a leg dropped.
- `rebuild(kept, past)` makes the owner again, its orders given, and sends nothing. It is settled
  afterwards, once the broker was asked for orders, fills and positions.
- A row in `journal/kinds.py` joins kind, Struct and rebuild.

A field that is added to the Struct later needs a default: journals written before do not have it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from ..instrument import Instrument
from . import tags
from .agreement import Wish
from .exits.closing import Sender
from .handle import Changed, Order
from .observing import Failed
from .settings import OrderSettings


class Owner(Protocol):
    """Compares what should be working with what is, and sends the difference.

    `position`: contracts held through it, signed. `finished`: nothing of it works and nothing is
    held. `bare`: something is held that it should protect, and no confirmed stop covers it. `kind`:
    what a journal calls such an owner.
    """

    kind: str
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

    def kept(self) -> Struct:
        """What it is for, as a journal keeps it."""


class Past(Struct, frozen=True):
    """What an owner finds when it is made again after a restart.

    `orders`: all that is known of its intent, by role, attempts in order. `alone(intent)`: the
    newest attempt of an order that was sent alone and linked to it, None where nothing is known of
    it. `find`: the instrument of a symbol. `again` lets the owner act from a timer, `ask` has the
    broker asked what is true. `last_ns`: the newest that is known of the broker's clock.
    """

    intent: str
    orders: dict[str, list[Order]]
    alone: Callable[[str], Order | None]
    find: Callable[[str], Instrument]
    sender: Sender
    settings: OrderSettings
    again: Callable[["Owner"], None]
    ask: Callable[[], None]
    last_ns: int

    def of(self, role: str) -> list[Order]:
        """The orders of a role, oldest attempt first."""
        return self.orders.get(role, [])

    def gone_s(self, order: Order) -> float:
        """How long an order works at least, by the broker's clock; 0 where that is not known."""
        entered_ns = order.core.entered_ns
        return max(self.last_ns - entered_ns, 0) / 1e9 if entered_ns else 0.0


class Owners:
    """All owners of one manager that are not finished, by intent, oldest first.

    A fill may be told after the cancel that it crossed was confirmed (race-scenarios RS-18). So a
    finished owner is kept for a while, and acts again where one of its orders was filled after all.
    An owner that raises is no other owner's business: `failed` hears of it, and puts a fallback in
    its place. `left` is told of each that leaves for good.
    """

    def __init__(self, settings: OrderSettings, failed: Failed) -> None:
        self.left: Callable[[Owner], None] = lambda owner: None
        self._owners: dict[str, Owner] = {}
        self._late: OrderedDict[str, tuple[float, Owner]] = OrderedDict()
        self._stirring: dict[str, Owner] = {}  # those of them that were not put to rest
        self._linked: dict[str, Owner] = {}  # by intents of orders that were sent alone
        self._moved: dict[str, dict[str, None] | None] = {}  # by symbol; None: too many to name
        self._settings = settings
        self._failed = failed

    def add(self, owner: Owner) -> None:
        self._owners[owner.intent] = owner
        self.touch(owner)

    def touch(self, owner: Owner) -> None:
        """What is held through an owner, or who it is, may be otherwise than it was."""
        symbol = owner.instrument.symbol
        moved = self._moved.setdefault(symbol, {})
        if moved is not None:
            moved[owner.intent] = None
            if len(moved) > self._settings.late_most:
                self._moved[symbol] = None

    def take_moved(self, symbol: str) -> dict[str, None] | None:
        """The intents of those in an instrument that were touched since this was asked last; None
        where they are too many to name."""
        return self._moved.pop(symbol, {})

    def link(self, order: Order, owner: Owner) -> None:
        """An order that was sent alone is an owner's from now on."""
        tag = tags.parse(order.cl_ord_id)
        assert tag is not None, f"{order!r} is not ours"
        assert not tag.role, f"{order!r} belongs to somebody already"
        self._linked[tag.intent] = owner

    def get(self, intent: str) -> Owner | None:
        """The owner of an intent, finished ones included."""
        owner = self._owners.get(intent)
        if owner is None and (late := self._late.get(intent)) is not None:
            return late[1]
        return owner

    def replace(self, old: Owner, new: Owner | None) -> None:
        """Put another in an owner's place, or nobody: its orders are the other's from now on."""
        self._owners.pop(old.intent, None)
        self._late.pop(old.intent, None)
        self._stirring.pop(old.intent, None)
        self.touch(old)
        if new is not None:
            self._owners[old.intent] = new
        else:
            self.left(old)
        for intent in [intent for intent, owner in self._linked.items() if owner is old]:
            if new is None:
                del self._linked[intent]
            else:
                self._linked[intent] = new

    @property
    def any(self) -> bool:
        """Whether there are any, those included that are finished and kept."""
        return bool(self._owners or self._late)

    def all(self) -> list[Owner]:
        return list(self._owners.values())

    def of(self, order: Order) -> Owner | None:
        """The owner of an order, finished ones included; None for an order that stands alone."""
        tag = order.core.request.cl_ord_id
        if "." not in tag and not self._linked:  # it has no role, as most that stand alone
            return None
        return self.answering(tag)

    def answering(self, text: str) -> Owner | None:
        """As `of`, by the order's tag."""
        tag = tags.parse(text)
        if tag is None:
            return None
        if not tag.role:
            return self._linked.get(tag.intent)
        return self.get(tag.intent)

    def trading(self, instrument: Instrument) -> list[Owner]:
        """Owners of orders in an instrument."""
        symbol = instrument.symbol
        return [each for each in self._owners.values() if each.instrument.symbol == symbol]

    def late(self, instrument: Instrument) -> list[Owner]:
        """Finished owners in an instrument that are kept for what is told late."""
        symbol = instrument.symbol
        return [each for _, each in self._late.values() if each.instrument.symbol == symbol]

    def stirring(self, instrument: Instrument) -> list[Owner]:
        """As `late`, but without those that were put to rest."""
        symbol = instrument.symbol
        return [each for each in self._stirring.values() if each.instrument.symbol == symbol]

    def awake(self, intent: str) -> Owner | None:
        """The owner of an intent, but none that was put to rest."""
        owner = self._owners.get(intent)
        return self._stirring.get(intent) if owner is None else owner

    def is_late(self, owner: Owner) -> bool:
        """Whether an owner is finished, and kept for what is told late."""
        return owner.intent in self._late

    def rest(self, owner: Owner) -> bool:
        """Nobody needs to look at a finished owner before one of its orders is filled again. False
        for one that is not finished."""
        return self._stirring.pop(owner.intent, None) is not None

    def stir(self, owner: Owner) -> bool:
        """One of an owner's orders was filled: it rests no more. False where it did not."""
        intent = owner.intent
        if intent not in self._late or intent in self._stirring:
            return False
        awake = {*self._stirring, intent}
        self._stirring = {name: late for name, (_, late) in self._late.items() if name in awake}
        return True

    def settle(self, owner: Owner) -> None:
        """Let an owner act, and take it off the list when it is finished."""
        try:
            owner.settle()
            self._sort(owner)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self._failed(error, f"{type(owner).__name__} of {owner.intent}", owner.intent)

    def wake(self, owner: Owner) -> None:
        """The market's state changed."""
        try:
            owner.wake()
        except Exception as error:  # noqa: BLE001  as above
            self._failed(error, f"{type(owner).__name__} of {owner.intent}", owner.intent)

    def release(self, owner: Owner) -> None:
        """Let an owner go; where it fails, its fallback goes."""
        self.touch(owner)
        try:
            owner.release()
        except Exception as error:  # noqa: BLE001  as above
            self._failed(error, f"{type(owner).__name__} of {owner.intent}", owner.intent)
            fallback = self._owners.get(owner.intent)
            if fallback is not None:
                fallback.release()
                owner = fallback
        self.settle(owner)

    def bare(self) -> list[Owner]:
        """Those who hold something that no confirmed stop covers, as far as they can say."""
        found = []
        for owner in self.all():
            try:
                if owner.bare:
                    found.append(owner)
            except Exception as error:  # noqa: BLE001  as above; who cannot say is taken for bare
                self._failed(error, f"{type(owner).__name__} of {owner.intent}", owner.intent)
                found.append(owner)
        return found

    def _sort(self, owner: Owner) -> None:
        # One of whose orders was taken for lost stays: should the order arrive after all, and be
        # filled, somebody has to protect or undo that.
        if owner.finished and not any(order.core.lost for order in owner.orders()):
            owner.stop_timers()
            if self._owners.pop(owner.intent, None) is not None:
                self.touch(owner)
                self._keep(owner)
        elif self._late.pop(owner.intent, None) is not None:
            self.touch(owner)
            self._stirring.pop(owner.intent, None)
            self._owners[owner.intent] = owner

    def _keep(self, owner: Owner) -> None:
        """Keep a finished owner for fills that are told late; the oldest go by age and by count."""
        now_s = asyncio.get_running_loop().time()
        self._late[owner.intent] = (now_s, owner)
        self._stirring[owner.intent] = owner
        settings = self._settings
        while self._late:
            intent, (since_s, oldest) = next(iter(self._late.items()))
            if len(self._late) <= settings.late_most and now_s - since_s <= settings.late_s:
                break
            del self._late[intent]
            if self._stirring.pop(intent, None) is not None:
                self.touch(oldest)
            self.left(oldest)
            for order in oldest.orders() if self._linked else ():
                tag = tags.parse(order.cl_ord_id)
                if tag is not None and self._linked.get(tag.intent) is oldest:
                    del self._linked[tag.intent]
