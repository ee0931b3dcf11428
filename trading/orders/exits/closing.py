"""Closing a position at market: one closing order at a time, until nothing is left to close.

A market order may rest: with protection it has a limit, and the market may be beyond it. One that
rests is taken away after a while and a new one goes at today's price; the while doubles each time
nothing was filled, so that an empty market is not hammered.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from ...instrument import Instrument
from ...order import OrderRequest, OrderState
from ...words import OrdStatus, OrdType, Reason, Side
from .. import tags
from ..handle import Order
from ..sending.backoff import doubled, is_shut
from ..settings import OrderSettings


class Kept(Protocol):
    """What a journal keeps: see `owners`."""

    kind: str
    intent: str

    def kept(self) -> Struct: ...


class Sender(Protocol):
    """What owners and flattens need of the manager. `last_call`: the market has ended for us, so
    nothing waits for its next state any more. `closed`: nothing is sent any more. `told`: all that
    was filled when so many `rounds` of questions had left is known, since the broker was asked
    after it, or tells of it by himself.
    `asking`: a flatten asks the broker what is held.
    `catch_up`: take in what was answered so far of questions that wait for the rest.
    `in_place`: the broker changes orders as they are; else another takes an order's place. `pause`:
    as `later`, before another takes the place of an order that failed. `hurry`: as `advance`, and
    ends the pause that the order is in. `cancel`: at once, where it was given up as stuck, too.
    `keep`: what an owner is for changed, and the journal is to know."""

    @property
    def last_call(self) -> bool: ...
    @property
    def closed(self) -> bool: ...
    @property
    def in_place(self) -> bool: ...
    def flattening(self, instrument: Instrument) -> bool: ...
    def asking(self, instrument: Instrument) -> bool: ...
    def held(self, instrument: Instrument) -> int: ...
    def send(self, request: OrderRequest) -> Order: ...
    def adopt(self, tag: str, state: OrderState) -> Order: ...
    def look_around(self, order: Order, then: Callable[[], None]) -> None: ...
    def catch_up(self) -> None: ...
    def advance(self, order: Order) -> None: ...
    def hurry(self, order: Order) -> None: ...
    def cancel(self, order: Order) -> None: ...
    def now_s(self) -> float: ...
    def rounds(self) -> int: ...
    def told(self, rounds: int) -> bool: ...
    def pause_s(self, order: Order, nth: int, *, not_now: bool) -> float: ...
    def pause(self, order: Order, pause_s: float, call: Callable[[], None]) -> int: ...
    def later(self, delay_s: float, call: Callable[[], None]) -> int: ...
    def never(self, timer: int | None) -> None: ...
    def incident(self, kind: str, text: str, about: str = "") -> None: ...
    def keep(self, owner: Kept) -> None: ...


class Closer:
    """The closing orders of one intent. `again` is called when a pause ends.

    `sent`: the number of the last one that the intent sent before. `net`: contracts it bought, less
    those it sold. `failures`: orders that were refused or ended by the venue, the market's state
    apart, and what found nobody to trade with: somebody may come at any moment, so that it is tried
    again soon, for as long as it takes.
    """

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        sender: Sender,
        settings: OrderSettings,
        again: Callable[[], None],
        *,
        sent: int = 0,
    ) -> None:
        self.orders: list[Order] = []
        self.failures = 0
        self._intent = intent
        self._instrument = instrument
        self._sender = sender
        self._settings = settings
        self._again = again
        self._sent = sent
        self._ended = True  # the last order's end was looked at
        self._rested = 0  # orders in a row that were taken away without a fill
        self._refused = 0  # orders in a row that did not work at all
        self._shut = False  # these for the market's state
        self._said: tuple[str, str] | None = None
        self._pause: int | None = None
        self._patience: int | None = None

    @property
    def live(self) -> Order | None:
        """The closing order that works or may be working."""
        return self.orders[-1] if self.orders and self.orders[-1].working else None

    @property
    def net(self) -> int:
        if not self.orders:  # as a rule
            return 0
        return sum([order.side.sign * order.cum_qty for order in self.orders])

    @property
    def spent(self) -> bool:
        """True when, at last call, as many orders were sent as the settings allow."""
        return self._sender.last_call and self._sent >= self._settings.exit_tries

    def adopt(self, order: Order) -> None:
        """An order that was sent by a former life is its own again; it is watched as others are."""
        tag = tags.parse(order.cl_ord_id)
        assert tag is not None, f"{order!r} has no tag of ours"
        self.orders.append(order)
        self._sent = max(self._sent, tag.attempt)
        if order.working:
            self._watch(order)

    def settle(self) -> None:
        """Look once at how the last order ended, and pause where it did not work."""
        if self._ended or self.live is not None:
            return
        self._ended = True
        self._sender.never(self._patience)
        last = self.orders[-1]
        if last.cum_qty:
            self._rested = self._refused = 0
            self._said = None
        elif not last.core.wish.working:
            self._rested += 1
        if last.core.wish.working and last.status is not OrdStatus.FILLED:
            self._failed(last)
        if not last.cum_qty:
            self.orders.pop()  # it can say nothing more, and a closed market makes many

    def send(self, side: Side, qty: int) -> None:
        """Close at market now; nothing is sent while an order works, during a pause, or when spent,
        and under a flatten no more than makes what is held in all smaller (INV-22)."""
        if self._sender.flattening(self._instrument):
            qty = min(qty, max(-side.sign * self._sender.held(self._instrument), 0))
        if not qty or self.live is not None or self._pause is not None or self.spent:
            return
        self._sent += 1
        order = self._sender.send(
            OrderRequest(
                cl_ord_id=f"{self._intent}.exit#{self._sent}",
                instrument=self._instrument,
                side=side,
                ord_type=OrdType.MARKET,
                order_qty=qty,
            )
        )
        self.orders.append(order)
        self._watch(order)

    def close(self, side: Side, qty: int) -> None:
        """Close so many contracts on this side; give back so many, where it is below zero."""
        self.send(side if qty > 0 else side.opposite, abs(qty))

    def fit(self, held: int) -> None:
        """An order that could close more than what is `held`, signed, is taken away: other hands
        closed some of it while it rested. So is one that they made smaller, which would leave the
        rest to nobody. What is left goes with the next."""
        order = self.live
        if order is None:
            return
        core = order.core
        smaller = core.order_qty < core.request.order_qty
        if smaller or order.leaves_qty > max(-order.side.sign * held, 0):
            self._replace(order)

    def resume(self, orders: list[Order]) -> None:
        """Go on with the orders of another life: those that filled something, and the last."""
        if orders:
            tag = tags.parse(orders[-1].cl_ord_id)
            self._sent = len(orders) if tag is None else tag.attempt
            self.orders = [o for o in orders if o.working or o.cum_qty]
            if self.live is not None:
                self._watch(self.orders[-1])

    def wake(self) -> None:
        """End the pause: the market's state changed."""
        self._sender.never(self._pause)
        self._pause = None

    def stop(self) -> None:
        """Forget every timer. Should there be something to close again, nothing is waited for."""
        self.wake()
        self._sender.never(self._patience)

    def _watch(self, order: Order) -> None:
        """Time an order that may rest."""
        self._ended = False
        settings = self._settings
        most_s = settings.exit_patience_s if self._sender.last_call else settings.closed_retry_s
        patience_s = doubled(settings.exit_patience_s, most_s, self._rested + 1)
        self._patience = self._sender.later(patience_s, lambda: self._replace(order))

    def _failed(self, order: Order) -> None:
        unsent = order.core.unsent.count  # nobody was reached
        shut = is_shut(order.core.reason, unsent)
        not_now = (shut or unsent > 0) and not self._sender.last_call
        alone = order.core.reason is Reason.NO_OPPOSITE and not self._sender.last_call
        self.failures += not (not_now or alone)
        self._refused = self._refused + 1 if shut is self._shut else 1
        self._shut = shut
        said = (order.status.name.lower(), order.core.text or "the broker gave no reason")
        if said != self._said:  # one incident for a market that stays closed
            self._said = said
            text = f"{order.describe()} {said[0]}: {said[1]}"
            self._sender.incident(f"exit_{said[0]}", text, order.cl_ord_id)
        pause_s = self._sender.pause_s(order, self._refused, not_now=not_now)
        self._pause = self._sender.pause(order, pause_s, self._resume)

    def _resume(self) -> None:
        self._pause = None
        self._again()

    def _replace(self, order: Order) -> None:
        if order.working:
            order.core.want_gone()
            self._sender.advance(order)
