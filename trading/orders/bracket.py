"""A bracket's shell: its legs as orders, the caller's view, and facts -> desired -> send."""

import asyncio
from dataclasses import replace

from ..order import OrderRequest
from ..words import OrdStatus, OrdType, Reason, TimeInForce
from . import bracket_core as core
from .agreement import Wish
from .backoff import NOT_NOW, doubled
from .bracket_core import Facts, LegWish, Mode, Outcome, Plan
from .closing import Closer, Sender
from .handle import Changed, Order
from .leg import Leg
from .settings import OrderSettings

_WRONG_SIDE = (Reason.SELL_STOP_NOT_BELOW_LAST, Reason.BUY_STOP_NOT_ABOVE_LAST)


class Bracket:
    """An entry with a stop and, perhaps, a target. Protection goes on whatever the caller does.

    A leg that the trader cancels stays away; one that the trader moves stays where it was moved to.
    """

    def __init__(
        self, intent: str, plan: Plan, tif: TimeInForce, sender: Sender, settings: OrderSettings
    ) -> None:
        self.intent = intent
        self.plan = plan
        self.mode = Mode.GUARDING
        self.reason = ""
        self._tif = tif
        self._entry, self._stop, self._target = Leg("entry"), Leg("stop"), Leg("target")
        self._closer = Closer(intent, plan.instrument, sender, settings, self.settle)
        self._sender = sender
        self._settings = settings
        self._changed = Changed()
        self._overfill = False  # an incident said already that too much was closed
        self._watched: Order | None = None  # the triggered stop that is being timed
        self._watch: int | None = None

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
        """The target that works, or the last one; None before the first fill and where none was
        asked."""
        return self._target.last

    @property
    def position(self) -> int:
        """Contracts held through this bracket now, signed."""
        return self.plan.side.sign * self.facts().net

    @property
    def finished(self) -> bool:
        """True once nothing of the bracket works and, unless it was released, nothing is held."""
        if self.entry.working or self._stop.live or self._target.live or self._closer.live:
            return False
        return self.mode is Mode.RELEASED or self.facts().net == 0

    async def protected(self, timeout: float | None = None) -> Outcome:
        """Wait until the entry is over and its outcome settled, at most `timeout` seconds;
        `Outcome` says how things stand then. Events flow on meanwhile. Giving up the wait changes
        nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.until(lambda: core.outcome(*self._standing()) is not None)
        except TimeoutError:
            pass
        return core.outcome_so_far(*self._standing())

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

    def drop(self, order: Order) -> None:
        """The trader takes a leg's order away: nothing is sent in its place."""
        for leg in (self._stop, self._target):
            leg.dropped = leg.dropped or order is leg.live

    def move(self, order: Order, wish: Wish) -> bool:
        """The trader changes an order: a leg's new price becomes the plan's. False for the
        entry."""
        if order is self.entry:
            return False
        if order is self._stop.live and wish.stop_px is not None:
            before = self._stop.moved[0] if self._stop.moved else self.plan.stop
            self._stop.moved = (before, wish.stop_px)
            self.plan = replace(self.plan, stop=wish.stop_px)
            self._cut_pause(self._stop)
        elif order is self._target.live and wish.price is not None:
            assert self.plan.target is not None
            before = self._target.moved[0] if self._target.moved else self.plan.target
            self._target.moved = (before, wish.price)
            self.plan = replace(self.plan, target=wish.price)
            self._cut_pause(self._target)
        self.settle()
        return True

    def orders(self) -> list[Order]:
        """Every order of the bracket so far."""
        return self._entry.orders + self._stop.orders + self._target.orders + self._closer.orders

    @property
    def bare(self) -> bool:
        """True when something is held and no confirmed stop covers it."""
        facts = self.facts()
        return facts.net != 0 and not core.covered(facts)

    def facts(self) -> Facts:
        """All legs together, as they are."""
        entry = self.entry
        entry_px = entry.avg_px if entry.avg_px is not None else entry.core.price
        return Facts(
            entry=self._entry.facts(),
            entry_px=entry_px if entry_px is not None else entry.core.stop_px,
            stop=self._stop.facts(),
            target=self._target.facts(),
            exit_cum=-self.plan.side.sign * self._closer.net,
            exit_live=self._closer.live is not None,
        )

    def settle(self) -> None:
        """Compare what should be working with what is, and send the difference."""
        self._judge(self._stop)
        self._judge(self._target)
        self._closer.settle()
        self._time_triggered_stop()
        wish = core.desired(self.plan, self.facts(), self.mode)
        if not wish.entry_working and self.entry.working:
            self.entry.core.want_gone()
            self._sender.advance(self.entry)
        self._settle_leg(self._stop, wish.stop)
        self._settle_leg(self._target, wish.target)
        if wish.exit_qty:
            self._close(wish.exit_qty)
        self._changed.tell()

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        self._cut_pause(self._stop)
        self._cut_pause(self._target)
        self._closer.wake()
        self.settle()

    def stop_timers(self) -> None:
        """Nothing more is to be done."""
        for timer in (self._stop.pause, self._target.pause, self._watch):
            self._sender.never(timer)
        self._closer.stop()

    # --- how --------------------------------------------------------------------------------------

    def _standing(self) -> tuple[int, Facts, OrdStatus, Mode, str]:
        entry = self.entry.core
        return (
            entry.order_qty,
            self.facts(),
            entry.venue_status,
            self.mode,
            self.reason or entry.text,
        )

    def _settle_leg(self, leg: Leg, wish: LegWish) -> None:
        live, paused = leg.live, leg.pause is not None
        if live is None:
            if wish.open_qty and not (paused or leg.dropped or self._gave_up(leg)):
                leg.orders.append(self._sender.send(self._leg_request(leg, wish)))
            return
        if not wish.open_qty:
            live.core.want_gone()
        elif not paused:
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
            tif=self._tif,
        )

    def _judge(self, leg: Leg) -> None:
        """Look once at the end of each attempt, and at each refused change."""
        last = leg.last
        if last is None:
            return
        order = last.core
        if order.terminal:
            if leg.judged < len(leg.orders):
                leg.judged = len(leg.orders)
                self._sender.never(leg.pause)
                leg.pause = None
                if order.wish.working and order.venue_status is not OrdStatus.FILLED:
                    status = order.venue_status.name.lower()
                    self._failed(leg, last, status, order.reason, order.text)
        elif order.change_refused and leg.pause is None and leg.excused != order.refusals:
            self._change_refused(leg, last)
        elif order.agreed:
            leg.works(self._sender.now_s())
            if leg.moved is not None and leg.moved[1] in (order.price, order.stop_px):
                leg.moved = None

    def _change_refused(self, leg: Leg, order: Order) -> None:
        """The order works on as it was. It is kept while the change is tried again: an old stop
        protects more than none, and the market may take no new one."""
        if leg.moved is not None:  # the trader is told by the change itself
            before, leg.moved = leg.moved[0], None
            is_stop = leg is self._stop
            self.plan = (
                replace(self.plan, stop=before) if is_stop else replace(self.plan, target=before)
            )
            leg.excused = order.core.refusals
            return
        self._failed(leg, order, "change_refused", order.core.refusal_reason, order.core.refusal)
        if leg is self._target and self._gave_up(leg):
            # It may be larger than what is held; a stop alone is safer.
            order.core.want_gone()
            self._sender.advance(order)

    def _failed(self, leg: Leg, order: Order, what: str, reason: Reason, text: str) -> None:
        settings = self._settings
        not_now = reason in NOT_NOW and not self._sender.last_call
        leg.failed(self._sender.now_s(), settings.proven_s, counts=not not_now)
        story = f"{order.describe()} {what}: {text or 'the broker gave no reason'}"
        if not not_now or leg.said != (what, reason, text):  # one for a market that stays closed
            self._sender.incident(f"{leg.role}_{what}", story)
        leg.said = (what, reason, text)
        hopeless = reason in _WRONG_SIDE or self._gave_up(leg)
        if leg is self._stop and hopeless and self.mode is Mode.GUARDING:
            self._exit(story)
            return
        most_s = settings.closed_retry_s if not_now else settings.retry_most_s
        pause_s = doubled(settings.retry_s, most_s, leg.pauses)
        leg.pause = self._sender.later(pause_s, lambda: self._resume(leg))

    def _gave_up(self, leg: Leg) -> bool:
        return leg.failures >= self._settings.stop_tries

    def _resume(self, leg: Leg) -> None:
        self._end_pause(leg)
        self.settle()

    def _cut_pause(self, leg: Leg) -> None:
        if leg.pause is not None:
            self._sender.never(leg.pause)
            self._end_pause(leg)

    def _end_pause(self, leg: Leg) -> None:
        leg.pause = None
        if leg.live is not None:
            leg.live.core.refusal = ""

    def _exit(self, reason: str) -> None:
        """Protection failed: what is held is closed instead."""
        self.mode = Mode.EXITING
        self.reason = reason

    def _time_triggered_stop(self) -> None:
        """A triggered stop is an order like others and rests where the market went past its
        limit."""
        stop = self._stop.live
        if stop is None or not stop.core.triggered or stop is self._watched:
            return
        self._watched = stop
        self._watch = self._sender.later(
            self._settings.exit_patience_s, lambda: self._triggered_too_long(stop)
        )

    def _triggered_too_long(self, stop: Order) -> None:
        if stop.working and self.mode is Mode.GUARDING:
            story = f"{stop.describe()} was triggered and rests with {stop.leaves_qty} unfilled"
            self._sender.incident("stop_rests", story)
            self._exit(story)
            self.settle()

    def _close(self, qty: int) -> None:
        """Close what is held (above zero), or give back what was closed too much (below)."""
        if qty < 0 and not self._overfill:
            self._overfill = True
            self._sender.incident("overfill", f"{self!r}: {-qty} contracts closed too much")
        self._closer.send(self.plan.side.opposite if qty > 0 else self.plan.side, abs(qty))
