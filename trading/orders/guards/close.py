"""A close under way: one call's contracts, at market or at a limit, never more than is held."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from msgspec import Struct, structs

from ...instrument import Instrument
from ...order import OrderRequest
from ...words import OrdStatus, OrdType, Side
from ..agreement import Wish
from ..brackets.parting import Part
from ..exits.closing import Closer, Sender
from ..handle import Changed, Order
from ..owners import Past
from ..settings import OrderSettings
from .core import Excess
from .guard import Stand
from .kept import CloseKept


class CloseResult(Struct, frozen=True):
    """How a close ended. `closed`: contracts that it closed, of `asked`; `position`: contracts
    still held then, signed.

    `closed`: all of them. `gone`: fewer, because the rest was closed by others before. `cancelled`:
    somebody took it away. `failed`: the broker did not take it, or no fill could be had.
    `uncertain`: it still works at the time-out.
    """

    state: Literal["closed", "gone", "cancelled", "failed", "uncertain"]
    asked: int
    closed: int
    position: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is left of what was to be closed."""
        return self.state in ("closed", "gone")

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.state}({self.closed} of {self.asked}){why}"


class Close:
    """Contracts on their way out: those that nobody else answers for by orders of its own, those of
    brackets by theirs. `side` is what it sends.

    A close at market waits until the orders that protect those contracts were made smaller, sends
    one closing order at a time, and goes on until it is done or was refused too often. One at a
    limit is a single order, made smaller with the position, never larger.
    """

    kind = "close"

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        side: Side,
        own: int,
        limit: Decimal | None,
        sender: Sender,
        settings: OrderSettings,
        look: Callable[["Close"], tuple[Stand, int, bool]],
    ) -> None:
        self.intent = intent
        self.side = side
        self.own = own  # of these, contracts that it closes itself
        self.parts: list[Part] = []  # and those that brackets close for it
        self.limit = limit
        self.changed = Changed()
        self.result: CloseResult | None = None
        self._instrument = instrument
        self._sender = sender
        self._settings = settings
        self._look = look
        self._rested: list[Order] = []  # its orders at the limit; the last one works, or did
        self._anew = False  # it is made smaller by another order in its place
        self._closer = Closer(intent, instrument, sender, settings, self.settle)
        self._cancelled = ""
        stand, _, _ = look(self)
        self._excess = Excess(0, stand.beyond(side, 0))

    # --- for the caller -------------------------------------------------------------------------

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    @property
    def order(self) -> Order | None:
        """The closing order that works, or the last one that was filled; None where there is
        none."""
        orders = self.orders()
        return orders[-1] if orders else None

    @property
    def asked(self) -> int:
        """Contracts that it is to close."""
        return self.own + sum(part.qty for part in self.parts)

    @property
    def closed(self) -> int:
        """Contracts closed so far."""
        return self._by_itself + sum(part.closed for part in self.parts)

    async def done(self, timeout: float | None = None) -> CloseResult:
        """Wait until it is through, at most `timeout` seconds; giving up the wait changes
        nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self.changed.until(lambda: self.result is not None)
        except TimeoutError:
            pass
        if self.result is not None:
            return self.result
        stand, _, _ = self._look(self)
        return CloseResult("uncertain", self.asked, self.closed, stand.held, "it still works")

    def __repr__(self) -> str:
        how = "at market" if self.limit is None else f"at {self.limit}"
        return f"<close {self.intent} {how} {self.closed} of {self.asked}>"

    # --- for the manager --------------------------------------------------------------------------

    @property
    def wanted(self) -> int:
        """Contracts still to be closed; none once it is taken away."""
        left = max(self.own - self._by_itself, 0)
        return 0 if self._cancelled or self.result is not None else left

    @property
    def may_close(self) -> int:
        """Contracts that its orders may still close."""
        live = self._closer.live
        exits = live.leaves_qty if live is not None and live.side is self.side else 0
        return exits + (self._resting.leaves_qty if self._resting is not None else 0)

    @property
    def owed(self) -> int:
        """Contracts that it closed too much and gives back, signed as they are held."""
        return self.side.sign * self._excess.qty

    @property
    def takes(self) -> int:
        """Contracts that nobody else may count on."""
        return max(self.wanted, self.may_close)

    @property
    def position(self) -> int:
        """Nothing is held through a close."""
        return 0

    @property
    def bare(self) -> bool:
        return self._excess.qty > 0

    @property
    def finished(self) -> bool:
        return self.result is not None and not (self._any_live or self._excess.qty)

    def kept(self) -> CloseKept:
        return CloseKept(
            symbol=self._instrument.symbol,
            side=self.side,
            own=self.own,
            limit=self.limit,
            cancelled=self._cancelled,
            anew=self._anew,
        )

    def resume(self, kept: CloseKept, past: Past) -> None:
        """Go on as the close of another life, with its orders."""
        self._rested = past.of("close")
        self._closer.resume(past.of("exit"))
        self._cancelled, self._anew = kept.cancelled, kept.anew
        stand, _, _ = self._look(self)
        self._excess = Excess(self._by_itself, stand.beyond(self.side, 0))

    def orders(self) -> list[Order]:
        return self._rested + self._closer.orders

    def settle(self) -> None:
        """Do the next step, if there is one to do now."""
        self._closer.settle()
        stand, allotted, clear = self._look(self)
        if self._excess.see(self._by_itself, stand.beyond(self.side, self.owed)):
            text = f"{self!r}: {self._excess.qty} contracts closed too much"
            self._sender.incident("overfill", text)
        if self.limit is None:
            self._at_market(allotted, clear)
        else:
            self._at_limit(allotted, clear)
        if self._excess.qty and not self._any_live:
            self._closer.send(self.side.opposite, self._excess.qty)
        self._end(stand)

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        self._closer.wake()
        self.settle()

    def release(self) -> None:
        """Somebody else closes what is held."""
        self._cancelled = self._cancelled or "left to somebody else"
        self._sender.keep(self)
        self.settle()

    def sizes(self, order: Order) -> bool:
        return True

    def move(self, order: Order, wish: Wish) -> bool:
        """The order itself is changed: its price is nobody else's business."""
        return False

    def drop(self, order: Order) -> None:
        """The trader takes the closing order away: nothing is sent in its place."""
        self._cancelled = self._cancelled or "cancelled"
        self._sender.keep(self)

    def stop_timers(self) -> None:
        self._closer.stop()

    # --- how --------------------------------------------------------------------------------------

    @property
    def _by_itself(self) -> int:
        """Contracts that its own orders closed."""
        rested = sum(order.cum_qty for order in self._rested)
        return rested + max(self.side.sign * self._closer.net, 0)

    @property
    def _resting(self) -> Order | None:
        return self._rested[-1] if self._rested else None

    @property
    def _any_live(self) -> bool:
        rests = self._resting is not None and self._resting.working
        return rests or self._closer.live is not None

    def _at_market(self, allotted: int, clear: bool) -> None:
        live = self._closer.live
        if live is not None:
            if live.side is self.side and live.leaves_qty > allotted:
                live.core.want_gone()  # it rests, and what it was for is gone
                self._sender.advance(live)
        elif allotted and clear and not (self._excess.qty or self._given_up):
            self._closer.send(self.side, allotted)

    def _at_limit(self, allotted: int, clear: bool) -> None:
        order = self._resting
        if order is None or (self._anew and not order.working):
            if allotted and clear:
                self._begin_anew(False)
                self._rested.append(self._sender.send(self._request(allotted)))
        elif order.working:
            wish = order.core.wish
            if not allotted:
                order.core.want_gone()
            else:
                total = min(wish.order_qty, order.cum_qty + allotted)
                smaller = structs.replace(wish, order_qty=total, price=wish.price)
                if smaller == wish or self._sender.in_place:
                    order.core.want(smaller)
                else:
                    self._begin_anew(True)
                    order.core.want_gone()
            self._sender.advance(order)

    def _begin_anew(self, anew: bool) -> None:
        if self._anew is not anew:
            self._anew = anew
            self._sender.keep(self)

    def _request(self, qty: int) -> OrderRequest:
        return OrderRequest(
            cl_ord_id=f"{self.intent}.close#{len(self._rested) + 1}",
            instrument=self._instrument,
            side=self.side,
            ord_type=OrdType.LIMIT,
            order_qty=qty,
            price=self.limit,
        )

    @property
    def _given_up(self) -> bool:
        return self._closer.spent or self._closer.failures >= self._settings.exit_tries

    def _end(self, stand: Stand) -> None:
        """Say how it ended, once nothing of it works and nothing is to be given back."""
        if (
            self.result is not None
            or self._any_live
            or self._excess.qty
            or not all(part.over for part in self.parts)
        ):
            return
        state, reason = self._state(stand)
        if state is not None:
            self._closer.stop()
            self.result = CloseResult(state, self.asked, self.closed, stand.held, reason)
            self.changed.tell()

    def _state(
        self, stand: Stand
    ) -> tuple[Literal["closed", "gone", "cancelled", "failed"] | None, str]:
        rested = self._resting
        if self.closed >= self.asked:
            return "closed", ""
        if self._by_itself >= self.own:
            return "gone", "protective orders or others closed the rest"
        if -self.side.sign * stand.share <= 0 and not stand.doubtful:
            return "gone", "nothing more was held"
        if self._cancelled:
            return "cancelled", self._cancelled
        if self._given_up:
            return "failed", "closing orders were refused, or not filled, too often"
        if rested is None:
            return None, ""
        if not rested.core.wish.working:
            return "gone", "made smaller with the position until nothing was left of it"
        failed = rested.core.venue_status is OrdStatus.REJECTED
        text = rested.core.text or rested.core.venue_status.name.lower()
        return ("failed" if failed else "cancelled"), text
