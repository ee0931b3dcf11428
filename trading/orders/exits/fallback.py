"""What guards a position whose own owner failed, by nothing but what the broker said of its orders.

The owner's logic raised, so none of it is asked again. A stop that works is kept, and everything
else that works is taken away. Where the owner had an entry, so that its orders say what is held,
the stop is sized to that, and where no stop works it is closed at market. No new stop is placed:
its level would come from the code that has just failed. Of an owner without an entry (a
group of equals, a guard of what others bought) nobody can say what is held through it, and nothing
is closed.
"""

from msgspec import Struct, structs

from ...instrument import Instrument
from ...words import Side
from .. import tags
from ..agreement import Wish
from ..handle import Changed, Order
from ..owners import Past
from ..settings import OrderSettings
from .closing import Closer, Sender


class FallbackKept(Struct, frozen=True, kw_only=True):
    """A fallback as a journal has it."""

    symbol: str
    let_go: bool
    closing: bool


class Fallback:
    """An owner in the place of one that failed; `orders` are all that it had sent. `taken`:
    contracts of it that other hands closed, signed as they were held."""

    kind = "fallback"

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        orders: list[Order],
        sender: Sender,
        settings: OrderSettings,
        *,
        taken: int = 0,
    ) -> None:
        self.intent = intent
        self.taken = taken
        self.changed = Changed()
        self._instrument = instrument
        self._orders = orders
        self._sender = sender
        self._let_go = False  # the trader, or a flatten, took over
        self._closing = False  # the stop could not be sized
        duties = [_duty(order) for order in orders]
        # What follows the first order of an OTO group and only closes, protects what that bought.
        protected_first = tags.FIRST in duties and tags.LEG in duties
        self._holds = "entry" in duties or protected_first
        sent = max((_attempt(order) for order in orders if _duty(order) == "exit"), default=0)
        self._closer = Closer(intent, instrument, sender, settings, self.settle, sent=sent)

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    @property
    def position(self) -> int:
        if not self._holds:
            return 0
        return self._closer.net + sum(o.side.sign * o.cum_qty for o in self._orders) - self.taken

    @property
    def finished(self) -> bool:
        if any(order.working for order in self.orders()):
            return False
        return self._let_go or self.position == 0

    @property
    def bare(self) -> bool:
        stop, held = self._stop(), abs(self.position)
        covered = stop is not None and stop.core.agreed and stop.leaves_qty >= held
        return held != 0 and not (covered or self._let_go)

    @property
    def knows(self) -> bool:
        """Whether its orders say what is held, so that it can close that."""
        return self._holds

    @property
    def let_go(self) -> bool:
        """Whether somebody else closes what is held."""
        return self._let_go

    def plan(self) -> str:
        """What it is about to do, in words."""
        if not self._holds:
            return "its stop stays, all else goes; what it protected may be bare"
        return f"it held {self.position}; its stop is kept, or else that is closed at market"

    def kept(self) -> FallbackKept:
        return FallbackKept(
            symbol=self._instrument.symbol, let_go=self._let_go, closing=self._closing
        )

    @classmethod
    def rebuild(cls, kept: FallbackKept, past: Past) -> "Fallback":
        """The fallback of another life."""
        exits = past.of("exit")
        found = [order for orders in past.orders.values() for order in orders]
        others = [order for order in found if order not in exits]
        instrument = past.find(kept.symbol)
        fallback = cls(past.intent, instrument, others, past.sender, past.settings)
        fallback._let_go, fallback._closing = kept.let_go, kept.closing
        for order in exits:
            fallback._closer.adopt(order)
        return fallback

    def orders(self) -> list[Order]:
        return self._orders + self._closer.orders

    def settle(self) -> None:
        self._closer.settle()
        held = self.position
        self._closer.fit(held)
        stop = None if self._let_go or (self._holds and held == 0) else self._stop()
        others = [order for order in self._orders if order.working and order is not stop]
        for order in others:
            order.core.want_gone()
            self._sender.advance(order)
        if stop is not None:
            if self._holds:
                self._size(stop, abs(held))
        elif held and not (others or self._let_go):  # each of them could still move the position
            self._closer.send(Side.SELL if held > 0 else Side.BUY, abs(held))
        self.changed.tell()

    def wake(self) -> None:
        self._closer.wake()
        self.settle()

    def release(self) -> None:
        self._let_go = True
        self._sender.keep(self)
        self.settle()

    def close(self) -> None:
        """The stop does not do what it is for: close what is held, where that is known."""
        if self._holds:
            self._closing = True
            self._sender.keep(self)

    def sizes(self, order: Order) -> bool:
        return order is self._stop()

    def move(self, order: Order, wish: Wish) -> bool:
        return False

    def drop(self, order: Order) -> None:
        self._let_go = self._let_go or order is self._stop()
        self._sender.keep(self)

    def stop_timers(self) -> None:
        self._closer.stop()

    def _stop(self) -> Order | None:
        """The newest stop that works on the closing side and is wanted; None while closing."""
        if self._closing:
            return None
        held = self.position
        fitting = [
            order
            for order in self._orders
            if order.core.stop_px is not None
            and not order.core.is_entry
            and order.working
            and order.core.wish.working
            and (order.side.sign * held < 0 or not self._holds)
        ]
        return fitting[-1] if fitting else None

    def _size(self, stop: Order, held: int) -> None:
        core = stop.core
        total = stop.cum_qty + held
        if core.change_refused or (core.wish.order_qty != total and not self._sender.in_place):
            self._closing = True
            self._sender.keep(self)
            self.settle()
            return
        core.want(structs.replace(core.wish, order_qty=total))
        self._sender.advance(stop)


def _duty(order: Order) -> str:
    tag = tags.parse(order.cl_ord_id)
    return "" if tag is None else tag.duty


def _attempt(order: Order) -> int:
    return int(order.cl_ord_id.rpartition("#")[2])
