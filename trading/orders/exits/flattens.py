"""The flattens under way, one for each instrument, and what they need of the manager."""

from collections.abc import Callable

from ...broker import Broker
from ...instrument import Instrument
from ...words import TradingStatus
from ..owners import Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .flatten import Book, Flatten
from .foreign import ForeignOrders


class Flattens:
    """Begins flattens, keeps them going, forgets those that are through."""

    def __init__(
        self,
        book: Book,
        owners: Owners,
        outbox: Outbox,
        settings: OrderSettings,
        next_intent: Callable[[], str],
    ) -> None:
        self._flattens: dict[str, Flatten] = {}
        self._foreign: list[ForeignOrders] = []
        self._shut: dict[str, bool] = {}  # by symbol, as far as the market told its state
        self._book = book
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self._next_intent = next_intent

    def under_way(self, instrument: Instrument) -> Flatten | None:
        return self._flattens.get(instrument.symbol)

    def all(self) -> list[Flatten]:
        """Those under way, oldest first."""
        return list(self._flattens.values())

    def begin(self, instrument: Instrument, reason: str) -> Flatten:
        """Start one; there is none yet."""
        intent = self._next_intent()
        flatten = Flatten(
            intent,
            instrument,
            reason,
            self._book,
            self._outbox.on_behalf(intent),
            self._settings,
            lambda: self.settle(instrument),
        )
        self._flattens[instrument.symbol] = flatten
        self._start(flatten, instrument)
        return flatten

    def settle(self, instrument: Instrument) -> None:
        """Let the flatten of an instrument, if there is one, do its next step."""
        flatten = self._flattens.get(instrument.symbol)
        if flatten is None or self._outbox.closed:
            return
        if flatten.waiting and self._outbox.last_call:
            flatten.give_up()
        elif not flatten.waiting:
            self._step(flatten)
        if flatten.result is not None:
            del self._flattens[instrument.symbol]

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

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state."""
        self._shut[instrument.symbol] = status is not TradingStatus.OPEN

    def wake(self, instrument: Instrument) -> None:
        """Orders are taken again: what waited for that goes on."""
        flatten = self._flattens.get(instrument.symbol)
        if flatten is not None and flatten.waiting:
            self._start(flatten, instrument)
        elif flatten is not None:
            flatten.wake()
            self.settle(instrument)

    def give_up(self) -> None:
        """End all now, and say what is left."""
        for flatten in list(self._flattens.values()):
            flatten.give_up()
        self._flattens.clear()
        for foreign in self._foreign:
            foreign.give_up()

    def _start(self, flatten: Flatten, instrument: Instrument) -> None:
        """Take all orders out, so that the position can be closed. While the market is shut it
        cannot be: what protects it stays until then, and only what would add to it goes."""
        held = self._book.held(instrument)
        flatten.waiting = self._shut.get(instrument.symbol, False) and held != 0
        if not flatten.waiting:
            for owner in self._owners.trading(instrument):
                self._owners.release(owner)
        for order in self._book.orders_of(instrument):
            if not (flatten.waiting and flatten.guards(order)):
                self._outbox.cancel(order)
        self.settle(instrument)
