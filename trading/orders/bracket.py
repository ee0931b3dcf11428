"""A bracket's shell: its legs as orders, the caller's view of it, and the loop facts -> desired -> send."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ..order import OrderRequest
from ..words import OrdStatus, OrdType, Reason, Side, TimeInForce
from . import bracket_core as core
from .bracket_core import Facts, LegFacts, LegWish, Mode, Outcome, Plan
from .handle import Changed, Order
from .settings import OrderSettings

_WRONG_SIDE = (Reason.SELL_STOP_NOT_BELOW_LAST, Reason.BUY_STOP_NOT_ABOVE_LAST)


class Sender(Protocol):
    """What a bracket needs of the manager."""

    def send(self, request: OrderRequest) -> Order: ...
    def advance(self, order: Order) -> None: ...
    def later(self, delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle: ...
    def incident(self, kind: str, text: str) -> None: ...


class Leg:
    """One role of a bracket and the orders that played it, one live at a time."""

    __slots__ = ("failures", "judged", "orders", "resume", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.orders: list[Order] = []
        self.failures = 0  # attempts refused or lost since the last one that worked
        self.judged = 0  # attempts whose end was looked at
        self.resume: asyncio.TimerHandle | None = None  # set while we pause after a failure

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None

    @property
    def live(self) -> Order | None:
        """The attempt that works or may be working."""
        last = self.last
        return last if last is not None and last.working else None

    def facts(self) -> LegFacts:
        cum_qty = sum(order.cum_qty for order in self.orders)
        live = self.live
        if live is None:
            return LegFacts(cum_qty)
        return LegFacts(cum_qty, live.leaves_qty, True, live.core.agreed)


class Bracket:
    """An entry with a stop and, perhaps, a target. Protection goes on whatever the caller does."""

    def __init__(self, intent: str, plan: Plan, sender: Sender, settings: OrderSettings) -> None:
        self.intent = intent
        self.plan = plan
        self.mode = Mode.GUARDING
        self.reason = ""
        self._entry, self._stop, self._target = Leg("entry"), Leg("stop"), Leg("target")
        self._exit = Leg("exit")
        self._sender = sender
        self._settings = settings
        self._changed = Changed()

    # --- for the caller -------------------------------------------------------------------------

    @property
    def entry(self) -> Order:
        return self._entry.orders[0]

    @property
    def stop(self) -> Order | None:
        """The stop that works, or the last one; None before the first fill."""
        return self._stop.last

    @property
    def target(self) -> Order | None:
        """The target that works, or the last one; None before the first fill and where none was asked."""
        return self._target.last

    @property
    def position(self) -> int:
        """Contracts held through this bracket now, signed."""
        return self.plan.side.sign * self.facts().net

    @property
    def finished(self) -> bool:
        """True once nothing of the bracket works and, unless it was released, nothing is held."""
        facts = self.facts()
        live = facts.entry.live or facts.stop.live or facts.target.live or facts.exit_live
        return not live and (facts.net == 0 or self.mode is Mode.RELEASED)

    async def protected(self, timeout: float | None = None) -> Outcome:
        """Wait until the entry is over and its outcome settled, at most `timeout` seconds; `Outcome`
        says how things stand then. Events flow on meanwhile. Giving up the wait changes nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.until(lambda: self._outcome() is not None)
        except TimeoutError:
            pass
        return core.outcome_so_far(
            self.plan, self.facts(), self.entry.core.venue_status, self._why()
        )

    async def closed(self) -> None:
        """Wait until nothing is held through this bracket and nothing of it works."""
        await self._changed.until(lambda: self.finished)

    def __repr__(self) -> str:
        return f"<bracket {self.intent} {self.mode.value} position={self.position}>"

    # --- for the manager --------------------------------------------------------------------------

    def begin(self, entry: OrderRequest) -> None:
        """Send the entry."""
        self._entry.orders.append(self._sender.send(entry))

    def release(self) -> None:
        """Take the legs away; somebody else closes what is held."""
        self.mode = Mode.RELEASED
        self.settle()

    def orders(self) -> list[Order]:
        """Every order of the bracket so far."""
        return self._entry.orders + self._stop.orders + self._target.orders + self._exit.orders

    def facts(self) -> Facts:
        """All legs together, as they are."""
        closing = self.plan.side.opposite
        signed = (o.cum_qty if o.side is closing else -o.cum_qty for o in self._exit.orders)
        return Facts(
            entry=self._entry.facts(),
            entry_px=self.entry.avg_px,
            stop=self._stop.facts(),
            target=self._target.facts(),
            exit_cum=sum(signed),
            exit_live=self._exit.live is not None,
        )

    def settle(self) -> None:
        """Compare what should be working with what is, and send the difference."""
        self._judge()
        wish = core.desired(self.plan, self.facts(), self.mode)
        if not wish.entry_working and self.entry.working:
            self.entry.core.want_gone()
            self._sender.advance(self.entry)
        self._settle_leg(self._stop, wish.stop)
        self._settle_leg(self._target, wish.target)
        if wish.exit_qty and self._exit.resume is None:
            self._close(wish.exit_qty)
        self._changed.tell()

    def wake(self) -> None:
        """The market opened: what paused for it goes on."""
        for leg in (self._stop, self._target, self._exit):
            self._end_pause(leg)
        self.settle()

    # --- how ----------------------------------------------------------------------------------------

    def _outcome(self) -> Outcome | None:
        return core.outcome(self.plan, self.facts(), self.entry.core.venue_status, self._why())

    def _why(self) -> str:
        return self.reason or self.entry.core.text

    def _settle_leg(self, leg: Leg, wish: LegWish) -> None:
        live = leg.live
        if live is None:
            if wish.open_qty and leg.resume is None and not self._gave_up(leg):
                assert wish.price is not None
                leg.orders.append(self._sender.send(self._leg_request(leg, wish)))
            return
        if not wish.open_qty:
            live.core.want_gone()
        else:
            is_stop = leg is self._stop
            live.core.want_at(
                live.cum_qty + wish.open_qty,
                None if is_stop else wish.price,
                wish.price if is_stop else None,
            )
        self._sender.advance(live)

    def _leg_request(self, leg: Leg, wish: LegWish) -> OrderRequest:
        is_stop = leg is self._stop
        return OrderRequest(
            cl_ord_id=f"{self.intent}.{leg.role}#{len(leg.orders) + 1}",
            instrument=self.plan.instrument,
            side=self.plan.side.opposite,
            ord_type=OrdType.STOP if is_stop else OrdType.LIMIT,
            order_qty=wish.open_qty,
            price=None if is_stop else wish.price,
            stop_px=wish.price if is_stop else None,
            # Protection outlives the day: a day order would leave the position bare at the close.
            tif=TimeInForce.GTC,
        )

    def _judge(self) -> None:
        """Look once at the end of each attempt; give the position up when its stop failed."""
        for leg in (self._stop, self._target, self._exit):
            last = leg.last
            if last is None:
                continue
            if last.core.agreed:
                leg.failures = 0
            elif last.core.terminal and leg.judged < len(leg.orders):
                leg.judged = len(leg.orders)
                unasked = last.core.wish.working and last.status is not OrdStatus.FILLED
                if unasked:
                    self._failed(leg, last)
            elif last.core.refusal and last.core.flight is None:
                # The change was refused and the order is as it was: a new one takes its place.
                self._sender.incident(f"{leg.role}_change_refused", last.core.refusal)
                last.core.want_gone()
                self._sender.advance(last)

    def _failed(self, leg: Leg, order: Order) -> None:
        leg.failures += 1
        status = order.core.venue_status.name.lower()
        text = f"{order.describe()} {status}: {order.core.text or 'the broker gave no reason'}"
        self._sender.incident(f"{leg.role}_{status}", text)
        hopeless = order.core.reason in _WRONG_SIDE or self._gave_up(leg)
        if leg is self._stop and hopeless and self.mode is Mode.GUARDING:
            self.mode = Mode.EXITING
            self.reason = text
        else:
            self._pause(leg, order.core.reason)

    def _gave_up(self, leg: Leg) -> bool:
        return leg.failures >= self._settings.stop_tries

    def _pause(self, leg: Leg, reason: Reason) -> None:
        delay_s = self._settings.retry_s * 2 ** (leg.failures - 1)
        closed = reason is Reason.MARKET_CLOSED
        most_s = self._settings.closed_retry_s if closed else self._settings.retry_most_s
        leg.resume = self._sender.later(min(delay_s, most_s), lambda: self._resumed(leg))

    def _resumed(self, leg: Leg) -> None:
        leg.resume = None
        self.settle()

    def _end_pause(self, leg: Leg) -> None:
        if leg.resume is not None:
            leg.resume.cancel()
            leg.resume = None

    def _close(self, qty: int) -> None:
        """Close what is held (above zero), or give back what was closed too much (below)."""
        side: Side = self.plan.side.opposite if qty > 0 else self.plan.side
        if qty < 0:
            self._sender.incident("overfill", f"{self!r}: {-qty} contracts closed too much")
        request = OrderRequest(
            cl_ord_id=f"{self.intent}.exit#{len(self._exit.orders) + 1}",
            instrument=self.plan.instrument,
            side=side,
            ord_type=OrdType.MARKET,
            order_qty=abs(qty),
        )
        order = self._sender.send(request)
        self._exit.orders.append(order)
        self._sender.later(self._settings.exit_patience_s, lambda: self._replace_exit(order))

    def _replace_exit(self, order: Order) -> None:
        """A closing order that rests is taken away, so that a new one goes at today's price."""
        if order.working:
            order.core.want_gone()
            self._sender.advance(order)
