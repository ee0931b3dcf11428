"""A guard's shell: the stop and the target of what no bracket holds, kept as large as that is."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from ...instrument import Instrument
from ...words import Side, TimeInForce
from ..agreement import Wish
from ..brackets.core import Mode
from ..brackets.leg import Leg, Moved
from ..brackets.legs import Legs
from ..brackets.plan import NO_RULES
from ..exits.closing import Closer, Sender
from ..handle import Changed, Order
from ..owners import Past
from ..settings import OrderSettings
from . import core as core
from .core import Excess, GuardFacts, GuardOutcome
from .kept import GuardKept, placed_text
from .spec import GuardSpec


class Stand(Struct, frozen=True):
    """How an instrument stands, as far as we were told.

    `held`: contracts in all; `others`: of these, what brackets and groups hold; `owed`: what guards
    and closes closed too much and are giving back; all signed.
    `closing` and `resting`: contracts that closes at market are about to take of the rest, and
    that closes at a limit wait for. `mean_px`: of all that is held. `doubtful`: an order of ours is
    on its way and has no id yet, so that what is told of it may look like a stranger's. `opening`:
    sides on which orders work that stand alone and may add to what is held.
    """

    held: int
    others: int
    closing: int = 0
    resting: int = 0
    mean_px: Decimal | None = None
    doubtful: bool = False
    opening: tuple[Side, ...] = ()
    owed: int = 0

    @property
    def share(self) -> int:
        """Contracts that nobody else answers for, signed."""
        return core.share_of(self.held, self.others + self.owed)

    def beyond(self, side: Side, owed: int) -> int:
        """What is left for one that closes with this side, below zero where it closed too much.
        `owed`: what it gives back itself, signed."""
        return -side.sign * (self.held - self.others - (self.owed - owed))


class Guard:
    """The stop and the target of what is held in one instrument beyond what brackets hold.

    Both are as large as that is, whoever makes it larger or smaller, and go when nothing of it is
    left. The guard ends then, unless an order on its side that stands alone still works: one that
    adds while the stop fills is guarded, too (race-scenarios RS-21).
    Made by `protect`, which also changes it in place. Protection that will not come ends in a close
    at market, as a bracket's does.
    """

    kind = "guard"

    def __init__(
        self,
        intent: str,
        spec: GuardSpec,
        tif: TimeInForce,
        sender: Sender,
        settings: OrderSettings,
        look: Callable[[], Stand],
    ) -> None:
        self.intent = intent
        self.spec = spec
        self.mode = Mode.GUARDING
        self.reason = ""
        self.changed = Changed()
        self._stop, self._target = Leg("stop"), Leg("target", 0)
        self._legs = Legs(
            intent, spec.instrument, self._stop, [self._target], tif, sender, settings, self
        )
        self._closer = Closer(intent, spec.instrument, sender, settings, self.settle)
        self._sender = sender
        self._look = look
        self._tif = tif
        self._ended = self._turned = False
        self._retired = False  # taken away; what it closed too much it still gives back
        self._used_up = False  # so many contracts as it was for at most were closed
        self._share = 0
        self._closed = 0  # contracts that its orders closed
        self._spent = 0  # of these, before `qty` was said last
        self._closing = self._resting = 0
        self._mean_px: Decimal | None = None  # when it last grew: what distances count from
        stand = look()
        self._excess = Excess(0, stand.beyond(spec.side.opposite, 0))
        self._see(stand)

    # --- for the caller -------------------------------------------------------------------------

    @property
    def instrument(self) -> Instrument:
        return self.spec.instrument

    @property
    def stop(self) -> Order | None:
        """The stop that works, or the last one; None where none was sent."""
        return self._stop.live or self._stop.last

    @property
    def target(self) -> Order | None:
        """The target that works, or the last one; None where none was sent."""
        return self._target.live or self._target.last

    @property
    def position(self) -> int:
        """Contracts held that the guard answers for now, signed."""
        return 0 if self.over else self.spec.side.sign * self.facts().guarded(self.spec)

    @property
    def finished(self) -> bool:
        """True once nothing is left to guard, or it was taken away, and nothing of it works."""
        facts = self.facts()
        if facts.legs_live or facts.exit_live:
            return False
        return self.mode is Mode.RELEASED or (self.over and not facts.excess)

    async def protected(self, timeout: float | None = None) -> GuardOutcome:
        """Wait until what was asked for last is settled, at most `timeout` seconds; giving up the
        wait changes nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self.changed.until(lambda: self._outcome() is not None)
        except TimeoutError:
            pass
        settled = self._outcome()
        if settled is not None:
            return settled
        late = self.reason or "still on its way at the time-out"
        return GuardOutcome("uncertain", abs(self.position), late)

    async def ended(self) -> None:
        """Wait until the guard has ended and nothing of it works."""
        await self.changed.until(lambda: self.finished)

    def __repr__(self) -> str:
        return f"<guard {self.intent} {self.mode.value} position={self.position}>"

    # --- for the manager --------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether it guards nothing any more, and never will."""
        return self._ended or self._retired or self._used_up or self.mode is Mode.RELEASED

    def reopen(self) -> bool:
        """A fill was taken back: what is held again may be what it was for, and it looks. False
        where it was taken away, or let go."""
        if self._retired or self.mode is Mode.RELEASED:
            return False
        self._ended = False
        return True

    def kept(self) -> GuardKept:
        spec, grid = self.spec, self.spec.instrument
        return GuardKept(
            symbol=grid.symbol,
            side=spec.side,
            tif=self._tif,
            stop=placed_text(grid, spec.stop),
            target=placed_text(grid, spec.target),
            qty=spec.qty,
            mode=self.mode,
            reason=self.reason,
            dropped=tuple(leg.role for leg in self._legs.all if leg.dropped),
            ended=self._ended,
            retired=self._retired,
            mean_px=self._mean_px,
            spent=self._spent,
        )

    def resume(self, kept: GuardKept, past: Past) -> None:
        """Go on as the guard of another life, with its orders."""
        self.mode, self.reason = kept.mode, kept.reason
        self._ended, self._retired = kept.ended, kept.retired
        self._mean_px = kept.mean_px
        for leg in self._legs.all:
            leg.resume(past.of(leg.role), dropped=leg.role in kept.dropped)
        self._closer.resume(past.of("exit"))
        self._closed, self._spent = self._counted, kept.spent
        beyond = self._look().beyond(self.spec.side.opposite, 0)
        self._excess = Excess(self._closed, beyond)

    def retire(self) -> None:
        """Take the legs away and guard no more; what is held stays held."""
        self._retired = True
        self._sender.keep(self)
        self.settle()

    def change(self, spec: GuardSpec) -> None:
        """Guard by other levels from now on; the orders that work are changed in place."""
        before, self.spec = self.spec, spec
        self._spent = self._closed
        self.reason = ""
        self._sender.keep(self)
        for leg in self._legs.all:
            level = spec.level(leg.nth)
            if level is not None and level != before.level(leg.nth):
                leg.dropped, leg.failures = False, 0
                leg.cut_pause(self._sender)
        self.settle()
        for leg in self._legs.all:
            level = before.level(leg.nth)
            changed = level is not None and level != spec.level(leg.nth)
            if changed and leg.live is not None and not leg.settled:
                assert level is not None
                leg.moved = leg.moved or Moved(level, NO_RULES)

    def orders(self) -> list[Order]:
        """Every order of the guard so far."""
        return self._legs.orders() + self._closer.orders

    def settle(self) -> None:
        """Compare what should be working with what is, and send the difference."""
        self._legs.look()
        self._closer.settle()
        self._see(self._look())
        if self._target.orders and self._legs.gave_up(self._target):
            self._set(self._target, None)  # an incident said so
        side = self.spec.side
        wish = core.desired(self.spec, self.facts(), self.mode)
        self._legs.want(self._stop, wish.stop, side.opposite)
        self._legs.want(self._target, wish.target, side.opposite)
        self._closer.fit(side.sign * self.held())
        if wish.exit_qty:
            closes = wish.exit_qty > 0
            self._closer.send(side.opposite if closes else side, abs(wish.exit_qty))
        self.changed.tell()

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        self._legs.wake()
        self._closer.wake()
        self.settle()

    def release(self) -> None:
        """Take the legs away and guard no more; somebody else closes what is held."""
        self.mode = Mode.RELEASED
        self._sender.keep(self)
        self.settle()

    def sizes(self, order: Order) -> bool:
        """A leg's size follows what is held."""
        return True

    def move(self, order: Order, wish: Wish) -> bool:
        """A leg's new price becomes the guard's level."""
        leg = self._legs.leg_of(order)
        px = wish.stop_px if leg is self._stop else wish.price
        if leg is not None and px is not None:
            name = "stop" if leg is self._stop else "target"
            self.change(replace(self.spec, **{name: px}))
        return True

    def drop(self, order: Order) -> None:
        """The trader takes a leg away: it stays away until `protect` asks for it again."""
        leg = self._legs.leg_of(order)
        if leg is not None:
            self._legs.drop(order)
            self._set(leg, None)

    def stop_timers(self) -> None:
        """Nothing more is to be done."""
        self._legs.stop_timers()
        self._closer.stop()

    @property
    def bare(self) -> bool:
        """True when a stop was asked for and no confirmed one covers all that it is for."""
        facts = self.facts()
        asked = self.spec.stop is not None and facts.guarded(self.spec) > 0
        return (asked and not core.covered(self.spec, facts)) or facts.excess > 0

    def facts(self) -> GuardFacts:
        """All of it together, as it was at the last look."""
        return GuardFacts(
            share=0 if self._retired or self._used_up else self._share,
            stop=self._stop.facts(),
            target=self._target.facts(),
            closing=self._closing,
            resting=self._resting,
            excess=self._excess.qty,
            exit_live=self._closer.live is not None,
            flattening=self._sender.flattening(self.instrument),
            mean_px=self._mean_px,
            spent=self._closed - self._spent,
        )

    @property
    def owed(self) -> int:
        """Contracts that it closed too much and gives back, signed as they are held."""
        return -self.spec.side.sign * self._excess.qty

    @property
    def may_close(self) -> int:
        """Contracts that its orders may still close, the stop and the target being one."""
        facts, live = self.facts(), self._closer.live
        exits = live.leaves_qty if live is not None and live.side is not self.spec.side else 0
        return max(facts.stop.open_qty, facts.target.open_qty) + exits

    # --- for the legs -----------------------------------------------------------------------------

    def held(self) -> int:
        """Contracts that the legs protect; below zero after an over-fill."""
        facts = self.facts()
        return -facts.excess if facts.excess else facts.guarded(self.spec)

    def exit(self, reason: str) -> None:
        """Protection failed: what is guarded is closed instead."""
        self.mode = Mode.EXITING
        self.reason = reason
        self._sender.keep(self)

    def take_back(self, leg: Leg, before: Moved, order: Order) -> None:
        """The broker did not take the trader's change: the level is what it was, or, where an
        earlier change of several was taken, what the order has."""
        now = order.core.stop_px if leg is self._stop else order.core.price
        level = before.level
        was = replace(self.spec, **{leg.role: level})
        if now is not None and was.price(leg.nth, self._mean_px) != now:
            level = now
        self.reason = order.core.refusal
        self._set(leg, level)

    # --- how --------------------------------------------------------------------------------------

    def _set(self, leg: Leg, level: object) -> None:
        self.spec = replace(self.spec, **{leg.role: level})
        self._retired = self._retired or (self.spec.stop is None and self.spec.target is None)
        self._sender.keep(self)

    @property
    def _counted(self) -> int:
        """Contracts that its orders closed."""
        legs = sum(order.cum_qty for order in self._legs.orders())
        return legs + max(-self.spec.side.sign * self._closer.net, 0)

    def _see(self, stand: Stand) -> None:
        """Take in how the instrument stands."""
        sign = self.spec.side.sign
        self._closed = self._counted
        if self._excess.see(self._closed, stand.beyond(self.spec.side.opposite, self.owed)):
            text = f"{self!r}: {self._excess.qty} contracts closed too much"
            self._sender.incident("overfill", text)
        if self._ended:
            if sign * (stand.held - stand.owed) < 0 and self.facts().legs_live:
                self._turned_over(stand.held)  # one fill, told in two: to zero, and beyond
            return
        share = max(sign * stand.share, 0)
        if (share > self._share or self._mean_px is None) and stand.mean_px is not None:
            self._mean_px = stand.mean_px
        self._share, self._closing, self._resting = share, stand.closing, stand.resting
        most = self.spec.qty
        self._used_up = most is not None and self._closed - self._spent >= most
        turned = sign * stand.held < 0
        waits = stand.doubtful or self.spec.side in stand.opening
        if share == 0 and (turned or not waits):
            self._ended = True
            self._closing = self._resting = 0
            if turned:
                self._turned_over(stand.held)

    def _turned_over(self, held: int) -> None:
        """Others took the position through zero; said once."""
        if not (self._turned or self._excess.qty):
            self._turned = True
            text = f"{self!r}: the position was turned over to {held}; nothing guards it"
            self._sender.incident("guard_turned", text)

    def _outcome(self) -> GuardOutcome | None:
        facts, reason = self.facts(), self.reason
        if any(leg.moved is not None and leg.live is not None for leg in self._legs.all):
            return None  # the broker has not said yes or no to it
        return core.outcome(self.spec, facts, self.mode, reason)
