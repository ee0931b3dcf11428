"""A flatten under way: one instrument, however many callers."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from ...instrument import Instrument
from ...words import OrdType, Side
from .. import tags
from ..handle import Changed, Order
from ..settings import OrderSettings
from .closing import Closer, Sender
from .flatten_core import FlattenFacts, FlattenResult, flatten_step

_STOPS = (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP)


class Book(Protocol):
    """What a flatten looks at: the manager's orders and position of one instrument, and whether
    the broker may have made orders there that nobody told of."""

    def orders_of(self, instrument: Instrument) -> list[Order]: ...
    def held(self, instrument: Instrument) -> int: ...
    def unsure(self, instrument: Instrument) -> bool: ...


class FlattenKept(Struct, frozen=True, kw_only=True):
    """A flatten as a journal has it."""

    symbol: str
    reason: str


class Flatten:
    """Takes an instrument to nothing working and nothing held; `result` is set when it is through.

    Other hands may have closed what we know to be held, or hold what we know nothing of. Where that
    may be so, the broker is asked first. Stops stay until it has answered, or has not for a while,
    and until nothing else works: they are taken away just before what is held is closed
    (docs/decisions/0013).

    It waits for as long as its closing orders merely rest or the market is shut, and gives up when
    they are refused, or when an order cannot be cancelled in a market that lets orders go; while
    that does not, it says so once and goes on when it does. `again` settles it from a timer;
    `ask` has the broker asked what is held, as it is when it begins: once more before it says flat,
    where nobody answered. Its result says whether anybody did.
    """

    kind = "flatten"

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        reason: str,
        book: Book,
        sender: Sender,
        settings: OrderSettings,
        again: Callable[[], None],
        ask: Callable[["Flatten"], None],
    ) -> None:
        self.intent = intent
        self.result: FlattenResult | None = None
        self.waiting = False  # nothing can be closed yet
        self.asked = False  # the broker is being asked what is held: nothing is closed before
        self.reopened = False  # a fill was taken back meanwhile: what was over may hold again
        self.instrument = instrument
        self._reason = reason
        self._book = book
        self._sender = sender
        self._settings = settings
        self._closer = Closer(intent, instrument, sender, settings, again)
        self._ask: Callable[[Flatten], None] | None = ask  # None: it was
        self._rounds = sender.rounds()  # that had left when it began
        self._said_waits = False
        self.changed = Changed()

    def kept(self) -> FlattenKept:
        return FlattenKept(symbol=self.instrument.symbol, reason=self._reason)

    def resume(self, orders: list[Order]) -> None:
        """Go on with the closing orders of another life."""
        self._closer.resume(orders)

    def settle(self) -> None:
        """Do the next step, if there is one to do now."""
        if self.result is not None:
            return
        self._closer.settle()
        exit_order = self._closer.live
        works = self._book.orders_of(self.instrument)
        others = [order for order in works if order is not exit_order]
        position = self._book.held(self.instrument)
        self._closer.fit(position)
        facts = FlattenFacts(
            others_live=not all(map(self.only_adds, others)) or self._book.unsure(self.instrument),
            stuck=self.stuck,
            exit_live=exit_order is not None,
            position=position,
            spent=self._closer.spent or self._closer.failures >= self._settings.exit_tries,
        )
        step = flatten_step(facts)
        if step in ("close", "flat") and self.asked and not self._sender.last_call:
            return
        if step == "cancel":
            for order in others:
                order.core.want_gone()
                self._sender.advance(order)
        elif step == "close":
            self._closer.send(Side.SELL if position > 0 else Side.BUY, abs(position))
        elif step != "wait" and not (step == "flat" and self._asks_again()):
            self._end(step == "flat", position)

    def _asks_again(self) -> bool:
        """Whether the broker is asked once more: nobody told since it began what is held."""
        ask, self._ask = self._ask, None
        if ask is None or self._sender.told(self._rounds) or self._sender.last_call:
            return False
        ask(self)
        return self.asked

    @property
    def stuck(self) -> bool:
        """Whether an order cannot be cancelled in a market that lets orders go."""
        works = self._book.orders_of(self.instrument)
        waits = [(order, self._waits_for(order)) for order in works]
        return any(order.core.stuck and not shut for order, shut in waits)

    def _waits_for(self, order: Order) -> bool:
        """Whether the market's state is why an order does not go; it will go when that changes."""
        if not order.core.cancels.not_now or self._sender.last_call:
            return False
        text = f"{order.describe()} cannot be cancelled in the market's state; it is tried on"
        self.say_waits(text, order.cl_ord_id)
        return True

    def say_waits(self, text: str, tag: str = "") -> None:
        """Say once that the market's state keeps it waiting."""
        if not self._said_waits:
            self._said_waits = True
            self._sender.incident("flatten_waits", text, tag)

    def closes_with(self, order: Order) -> bool:
        """Whether an order is its own closing order."""
        return order is self._closer.live

    def guards(self, order: Order) -> bool:
        """Whether an order would only close what is held: a bracket's leg, or a stop of the
        trader's."""
        return not order.core.is_entry or self.stops(order)

    def stays(self, order: Order) -> bool:
        """Whether an order is left alone until all others are out: a stop, or what its owner closes
        at market with."""
        tag = tags.parse(order.cl_ord_id)
        return self.stops(order) or (tag is not None and tag.duty == "exit")

    def only_adds(self, order: Order) -> bool:
        """Whether an order of which nothing was told could only make what is held more: to close
        what is known meanwhile turns nothing over. The answer may take longer than a position may
        be bare; if it was filled, that is closed then."""
        adds = order.side.sign * self._book.held(self.instrument) > 0
        return adds and order.core.untold

    def stops(self, order: Order) -> bool:
        """Whether an order is a stop that protects what is held, or what its owner holds of it."""
        closes = order.side.sign * self._book.held(self.instrument) < 0
        is_stop = order.core.request.ord_type in _STOPS
        return is_stop and (closes or not order.core.is_entry)

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        self._closer.wake()
        self.settle()

    def give_up(self) -> None:
        """End now, and say what is left."""
        if self.result is None:
            self._end(False, self._book.held(self.instrument))

    async def finished(self) -> FlattenResult:
        await self.changed.until(lambda: self.result is not None)
        assert self.result is not None
        return self.result

    def _end(self, flat: bool, position: int) -> None:
        self._closer.stop()
        confirmed = self._sender.told(self._rounds)
        self.result = FlattenResult(flat, position, self._reason, confirmed)
        if not flat:
            left = ", ".join(repr(o) for o in self._book.orders_of(self.instrument)) or "no order"
            self._sender.incident(
                "flatten_failed",
                f"{self.instrument.symbol}: {position} still held, working: {left}",
            )
        self.changed.tell()
