"""A flatten under way: one instrument, however many callers."""

from collections.abc import Callable
from typing import Protocol

from ..instrument import Instrument
from ..order import OrderRequest
from ..words import OrdStatus, OrdType, Reason, Side
from .bracket import Bracket, Sender
from .flatten_core import FlattenFacts, FlattenResult, flatten_step
from .handle import Changed, Order
from .settings import OrderSettings


class Book(Protocol):
    """What a flatten looks at: the manager's orders, brackets and position of one instrument."""

    def orders_of(self, instrument: Instrument) -> list[Order]: ...
    def brackets_of(self, instrument: Instrument) -> list[Bracket]: ...
    def held(self, instrument: Instrument) -> int: ...


class Flatten:
    """Takes an instrument to nothing working and nothing held."""

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        reason: str,
        book: Book,
        sender: Sender,
        settings: OrderSettings,
    ) -> None:
        self._intent = intent
        self._instrument = instrument
        self._reason = reason
        self._book = book
        self._sender = sender
        self._settings = settings
        self._exits: list[Order] = []
        self._paused = False
        self._changed = Changed()
        self.result: FlattenResult | None = None

    def settle(self) -> None:
        """Do the next step, if there is one to do now."""
        if self.result is not None:
            return
        others = [o for o in self._book.orders_of(self._instrument) if o not in self._exits]
        last = self._exits[-1] if self._exits else None
        position = self._book.held(self._instrument)
        facts = FlattenFacts(
            others_live=bool(others),
            stuck=any(order.core.stuck for order in others),
            exit_live=last is not None and last.working,
            position=position,
            exits=len(self._exits),
        )
        step = flatten_step(facts, self._settings)
        if step == "cancel":
            self._cancel(others)
        elif step == "close":
            self._close(position, last)
        elif step != "wait":
            self._end(step == "flat", position)

    async def finished(self) -> FlattenResult:
        await self._changed.until(lambda: self.result is not None)
        assert self.result is not None
        return self.result

    def _cancel(self, others: list[Order]) -> None:
        for bracket in self._book.brackets_of(self._instrument):
            bracket.release()
        for order in others:
            order.core.want_gone()
            self._sender.advance(order)

    def _close(self, position: int, last: Order | None) -> None:
        if self._paused:
            return
        if last is not None and last.core.venue_status is OrdStatus.REJECTED:
            tries = len(self._exits)
            closed = last.core.reason is Reason.MARKET_CLOSED
            most_s = self._settings.closed_retry_s if closed else self._settings.retry_most_s
            self._paused = True
            self._sender.later(
                min(self._settings.retry_s * 2 ** (tries - 1), most_s),
                lambda: self._send_close(self._book.held(self._instrument)),
            )
            return
        self._send_close(position)

    def _send_close(self, position: int) -> None:
        self._paused = False
        if position == 0 or self.result is not None:
            self.settle()
            return
        order = self._sender.send(
            OrderRequest(
                cl_ord_id=f"{self._intent}.exit#{len(self._exits) + 1}",
                instrument=self._instrument,
                side=Side.SELL if position > 0 else Side.BUY,
                ord_type=OrdType.MARKET,
                order_qty=abs(position),
            )
        )
        self._exits.append(order)
        self._sender.later(self._settings.exit_patience_s, self._replacing(order))

    def _replacing(self, order: Order) -> Callable[[], None]:
        def replace() -> None:
            if order.working:
                order.core.want_gone()
                self._sender.advance(order)

        return replace

    def _end(self, flat: bool, position: int) -> None:
        self.result = FlattenResult(flat, position, self._reason)
        if not flat:
            self._sender.incident(
                "flatten_failed",
                f"{self._instrument.symbol}: {position} still held after all tries",
            )
        self._changed.tell()
