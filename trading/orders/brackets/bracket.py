"""A bracket's shell: its legs as orders, the caller's view, and facts -> desired -> send."""

import asyncio
from decimal import Decimal

import msgspec

from ...errors import UsageError
from ...instrument import Instrument
from ...order import OrderRequest
from ...words import OrdStatus, TimeInForce
from ..agreement import Wish
from ..exits.closing import Closer, Sender
from ..handle import Changed, Order
from ..owners import Past
from ..settings import OrderSettings
from . import core as core
from .core import Facts, Mode
from .entry_time import EntryTime
from .following import Follower
from .kept import BracketKept, bracket_kept, plan_of
from .leg import Leg, Moved
from .legs import Legs
from .moving import Moves
from .native import Native, plain_entry
from .outcome import Outcome, covered, outcome, outcome_so_far
from .parting import Part
from .plan import Level, Plan, roles


class Bracket:
    """An entry with a stop and, perhaps, targets. Protection goes on whatever the caller does.

    A leg that the trader cancels stays away; one that the trader moves stays where it was moved to.
    Rules that move the stop never move it back; a stop that the trader moves back is the trader's
    own, and the rules leave it alone.

    `native`: what the broker keeps of it, if anything.
    """

    kind = "bracket"

    def __init__(
        self, intent: str, plan: Plan, tif: TimeInForce, sender: Sender, settings: OrderSettings
    ) -> None:
        self.intent = intent
        self.plan = plan
        self.mode, self.reason = Mode.GUARDING, ""
        self._entry, self._stop = Leg("entry"), Leg("stop")
        self._targets = [Leg(role, nth) for nth, role in enumerate(roles(plan))]
        self._legs = Legs(
            intent, plan.instrument, self._stop, self._targets, tif, sender, settings, self
        )
        self._moves = Moves(self._stop, sender, self)
        self._closer = Closer(intent, plan.instrument, sender, settings, self.settle)
        self._tif, self._sender, self._settings = tif, sender, settings
        self.changed = Changed()
        self.native: Native | None = None
        self._overfill = False  # an incident said already that too much was closed
        self._flat = False  # nothing was held when a flatten was through with it
        self.taken = 0  # contracts that other hands closed
        self._time = EntryTime(plan.rules.entry_timeout, sender, self._changed_plan)
        self._parted = 0  # closed by closing orders once all that the trader asked is
        self._follower = Follower(
            sender, settings, lambda: (self.plan, self.facts()), self._changed_plan
        )

    # --- for the caller -------------------------------------------------------------------------

    @property
    def instrument(self) -> Instrument:
        return self.plan.instrument

    @property
    def entry(self) -> Order:
        """The entry; the second one where a broker refused the first for what was attached."""
        return self._entry.orders[-1]

    @property
    def stop(self) -> Order | None:
        """The stop that works, or the last one; None before the first fill. One that the broker
        keeps is there earlier, suspended."""
        return self._stop.live or self._stop.last

    @property
    def target(self) -> Order | None:
        """The nearest target that works, or the last one that did; None before the first fill and
        where none was asked."""
        sent = self.targets
        working = [order for order in sent if order.working]
        return working[0] if working else sent[-1] if sent else None

    @property
    def targets(self) -> list[Order]:
        """Each target's newest order, nearest first, of those that were sent."""
        return [leg.last for leg in self._targets if leg.last is not None]

    @property
    def position(self) -> int:
        """Contracts held through this bracket now, signed: `facts().net`, and asked often."""
        own = self._entry.cum_qty - self._legs.closed - self.taken
        return self.plan.side.sign * own + self._closer.net

    @property
    def finished(self) -> bool:
        """True once nothing of the bracket works and, unless it was released, nothing is held."""
        if self.native is not None and self.native.expects:
            return False
        if self._entry.busy or self._legs.busy or self._closer.live is not None:
            return False
        net = self.plan.side.sign * self.position
        return net == 0 or (self.mode is Mode.RELEASED and net > 0)

    async def protected(self, timeout: float | None = None) -> Outcome:
        """Wait until the entry is over and its outcome settled, at most `timeout` seconds;
        `Outcome` says how things stand then. Events flow on meanwhile. Giving up the wait changes
        nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self.changed.until(lambda: outcome(*self._standing()) is not None)
        except TimeoutError:
            pass
        return outcome_so_far(*self._standing())

    async def move_stop(self, level: Level, *, loosen: bool = False) -> None:
        """Move the stop, and wait until the broker agreed or the stop is over; before the first
        fill only the plan changes.

        Distances count from the mean entry price; below zero they lie beyond it. Raises `OffGrid`,
        and `UsageError` for a level beyond a target, or further from the market than now unless
        `loosen` (which ends the rules that move it); `RefusedByUs` where there is no stop to move;
        `Refused` when the broker said no: it is where it was then, or, where none would work
        any more, what is held is closed.
        """
        await self._moves.move(self._stop, level, loosen=loosen)

    async def move_target(self, level: Level, *, nth: int = 1, loosen: bool = False) -> None:
        """As `move_stop`, for the `nth` target, from 1, the nearest."""
        if not 1 <= nth <= len(self._targets):
            have = len(self._targets) or "none"
            raise UsageError(f"bracket {self.intent} has no target {nth!r}; targets: {have}")
        await self._moves.move(self._targets[nth - 1], level, loosen=loosen)

    async def closed(self) -> None:
        """Wait until nothing is held through this bracket and nothing of it works."""
        await self.changed.until(lambda: self.finished)

    def __repr__(self) -> str:
        return f"<bracket {self.intent} {self.mode.value} position={self.position}>"

    # --- for the manager --------------------------------------------------------------------------

    def begin(self, entry: OrderRequest) -> None:
        """Send the entry."""
        if entry.attached is not None:
            self.native = self._kept_by_broker()
        self._entry.sent(self._sender.send(entry))
        self._time.begin(self.entry)

    def kept(self) -> BracketKept:
        return bracket_kept(
            self.plan,
            self._tif,
            mode=self.mode,
            reason=self.reason,
            dropped=tuple(leg.role for leg in self._legs.all if leg.dropped),
            late=self._time.late,
            overfill=self._overfill,
            parted=self._parted,
            taken=self.taken,
            followed=self._follower.px,
            best=self._follower.best,
            handed=self.native is not None and self.native.ours,
            flat=self._flat,
        )

    def keep(self) -> None:
        """What a journal has of it is not so any more."""
        self._sender.keep(self)

    @classmethod
    def rebuild(cls, kept: BracketKept, past: Past) -> "Bracket":
        """The bracket of another life."""
        plan = plan_of(kept, past.find(kept.symbol))
        bracket = cls(past.intent, plan, kept.tif, past.sender, past.settings)
        bracket.mode, bracket.reason, bracket.taken = kept.mode, kept.reason, kept.taken
        bracket._overfill, bracket._parted, bracket._flat = kept.overfill, kept.parted, kept.flat
        bracket._follower.px, bracket._follower.best = kept.followed, kept.best
        bracket._entry.resume(past.of("entry"), dropped=False)
        for leg in bracket._legs.all:
            leg.resume(past.of(leg.role), dropped=leg.role in kept.dropped)
        bracket._closer.resume(past.of("exit"))
        bracket._time.late = kept.late
        bracket._time.begin(bracket.entry, past.gone_s(bracket.entry))
        if kept.handed or bracket.entry.core.request.attached is not None:
            bracket.native = bracket._kept_by_broker()
            bracket.native.resume(past.of("stray"), ours=kept.handed)
        return bracket

    def release(self) -> None:
        """Take the legs away; somebody else closes what is held."""
        self.mode = Mode.RELEASED
        self.keep()
        self.settle()

    def guard(self) -> None:
        """Nobody else can close it now: what is held is protected again."""
        self.mode = Mode.GUARDING
        self.keep()

    def drop(self, order: Order) -> None:
        """The trader takes a leg's order away: nothing is sent in its place."""
        self._legs.drop(order)
        self.keep()

    def sizes(self, order: Order) -> bool:
        """A leg's size follows what the bracket holds."""
        return order is not self.entry

    def move(self, order: Order, wish: Wish) -> bool:
        """A leg's new price becomes the plan's. False for the entry."""
        if order is self.entry:
            return False
        leg = self._legs.leg_of(order)
        px = wish.stop_px if leg is self._stop else wish.price
        if leg is not None and px is not None:
            self._moves.make(leg, px)
        return True

    def orders(self) -> list[Order]:
        """Every order of the bracket so far."""
        strays = [] if self.native is None else self.native.strays
        return self._entry.orders + self._legs.orders() + self._closer.orders + strays

    def part(self, qty: int) -> Part | None:
        """Close at market up to `qty` contracts of those held and not closing yet; None where there
        are none. The rest stays protected; an entry that still works is cancelled."""
        facts = self.facts()
        taken = min(qty, facts.free)
        if taken < 1 or self.mode is not Mode.GUARDING:
            return None
        start = facts.exit_cum + facts.closing
        self._parted = start + taken
        self.keep()
        self.settle()
        return Part(lambda: (self.facts(), self.mode), start, taken)

    def on_price(self, price: Decimal) -> None:
        """The market traded at a price, or would close us at it: the rules on the stop look.

        A stop that the market passed while it was on its way closes the position (RS-06).
        """
        guards = self.mode is Mode.GUARDING and not self._sender.closed
        if guards and self.plan.rules.follows:
            self._follower.see(price, self.plan.side.sign)

    @property
    def bare(self) -> bool:
        """True when something is held and no confirmed stop covers it."""
        facts = self.facts()
        return facts.net != 0 and not covered(facts)

    def facts(self) -> Facts:
        """All legs together, as they are."""
        entry, exits = self._entry.orders[-1].core, self._closer
        entry_px = entry.price if entry.avg_px is None else entry.avg_px
        facts = Facts(
            entry=self._entry.facts(),
            entry_px=entry.stop_px if entry_px is None else entry_px,
            stop=self._stop.facts(),
            targets=tuple([leg.facts() for leg in self._targets]),
            exit_cum=-self.plan.side.sign * exits.net if exits.orders else 0,
            exit_live=exits.live is not None,
            followed=self._follower.px,
            late=self._time.late,
            taken=self.taken,
            flattening=self._sender.flattening(self.plan.instrument),
        )
        closing = min(self._parted - facts.exit_cum, facts.net)
        return msgspec.structs.replace(facts, closing=closing) if closing > 0 else facts

    def settle(self) -> None:
        """Compare what should be working with what is, and send the difference."""
        if self.native is not None:
            self.native.look()
            self._send_plain()
        self._legs.look()
        self._closer.settle()
        facts, side = self.facts(), self.plan.side.opposite
        if facts.excess and not self._overfill:
            self._overfill = True
            self.keep()
            self._sender.incident("overfill", f"{self!r}: {facts.excess} contracts closed too much")
        if self.mode is Mode.RELEASED:
            self._let_go(facts)
        wish = core.desired(self.plan, facts, self.mode)
        if not self.entry.working:
            self._time.stop()
        elif not wish.entry_working:
            self.entry.core.want_gone()
            self._sender.advance(self.entry)
        wishes = wish.stop, *wish.targets
        if self.native is None or not self.native.minds(wishes, facts, self.mode):
            for leg, wished in zip(self._legs.all, wishes, strict=True):
                self._legs.want(leg, wished, side)
        if self._closer.live is not None:
            self._closer.fit(self.position)
        if wish.exit_qty:
            self._closer.close(side, wish.exit_qty)
        self.changed.tell()

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        self._legs.wake()
        self._closer.wake()
        self.settle()

    def stop_timers(self) -> None:
        """Nothing more is to be done."""
        self._time.stop()
        self._legs.stop_timers()
        self._follower.stop()
        self._closer.stop()
        if self.native is not None:
            self.native.stop_timers()

    # --- for the legs -----------------------------------------------------------------------------

    def held(self) -> int:
        """Contracts that the legs protect; below zero after an over-fill."""
        return self.facts().free

    def exit(self, reason: str) -> None:
        """Protection failed: what is held is closed instead."""
        self.mode, self.reason = Mode.EXITING, reason
        self.keep()

    def take_back(self, leg: Leg, before: Moved, order: Order) -> None:
        """The broker did not take a move of the trader's."""
        self._moves.take_back(leg, before, order)

    def replan(self, plan: Plan) -> None:
        """The trader's legs belong elsewhere from now on."""
        self.plan = plan
        self.keep()

    # --- how --------------------------------------------------------------------------------------

    def _standing(self) -> tuple[int, Facts, OrdStatus, Mode, str]:
        entry, reason = self.entry.core, self.reason
        if not reason and self._time.late and entry.venue_status is not OrdStatus.FILLED:
            reason = f"not filled within {self.plan.rules.entry_timeout:g} s"
        return entry.order_qty, self.facts(), entry.venue_status, self.mode, reason or entry.text

    def _let_go(self, facts: Facts) -> None:
        """A flatten looks after it. What is told of only after that was through is closed, too."""
        if facts.flattening and self._flat is not (facts.net == 0):
            self._flat = facts.net == 0
            self.keep()
        elif self._flat and facts.net > 0 and not facts.flattening:
            self.exit("a fill was told after a flatten")

    def _send_plain(self) -> None:
        """The entry again, without what the broker refused to attach; the legs are ours then."""
        plain = plain_entry(self.entry)
        if plain is not None and self.mode is Mode.GUARDING and not self._time.late:
            text = f"{self.entry.describe()}: {self.entry.core.text}; sent without"
            self.native = None
            self._sender.incident("native_refused", text, self.entry.cl_ord_id)
            self._entry.sent(self._sender.send(plain))

    def _kept_by_broker(self) -> Native:
        side = self.plan.side.opposite
        return Native(self._entry, self._legs.all, side, self._sender, self._settings, self)

    def _changed_plan(self) -> None:  # by the rules on the stop, or the entry's time is over
        self.keep()
        self.settle()
