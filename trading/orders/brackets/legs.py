"""The protective legs of what is held, kept as wished: the shell that brackets and guards share.

Whoever owns them says what each leg should have open; here it is sent, changed and taken away, a
failure is tried again after a pause, and protection that will not come ends in a close.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import structs

from ...instrument import Instrument
from ...words import OrdStatus, Reason, Side, TimeInForce
from ..agreement import Wish
from ..exits.closing import Sender
from ..handle import Order
from ..sending.backoff import is_shut
from ..settings import OrderSettings
from .core import NOTHING, LegWish, Mode
from .hedge import Hedge
from .leg import Leg, Moved, the_live, where_it_is
from .missing import Missing
from .replacing import beside, forget, no_room, takes_over

_WRONG_SIDE = (Reason.SELL_STOP_NOT_BELOW_LAST, Reason.BUY_STOP_NOT_ABOVE_LAST)


class Holder(Protocol):
    """Whose legs they are. `mode`: whether it guards, closes or has let go."""

    @property
    def mode(self) -> Mode: ...

    def held(self) -> int:
        """Contracts that the legs protect; below zero after an over-fill."""

    def take_back(self, leg: Leg, before: Moved, order: Order) -> None:
        """The broker did not take a move of the trader's."""

    def exit(self, reason: str) -> None:
        """Protection failed: close what is held instead."""

    def settle(self) -> None:
        """Facts changed: do what follows."""


class Legs:
    """A stop and targets of one intent, on one instrument."""

    def __init__(
        self,
        intent: str,
        instrument: Instrument,
        stop: Leg,
        targets: Sequence[Leg],
        tif: TimeInForce,
        sender: Sender,
        settings: OrderSettings,
        holder: Holder,
    ) -> None:
        self.stop = stop
        self.all = [stop, *targets]
        self._intent = intent
        self._instrument = instrument
        self._tif = tif
        self._sender = sender
        self._settings = settings
        self._holder = holder
        self._hedge = Hedge(sender, settings, holder.settle)
        self._missing = Missing(sender)
        self._taken = self._targets_since()  # as it was when a stop failed last
        self._watched: Order | None = None  # the triggered stop that is being timed
        self._watch: int | None = None

    def orders(self) -> list[Order]:
        """Every order that played a leg so far."""
        return [order for leg in self.all for order in (*leg.orders, *leg.surplus)]

    @property
    def closed(self) -> int:
        """Contracts that the legs closed."""
        return sum([leg.cum_qty for leg in self.all])

    @property
    def busy(self) -> bool:
        """Whether the stop or a target works or may be working."""
        return any(leg.busy for leg in self.all)

    def leg_of(self, order: Order) -> Leg | None:
        """The leg that an order plays now."""
        return next((leg for leg in self.all if order in leg.standing), None)

    def drop(self, order: Order) -> None:
        """The trader takes a leg's order away: nothing is sent in its place."""
        for leg in self.all:
            leg.dropped = leg.dropped or order in leg.standing

    def look(self) -> None:
        """Look at what became of the legs' orders since the last time."""
        for leg in self.all:
            if leg.orders:
                self._judge(leg)
                if leg.replaced is not None:
                    takes_over(leg, self._sender)
        if self.stop.shut and self.stop.pause is not None and self._is_open():
            self.stop.cut_pause(self._sender)
        self._missing.look(self.all, gave_up=self.gave_up(self.stop))
        self._time_triggered_stop()

    def want(self, leg: Leg, wish: LegWish, side: Side) -> None:
        """Have a leg open what is wished, on this side; nothing else of it works."""
        if wish.stays:
            return
        if wish.open_qty and wish.price is None:
            there = self._sender.in_place and leg.live is not None
            if not there and leg.live is not None and leg.live.leaves_qty < wish.open_qty:
                return  # some of it is better than none
            wish = where_it_is(leg, wish) if there else NOTHING
        standing, wanted = leg.standing, wish.open_qty > 0 and not leg.dropped
        if not (standing or wanted or leg is self.stop):
            return
        paused = leg.pause is not None
        doubted = leg is self.stop and not self._hedge.at_ease(standing)
        room = wanted and (doubted or not standing)
        if room and not (paused or self.gave_up(leg)) and self._has_room(leg, standing, wish):
            request = leg.request(self._intent, self._instrument, side, self._tif, wish)
            alone, new = self._hedge.alone(leg, standing), self._sender.send(request)
            leg.sent(new)
            if alone is not None:
                self._hedge.say(alone, new)
            if leg is self.stop:
                self._hedge.watch(leg, leg.standing)
            return
        if doubted:
            self._hedge.watch(leg, standing)
        live = the_live(standing)
        for order in standing:
            spare = order is not live and live is not None and live.core.accepted
            if not wanted or (spare and leg.replaced is None):
                order.core.want_gone()
            elif order is live and not paused:
                self._change(leg, order, wish, side)
            elif order is live:
                self._size_alone(leg, order, wish)
            self._sender.advance(order)

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        for leg in self.all:
            leg.cut_pause(self._sender)

    def stop_timers(self) -> None:
        """Nothing more is to be done. Should something be held again, it is protected at once."""
        self._sender.never(self._watch)
        self._hedge.stop()
        for leg in self.all:
            leg.cut_pause(self._sender)

    def gave_up(self, leg: Leg) -> bool:
        """Whether a leg failed as often as the settings allow."""
        return leg.failures >= self._settings.stop_tries

    # --- how --------------------------------------------------------------------------------------

    def _change(self, leg: Leg, order: Order, wish: LegWish, side: Side) -> None:
        """Have the order that works at a size and a level, or another one in its place."""
        wished = _at(order, wish, is_stop=leg is self.stop)
        if self._sender.in_place:
            order.core.want(wished)
        elif wished == order.core.wish or not beside(leg, order) or self.gave_up(leg):
            return  # it is as it should be, or its fate is not known
        elif leg is self.stop and not leg.cancel_first:
            request = leg.request(self._intent, self._instrument, side, self._tif, wish)
            doubted = [other for other in leg.standing if other is not order]
            leg.replaced = order
            leg.sent(new := self._sender.send(request))
            for other in doubted:  # the substitute of it has the wrong size by now
                self._hedge.say(other, new)
            self._hedge.watch(leg, leg.standing)
            forget(leg)
        else:
            leg.cancel_first = False
            order.core.want_gone()

    def _judge(self, leg: Leg) -> None:
        """Look once at the end of each attempt, and at each refused change."""
        for order in leg.judging.copy():
            if order.core.venue_status.terminal:
                leg.judging.remove(order)
                self._ended(leg, order)
        live = leg.live
        if live is None:
            return
        core = live.core
        if not core.refusal or leg.excused == core.refusals:
            leg.refused_s = None
        elif leg.refused_s is None:
            leg.refused_s = self._sender.now_s()
        if core.change_refused and leg.pause is None and leg.excused != core.refusals:
            self._change_refused(leg, live)
        elif leg.replaced is None and core.agreed:
            leg.moved = None
            if leg.since_s is None:
                leg.since_s = self._sender.now_s()

    def _ended(self, leg: Leg, order: Order) -> None:
        core = order.core
        self._sender.never(leg.pause)
        leg.pause = leg.refused_s = None
        if leg.replaced is not None and order is leg.last and core.wish.working:
            self._not_replaced(leg, leg.replaced, order)
        elif core.wish.working and core.venue_status is not OrdStatus.FILLED:
            self._failed(leg, order, core.venue_status.name.lower(), core.reason, core.text)

    def _not_replaced(self, leg: Leg, old: Order, new: Order) -> None:
        """What was to take an order's place was not taken: the old one works on."""
        leg.replaced = None
        if new.core.venue_status is OrdStatus.FILLED:
            return
        if no_room(new):
            leg.cancel_first = True
        elif leg.moved is not None and not new.core.unsent.count:
            before, leg.moved = leg.moved, None
            self._holder.take_back(leg, before, old)
        else:
            self._failed(leg, new, "change_refused", new.core.reason, new.core.text)

    def _size_alone(self, leg: Leg, order: Order, wish: LegWish) -> None:
        """A change of size and price may have been refused for its price: its size is tried alone,
        once. What is too large must not wait for a price that the broker takes (INV-02)."""
        alone, core = where_it_is(leg, wish), order.core
        again = alone.price == wish.price or leg.combined != core.refusals
        if core.change_refused and not again:
            core.want(_at(order, alone, is_stop=leg is self.stop))

    def _has_room(self, leg: Leg, standing: list[Order], wish: LegWish) -> bool:
        """Whether an attempt may be sent: none may be working but a stop in doubt."""
        fits = leg.replaced is not None and leg.replaced.leaves_qty == wish.open_qty
        return not standing or (leg is self.stop and not fits and self._hedge.due(leg, standing))

    def _change_refused(self, leg: Leg, order: Order) -> None:
        """The order works on as it was. It is kept while the change is tried again: an old stop
        protects more than none, and the market may take no new one."""
        if leg.moved is not None:  # the trader is told by the change itself
            before, leg.moved = leg.moved, None
            self._holder.take_back(leg, before, order)
            leg.excused = order.core.refusals
            return
        holder = self._holder
        too_large = holder.mode is not Mode.GUARDING and order.leaves_qty > holder.held()
        self._failed(leg, order, "change_refused", order.core.refusal_reason, order.core.refusal)
        leg.combined = order.core.refusals
        if holder.mode is not Mode.GUARDING:  # it closes: what stays, stays as it is
            leg.excused = order.core.refusals
        if too_large if leg is self.stop else self.gave_up(leg):
            # A target may be larger than what is held; a stop alone is safer. So is none, where it
            # was to be made smaller for what closes the rest.
            order.core.want_gone()
            self._sender.advance(order)

    def _failed(self, leg: Leg, order: Order, what: str, reason: Reason, text: str) -> None:
        settings, holder = self._settings, self._holder
        unsent = order.core.unsent.count  # nobody was reached: no failure
        shut = is_shut(reason, unsent)
        not_now = (shut or unsent > 0) and not self._sender.last_call
        leg.failed(self._sender.now_s(), settings.proven_s, counts=not not_now, shut=shut)
        if leg is self.stop:
            self._taken = self._targets_since()
        story = f"{order.describe()} {what}: {text or 'the broker gave no reason'}"
        if not not_now or leg.said != (what, reason, text):  # one for a market that stays closed
            self._sender.incident(f"{'stop' if leg is self.stop else 'target'}_{what}", story)
        leg.said = (what, reason, text)
        stop = self.stop.facts()
        # A stop of the right size that only will not move protects as it is.
        sized = what == "change_refused" and stop.agreed and stop.open_qty == holder.held()
        hopeless = reason in _WRONG_SIDE or (self.gave_up(leg) and not sized)
        if leg is self.stop and hopeless and self._gives_up(story):
            return
        stands_in = leg.live is not None and leg.live.core.accepted
        if order.core.terminal and stands_in and what != "change_refused":
            return  # another attempt stands in for it
        pause_s = self._sender.pause_s(order, leg.pauses, not_now=not_now)
        vanished = leg is self.stop and order.core.venue_status is OrdStatus.CANCELED
        if vanished and leg.pauses == 1 and not self._sender.last_call:
            # Whoever took it away may have closed what it protected, and the fill is told later
            # (race-scenarios RS-17, RS-20): ask, and do not wait long for the answer.
            pause_s = settings.vanished_s
            self._sender.look_around(order, lambda: leg.cut_pause(self._sender))
        if leg.refused_s is not None:  # the look that told that it works as it was is a part of it
            pause_s = max(pause_s - (self._sender.now_s() - leg.refused_s), 0.0)
        leg.pause = self._sender.pause(order, pause_s, lambda: self._resume(leg))

    def _is_open(self) -> bool:
        """Whether the broker has taken a target since it called the market shut to the stop: it is
        open then, and the stop is not to wait as long as a halt may last. Once for each that it
        took."""
        before, self._taken = self._taken, self._targets_since()
        pairs = zip(before, self._taken, strict=True)
        return any(now is not None and now != was for was, now in pairs)

    def _targets_since(self) -> list[float | None]:
        """Since when each target works as wished."""
        return [leg.since_s for leg in self.all if leg is not self.stop]

    def _gives_up(self, story: str) -> bool:
        """No other stop is to be had: what is held is closed. Whether none is tried meanwhile: one
        works, or nothing is in doubt."""
        holder, guarded = self._holder, self._holder.mode is Mode.GUARDING
        if guarded:
            holder.exit(story)
        elif holder.mode is Mode.RELEASED or self._missing.since_s is not None:
            return False
        waits = not self.stop.facts().confirmed and self._missing.begin(self.all)
        return guarded and not waits

    def _resume(self, leg: Leg) -> None:
        leg.end_pause()
        self._holder.settle()

    def _time_triggered_stop(self) -> None:
        """A triggered stop is an order like others and rests where the market went past its
        limit."""
        stop = self.stop.live
        if stop is None or not stop.core.triggered or stop is self._watched:
            return
        self._watched = stop
        half_s = self._settings.exit_patience_s / 2
        self._watch = self._sender.later(half_s, lambda: self._ask_triggered(stop, half_s))

    def _ask_triggered(self, stop: Order, rest_s: float) -> None:
        """It may have been filled and nobody told."""
        if stop.working:
            stop.core.doubt.arise()
            self._sender.advance(stop)
            self._watch = self._sender.later(rest_s, lambda: self._triggered_too_long(stop))

    def _triggered_too_long(self, stop: Order) -> None:
        if stop.working and self._holder.mode is Mode.GUARDING:
            story = f"{stop.describe()} was triggered and rests with {stop.leaves_qty} unfilled"
            self._sender.incident("stop_rests", story)
            self._holder.exit(story)
            self._holder.settle()


def _at(order: Order, wish: LegWish, *, is_stop: bool) -> Wish:
    """An order's wish with the size and the level that its leg should have."""
    order_qty = order.cum_qty + wish.open_qty
    now = order.core.wish
    px = now.stop_px if is_stop else now.price
    if order_qty == now.order_qty and (wish.price is px or wish.price == px):
        return now
    if is_stop:
        return structs.replace(now, order_qty=order_qty, stop_px=wish.price)
    return structs.replace(now, order_qty=order_qty, price=wish.price)
