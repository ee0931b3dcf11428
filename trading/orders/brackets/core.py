"""A bracket, sans I/O: from position and intent follows what should be working.

Protection is not a script of steps. After every event the facts of all legs are taken together and
`desired` says what each leg should have open; the shell compares and sends. The arithmetic:

    net = filled entry - filled stop - filled targets - filled exit - taken     (contracts held)

The stop has `net` open, and each target its share of what was filled, all together never more than
`net` (stop and targets are one OCO group): never the size that was intended. What the trader closes
at market counts as closed as soon as that is asked for; what other hands closed is taken off
(`attribution`). A first fill of the stop or a target ends the entry, and so do a close, other hands
and its time-out. Nothing held and no entry working: no legs. More
closed than was opened (both legs filled in one race): the excess is bought or sold back, once, by
the flatten where one is under way.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from ...errors import UsageError
from ...price import Ticks, price_text
from ...words import Side
from .plan import Level, Plan, Rules, check_levels, check_line, leg_price, roles


class Mode(Enum):
    """GUARDING protects what is held. EXITING closes it, protection having failed. RELEASED takes
    the legs away and leaves the position to somebody else (flatten)."""

    GUARDING = "guarding"
    EXITING = "exiting"
    RELEASED = "released"


_GUARDING, _EXITING, _RELEASED = Mode.GUARDING, Mode.EXITING, Mode.RELEASED  # looked up once


class LegFacts(Struct, frozen=True):
    """One leg, all its attempts together. `open_qty`: contracts that may still fill. `live`: an
    attempt works or may be working. `agreed`: the broker took it, and nothing of ours is under way
    but perhaps another price. `unsure`: nobody knows whether any of what is live is there.
    `untold`: an attempt was sent, and nothing was heard of it yet. `confirmed`: the live one works
    by the broker's word, be it as wished or not. `doubted`: nobody answers what became of an
    attempt. `missing`: nobody found any of what is live, since protection was given up."""

    cum_qty: int = 0
    open_qty: int = 0
    live: bool = False
    agreed: bool = False
    unsure: bool = False
    untold: bool = False
    confirmed: bool = False
    doubted: bool = False
    missing: bool = False


class Facts(Struct, frozen=True):
    """A bracket as it is. `entry_px`: what distances count from, None while nobody knows it.
    `exit_cum` is signed: contracts closed, less contracts given back. `targets` in the plan's
    order. `followed`: the stop's price by the rules so far. `late`: the entry's time is up.
    `closing`: contracts of those held that the trader has closed at market. `taken`: contracts that
    other hands closed, less those that they gave back. `flattening`: a flatten looks after all that
    is held.

    Two numbers follow from these, and are asked too often to be summed up each time: `closed`,
    contracts that stop and targets closed, and `net`, those held through this bracket, below zero
    after an over-fill."""

    entry: LegFacts
    entry_px: Decimal | None
    stop: LegFacts
    targets: tuple[LegFacts, ...]
    exit_cum: int
    exit_live: bool
    followed: Decimal | None = None
    late: bool = False
    closing: int = 0
    taken: int = 0
    flattening: bool = False
    closed: int = 0
    net: int = 0

    def __post_init__(self) -> None:
        closed = self.stop.cum_qty + sum([target.cum_qty for target in self.targets])
        force_setattr(self, "closed", closed)
        force_setattr(self, "net", self.entry.cum_qty - closed - self.exit_cum - self.taken)

    @property
    def free(self) -> int:
        """Contracts held that the legs are for."""
        return self.net - self.closing

    @property
    def legs_fit(self) -> bool:
        """Whether neither the stop nor all targets together may close more than they are for."""
        targets = sum([target.open_qty for target in self.targets])
        return max(self.stop.open_qty, targets) <= self.free and (
            self.free > 0 or not self.legs_live
        )

    @property
    def legs_live(self) -> bool:
        """Whether the stop or a target works or may be working."""
        return self.stop.live or any(target.live for target in self.targets)

    @property
    def legs_known(self) -> bool:
        """Whether the stop or a target works, as far as anybody knows."""
        return any(leg.live and not leg.unsure for leg in (self.stop, *self.targets))

    @property
    def legs_found(self) -> bool:
        """Whether the stop or a target works or may be working, and is not missing."""
        return any(leg.live and not leg.missing for leg in (self.stop, *self.targets))

    @property
    def excess(self) -> int:
        """Contracts closed too much, by the bracket's own orders or together with other hands."""
        over = -self.net
        if self.taken < 0:
            over -= self.taken
        return over if over > 0 else 0


class LegWish(Struct, frozen=True):
    """What a leg should have open, and where. 0: nothing. `stays`: what it has, as it is. Without a
    price: where it is."""

    open_qty: int
    price: Decimal | None = None
    stays: bool = False


class Desired(Struct, frozen=True):
    """What should be working. `exit_qty` is to be sent at market now: above zero closes, below zero
    gives back what was closed too much."""

    entry_working: bool
    stop: LegWish
    targets: tuple[LegWish, ...]
    exit_qty: int = 0


NOTHING = LegWish(0)
AS_IT_IS = LegWish(0, stays=True)


def last_stop(
    stop: LegFacts, targets: Sequence[LegFacts], held: int, price: Decimal | None
) -> LegWish:
    """What becomes of the stop of what is to be closed. It is taken away before that, as all legs
    are; but not while nobody has heard of a target or of another stop beside it, since nothing can
    be closed until it is known whether that works, and what is held would have no stop for as long
    (docs/decisions/0013). So a stop that may be there itself is not asked away before its targets
    are known. One that is too large, or too small for what was filled meanwhile, is changed where
    it is. Where none works, and nobody answers what became of such an order, one is sent: at its
    `price`, None where that is not known.
    """
    if held <= 0:
        return NOTHING
    doubted = stop.doubted or any(target.doubted for target in targets)
    works = stop.confirmed and stop.open_qty > 0
    if doubted and not works and price is not None:
        return LegWish(held, price)
    waits = any(target.untold for target in targets) or (stop.untold and stop.confirmed)
    there = stop.confirmed or stop.untold
    if not (waits and there and stop.open_qty):
        return NOTHING
    larger = stop.open_qty < held and stop.confirmed and not stop.untold
    return LegWish(held) if larger or stop.open_qty > held else AS_IT_IS


def desired(plan: Plan, facts: Facts, mode: Mode) -> Desired:
    """What should be working, given what is."""
    net, guarding = facts.net, mode is _GUARDING
    closing_began = facts.exit_cum or facts.taken or facts.closing > 0 or facts.closed > 0
    entry_working = guarding and not (closing_began or facts.late)
    if guarding and net > 0:
        stop_px = stop_price(plan, facts)
        stop = NOTHING if stop_px is None else LegWish(facts.free, stop_px)
        # Part of it is closed: the legs are made smaller first, so that together with the closing
        # order they never close more than is held.
        goes = facts.closing > 0 and facts.legs_fit and not facts.exit_live
        return Desired(entry_working, stop, _targets(plan, facts), facts.closing if goes else 0)
    entry_live = facts.entry.live and not entry_working
    # Closing waits until the legs are out: the stop may fill while it is being cancelled, and then
    # there is nothing left to close (race-scenarios RS-32). What was closed too much is given back
    # all the same while a leg is in doubt: should that be there and fill, it is more of it. Nor is
    # a missing leg waited for where no stop is to be had (docs/decisions/0023).
    legs_live = facts.legs_known if net < 0 else facts.legs_live
    if mode is _EXITING and net > 0 and not facts.flattening:
        legs_live = facts.legs_found
    settled = not (legs_live or entry_live or facts.exit_live)
    left = mode is _RELEASED and facts.flattening
    must_close = (mode is _EXITING and net > 0) or (net < 0 and not left)
    gone = (NOTHING,) * len(plan.targets)
    if mode is not _EXITING or settled or facts.exit_live:
        stop = NOTHING
    else:
        stop = last_stop(facts.stop, facts.targets, net, stop_price(plan, facts))
    return Desired(entry_working, stop, gone, net if must_close and settled else 0)


def stop_price(plan: Plan, facts: Facts) -> Decimal | None:
    """Where the stop belongs: where the plan has it or where the rules brought it, whichever is
    nearer to the market. None while a distance has nothing to count from."""
    if facts.entry_px is None and isinstance(plan.stop, Ticks):
        return None
    planned = leg_price(plan, plan.stop, facts.entry_px, is_stop=True)
    if not plan.rules.follows or facts.followed is None:
        return planned
    return _nearer(plan, planned, facts.followed)


def followed(plan: Plan, facts: Facts, best: Decimal) -> Decimal | None:
    """Where the rules move the stop to, `best` being the best price since the entry; None where it
    stays, for it never moves back.

    Break-even and trail between ticks are rounded towards the market: a stop that fills at its
    price loses nothing, and is never further away than was asked.
    """
    rules, entry_px, now = plan.rules, facts.entry_px, stop_price(plan, facts)
    if entry_px is None or now is None:
        return None
    sign, rounding = plan.side.sign, _towards_market(plan.side)
    wanted, align = now, plan.instrument.price
    if rules.trail is not None:
        far = plan.instrument.tick_at(best) * rules.trail.n
        wanted = _nearer(plan, wanted, align(best - sign * far, rounding=rounding))
    if rules.break_even is not None:
        tick = plan.instrument.tick_at(entry_px)
        if sign * (best - entry_px) >= tick * rules.break_even.n:
            plus = 0 if rules.break_even_plus is None else rules.break_even_plus.n
            even = align(entry_px, rounding=rounding) + sign * tick * plus
            wanted = _nearer(plan, wanted, align(even, rounding=rounding))
    return None if wanted == now else wanted


def leg_level(plan: Plan, facts: Facts, nth: int | None) -> Decimal | None:
    """Where the `nth` target (from 0) or the stop (None) belongs now; None while that is not
    known."""
    if nth is None:
        return stop_price(plan, facts)
    level = plan.level(nth)
    if facts.entry_px is None and isinstance(level, Ticks):
        return None
    return leg_price(plan, level, facts.entry_px, is_stop=False)


def check_move(plan: Plan, facts: Facts, nth: int | None, level: Level, *, loosen: bool) -> None:
    """Validate a move of the trader's after alignment, against the other legs. Raises `UsageError`
    for legs that would cross, and, unless `loosen`, for a level further from the market.

    Before the first fill nothing can be given away yet, and the entry counts instead.
    """
    other = plan.at(nth, level)
    if facts.entry.cum_qty == 0:
        check_levels(other, [] if facts.entry_px is None else [facts.entry_px])
        return
    stop_px = stop_price(plan, facts)
    check_line(
        other if nth is None or stop_px is None else other.at(None, stop_px), None, facts.entry_px
    )
    now, then = leg_level(plan, facts, nth), leg_level(other.unruled(), facts, nth)
    if now is None or then is None or loosen:
        return
    outward = -plan.side.sign if nth is None else plan.side.sign
    if outward * (then - now) > 0:
        name = "stop" if nth is None else roles(plan)[nth]
        raise UsageError(
            f"{name} {price_text(then)} is further from the market than {price_text(now)}; "
            f"to mean it, move it with loosen=True"
        )


def closed_out(facts: Facts) -> bool:
    """Whether all that the entry filled is closed, and no more will be: what is left of the legs
    goes, and a move would come too late."""
    return facts.net <= 0 < facts.entry.cum_qty and not facts.entry.live


def moved(plan: Plan, facts: Facts, nth: int | None, level: Level) -> Plan:
    """The plan after a move of the trader's. A stop moved back from where the rules brought it is
    the trader's own from now on."""
    after = plan.at(nth, level)
    if nth is not None or not plan.rules.follows:
        return after
    now, then = stop_price(plan, facts), stop_price(after.unruled(), facts)
    kept = now is None or then is None or _nearer(plan, now, then) == then
    return after if kept else after.unruled()


def put_back(
    plan: Plan, facts: Facts, nth: int | None, level: Level, rules: Rules, now: Decimal | None
) -> Plan:
    """The plan after a move that the broker did not take: as it was before, at `level` and with
    `rules`; or, where an earlier move of several was taken, at what the order has, `now`."""
    before = plan.at(nth, level)
    if nth is None:
        before = replace(before, rules=rules)
    if now is not None and leg_level(before, facts, nth) != now:
        before = before.at(nth, now)
    return before


def is_nearer(plan: Plan, one: Decimal, other: Decimal) -> bool:
    """Whether a stop gives away no more than another."""
    return _nearer(plan, one, other) == one


def _nearer(plan: Plan, one: Decimal, other: Decimal) -> Decimal:
    """Of two stops the one that gives less away."""
    return max(one, other) if plan.side is Side.BUY else min(one, other)


def _towards_market(side: Side) -> Literal["up", "down"]:
    return "up" if side is Side.BUY else "down"


def _targets(plan: Plan, facts: Facts) -> tuple[LegWish, ...]:
    """What each target should have open. While a flatten waits for its turn, it waits under the
    stop: no target is sent that is not there, for nobody knows what is still held by then. The
    first contracts filled are the nearest target's; the last one takes what a change of the entry's
    size added. When the stop has begun to fill, the furthest give way first, so that all together
    never close more than is held."""
    wishes = []
    unshared, left = facts.entry.cum_qty, facts.free
    for n, (target, leg) in enumerate(zip(plan.targets, facts.targets, strict=True), 1):
        share = unshared if n == len(plan.targets) else min(target.qty, unshared)
        unshared -= share
        if facts.entry_px is None and isinstance(target.level, Ticks):
            wishes.append(NOTHING)
            continue
        open_qty = min(max(share - leg.cum_qty, 0), left)
        if facts.flattening:
            open_qty = min(open_qty, leg.open_qty)
        left -= open_qty
        price = leg_price(plan, target.level, facts.entry_px, is_stop=False)
        wishes.append(LegWish(open_qty, price))
    return tuple(wishes)
