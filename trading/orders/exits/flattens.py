"""The flattens under way, one for each instrument, and what they need of the manager."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from ...broker import Broker
from ...instrument import Instrument
from ...words import TradingStatus
from ..brackets.bracket import Bracket
from ..brackets.core import Mode
from ..groups.core import squared
from ..groups.group import Group
from ..handle import Order
from ..journal.records import OwnerKept
from ..owners import Owners, Past
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .closing import Kept
from .flatten import Book, Flatten, FlattenKept
from .foreign import ForeignOrders
from .held_up import guard_again, is_held_up


class Intents(Protocol):
    """Names what is begun, and hears when it is through."""

    def next_intent(self) -> str: ...
    def left(self, owner: Kept) -> None: ...


class Flattens:
    """Begins flattens, keeps them going, forgets those that are through."""

    def __init__(
        self,
        book: Book,
        owners: Owners,
        outbox: Outbox,
        settings: OrderSettings,
        life: Intents,
        let_go: Callable[[Instrument], None],
    ) -> None:
        self.running: dict[str, Flatten] = {}  # by symbol
        self._foreign: list[ForeignOrders] = []
        self._status: dict[str, TradingStatus] = {}  # by symbol, as far as the market told it
        self._book = book
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self._life = life
        self._let_go = let_go  # called when an instrument's owners were
        outbox.flattening = lambda instrument: instrument.symbol in self.running
        outbox.asking = self._asks
        outbox.let_go = self._closes

    def _asks(self, instrument: Instrument) -> bool:
        flatten = self.running.get(instrument.symbol)
        return flatten is not None and flatten.asked

    def _closes(self, instrument: Instrument) -> bool:
        flatten = self.running.get(instrument.symbol)
        return flatten is not None and not flatten.waiting

    def under_way(self, instrument: Instrument) -> Flatten | None:
        return self.running.get(instrument.symbol)

    def all(self) -> list[Flatten]:
        """Those under way, oldest first."""
        return list(self.running.values())

    def begin(self, instrument: Instrument, reason: str) -> Flatten:
        """Start one; there is none yet."""
        flatten = self._made(self._life.next_intent(), instrument, reason)
        self._outbox.keep(flatten)
        self._ask(flatten)
        self._start(flatten, instrument)
        return flatten

    def _ask(self, flatten: Flatten) -> None:
        """Ask the broker what is held, where something may not have been told."""
        flatten.asked = self._outbox.ask_first(lambda: self._answered(flatten))

    def _answered(self, flatten: Flatten) -> None:
        flatten.asked = False
        self.settle(flatten.instrument)
        if flatten.waiting and flatten.result is None:
            for owner in self._owners.trading(flatten.instrument):
                self._owners.settle(owner)  # a stop's substitute may have waited for the answer

    def resume(self, kept: OwnerKept, past: Past) -> None:
        """Go on with one of another life; one that began in this life goes on in its place."""
        found = msgspec.msgpack.decode(kept.body, type=FlattenKept)
        instrument = past.find(found.symbol)
        if instrument.symbol in self.running:
            return
        flatten = self._made(past.intent, instrument, found.reason)
        flatten.resume(past.of("exit"))
        self._start(flatten, instrument)

    def settle(self, instrument: Instrument) -> None:
        """Let the flatten of an instrument, if there is one, do its next step."""
        flatten = self.running.get(instrument.symbol)
        if flatten is None or self._outbox.closed:
            return
        held_up = is_held_up(flatten, self._book) and not self._outbox.last_call
        if held_up and not flatten.waiting:
            self._start(flatten, instrument)
            return
        if not flatten.waiting:
            self._step(flatten)
        elif self._outbox.last_call and self._is_shut(instrument):
            flatten.give_up()
        elif not self._must_wait(flatten, instrument):
            self._start(flatten, instrument)
            return
        elif flatten.stuck:
            flatten.give_up()
        else:  # what came to light meanwhile
            kept = self._kept(flatten, instrument)
            for order in self._book.orders_of(instrument):
                if order.core.wish.working and not kept(order):
                    self._outbox.cancel(order)
            if held_up:
                guard_again(self._owners, instrument)
        if flatten.result is not None:
            self._forget(flatten, instrument)

    def _step(self, flatten: Flatten) -> None:
        try:
            flatten.settle()
        except Exception as error:  # noqa: BLE001  it ends, says what is left, and nothing else stops
            self._outbox.supervision.told(error, "a flatten", "")
            flatten.give_up()

    def foreign(self, broker: Broker, through: Callable[[], None]) -> ForeignOrders:
        """Take foreign orders away; `through` is called when that is done, or given up."""
        self._foreign = [each for each in self._foreign if not each.done]
        self._foreign.append(ForeignOrders(broker, self._outbox, self._settings, through))
        return self._foreign[-1]

    def held_again(self, instrument: Instrument) -> None:
        """A fill was taken back: what is held again, and cannot be closed yet, waits under its
        brackets' stops, though they were let go; what can is closed, though its bracket was over.
        What one closed too much is the flatten's to give back, be it over or not: an order in doubt
        may have done that already.
        """
        flatten = self.running.get(instrument.symbol)
        if flatten is None:
            return
        flatten.reopened = True
        if flatten.waiting or self._must_wait(flatten, instrument):
            flatten.waiting = True
            self._share(instrument)
        else:
            self._let_late_go(instrument)

    def _share(self, instrument: Instrument) -> None:
        """Brackets guard again what they hold, and leave what they closed too much."""
        owners = self._owners
        for owner in (*owners.late(instrument), *owners.trading(instrument)):
            if isinstance(owner, Bracket):
                held = owner.position * owner.plan.side.sign
                if owner.mode is Mode.RELEASED and held > 0:
                    owner.guard()
                elif owner.mode is not Mode.RELEASED and held < 0:
                    owners.release(owner)

    def _let_late_go(self, instrument: Instrument) -> None:
        """What was over before the flatten leaves it to that, too (explored, all, swarm 42)."""
        for owner in self._owners.late(instrument):
            if isinstance(owner, Bracket) and owner.mode is Mode.GUARDING:
                self._owners.release(owner)

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state."""
        self._status[instrument.symbol] = status

    def wake(self, instrument: Instrument) -> None:
        """Orders are taken again: what waited for that goes on."""
        flatten = self.running.get(instrument.symbol)
        if flatten is not None and flatten.waiting:
            self._start(flatten, instrument)
        elif flatten is not None:
            flatten.wake()
            self.settle(instrument)

    def give_up(self) -> None:
        """End all now, and say what is left."""
        for flatten in list(self.running.values()):
            flatten.give_up()
            self._forget(flatten, flatten.instrument)
        for foreign in self._foreign:
            foreign.give_up()

    def _made(self, intent: str, instrument: Instrument, reason: str) -> Flatten:
        flatten = self.running[instrument.symbol] = Flatten(
            intent,
            instrument,
            reason,
            self._book,
            self._outbox.on_behalf(intent),
            self._settings,
            lambda: self.settle(instrument),
            self._ask,
        )
        return flatten

    def _forget(self, flatten: Flatten, instrument: Instrument) -> None:
        del self.running[instrument.symbol]
        if flatten.result is not None and flatten.result.ok:
            self._square(instrument)
        elif not (flatten.stuck or self._outbox.last_call):
            guard_again(self._owners, instrument)  # it gives up, and nobody closes what is held
        self._life.left(flatten)

    def _square(self, instrument: Instrument) -> None:
        """Nothing is held: what comes to light of a group after this it gives back itself."""
        for owner in (*self._owners.late(instrument), *self._owners.trading(instrument)):
            if isinstance(owner, Group):
                before, owner.state = owner.state, squared(owner.state, owner.position)
                if owner.state != before:
                    self._outbox.keep(owner)

    def _start(self, flatten: Flatten, instrument: Instrument) -> None:
        """Take all orders out, so that the position can be closed. Where it cannot be yet, what
        protects it stays until then."""
        flatten.waiting = self._must_wait(flatten, instrument)
        if not flatten.waiting:
            for owner in self._owners.trading(instrument):
                self._owners.release(owner)
            if flatten.reopened:
                self._let_late_go(instrument)
            self._let_go(instrument)
        elif self._status.get(instrument.symbol) is TradingStatus.NO_CANCEL:
            held = self._book.held(instrument)
            what = f"{instrument.symbol}, of which {held} are held"
            flatten.say_waits(f"{what}: no order can be cancelled before the market is open")
        kept = self._kept(flatten, instrument)
        for order in self._book.orders_of(instrument):
            if not kept(order):
                self._outbox.cancel(order)
        self.settle(instrument)

    def _kept(self, flatten: Flatten, instrument: Instrument) -> Callable[[Order], bool]:
        """Which orders stay for now: in a shut market all that would close what is held, and what
        `stays` for as long as it cannot be closed."""
        if not flatten.waiting:
            return flatten.closes_with
        guards = flatten.guards if self._is_shut(instrument) else flatten.stays
        return lambda order: flatten.closes_with(order) or guards(order)

    def _must_wait(self, flatten: Flatten, instrument: Instrument) -> bool:
        """Whether what is held cannot be closed now: the market is shut, the broker is being asked
        what is held, nobody knows yet what became of an order, which may close it, too, or there
        are stops, which go last of all, and something else works."""
        if not self._book.held(instrument):
            return False
        works = self._book.orders_of(instrument)
        others = [order for order in works if not flatten.closes_with(order)]
        stops = any(flatten.stops(order) for order in others)
        waits = flatten.asked or any(o.core.untold and not flatten.only_adds(o) for o in others)
        waits = waits or (stops and not all(flatten.stays(order) for order in others))
        return (waits and not self._outbox.last_call) or self._is_shut(instrument)

    def _is_shut(self, instrument: Instrument) -> bool:
        return self._status.get(instrument.symbol, TradingStatus.OPEN) is not TradingStatus.OPEN
