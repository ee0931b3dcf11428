"""A bracket, sans I/O: from position and intent follows what should be working.

Protection is not a script of steps. After every event the facts of all legs are taken together and
`desired` says what each leg should have open; the shell compares and sends. The arithmetic:

    net = filled entry - filled stop - filled target - filled exit      (contracts held)

stop and target each have `net` open (they are one OCO group), never the size that was intended. A
first fill of the stop or the target ends the entry. Nothing held and no entry working: no legs.
More closed than was opened (both legs filled in one race): the excess is bought or sold back, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from ..errors import UsageError
from ..instrument import Instrument
from ..price import PriceLike, Ticks, price_text
from ..words import OrdStatus, OrdType, Side

Level = Ticks | PriceLike
"""Where a leg goes: `Ticks` away from the mean entry price, or at a price."""


class Mode(Enum):
    """GUARDING protects what is held. EXITING closes it, protection having failed. RELEASED takes
    the legs away and leaves the position to somebody else (flatten)."""

    GUARDING = "guarding"
    EXITING = "exiting"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bracket is for. `target` None: stop alone."""

    instrument: Instrument
    side: Side
    qty: int
    stop: Level
    target: Level | None


class LegFacts(Struct, frozen=True):
    """One leg, all its attempts together. `open_qty`: contracts that may still fill. `live`: an
    attempt works or may be working. `agreed`: the broker took it and nothing of ours is under
    way."""

    cum_qty: int = 0
    open_qty: int = 0
    live: bool = False
    agreed: bool = False


class Facts(Struct, frozen=True):
    """A bracket as it is. `entry_px`: what distances count from, None while nobody knows it.
    `exit_cum` is signed: contracts closed, less contracts given back."""

    entry: LegFacts
    entry_px: Decimal | None
    stop: LegFacts
    target: LegFacts
    exit_cum: int
    exit_live: bool

    @property
    def net(self) -> int:
        """Contracts held through this bracket; below zero after an over-fill."""
        return self.entry.cum_qty - self.stop.cum_qty - self.target.cum_qty - self.exit_cum


class LegWish(Struct, frozen=True):
    """What a leg should have open, and where. 0: nothing."""

    open_qty: int
    price: Decimal | None = None


class Desired(Struct, frozen=True):
    """What should be working. `exit_qty` is to be sent at market now: above zero closes, below zero
    gives back what was closed too much."""

    entry_working: bool
    stop: LegWish
    target: LegWish
    exit_qty: int = 0


NOTHING = LegWish(0)


def desired(plan: Plan, facts: Facts, mode: Mode) -> Desired:
    """What should be working, given what is."""
    net = facts.net
    closing_began = facts.stop.cum_qty + facts.target.cum_qty + abs(facts.exit_cum) > 0
    entry_working = mode is Mode.GUARDING and not closing_began
    if mode is Mode.GUARDING and net > 0:
        stop = _leg(plan, plan.stop, facts.entry_px, net, is_stop=True)
        target = _leg(plan, plan.target, facts.entry_px, net, is_stop=False)
        return Desired(entry_working, stop, target)
    legs_live = facts.stop.live or facts.target.live
    entry_live = facts.entry.live and not entry_working
    settled = not (legs_live or entry_live or facts.exit_live)
    # Closing waits until the legs are out: the stop may fill while it is being cancelled, and then
    # there is nothing left to close (race-scenarios RS-32).
    must_close = (mode is Mode.EXITING and net > 0) or (mode is not Mode.RELEASED and net < 0)
    return Desired(entry_working, NOTHING, NOTHING, net if must_close and settled else 0)


def _leg(
    plan: Plan, level: Level | None, entry_px: Decimal | None, net: int, *, is_stop: bool
) -> LegWish:
    if level is None or (entry_px is None and isinstance(level, Ticks)):
        return NOTHING
    return LegWish(net, leg_price(plan, level, entry_px, is_stop=is_stop))


def leg_price(plan: Plan, level: Level, entry_px: Decimal | None, *, is_stop: bool) -> Decimal:
    """The exact price of a leg. A distance counts from the mean entry price, rounded towards the
    entry where that mean lies between ticks, so that no leg is further away than was asked."""
    if not isinstance(level, Ticks):
        return plan.instrument.decimal(plan.instrument.units(level))
    assert entry_px is not None, "a distance counts from the entry price"
    above = (plan.side is Side.BUY) is not is_stop
    tick = plan.instrument.tick_at(entry_px)
    raw = entry_px + tick * level.n if above else entry_px - tick * level.n
    return plan.instrument.price(raw, rounding="down" if above else "up")


def check_levels(plan: Plan, entries: Sequence[Decimal]) -> None:
    """Validate stop and target after alignment, against the entry and each other (INV-15).

    `entries`: prices the entry may get: its limit, its trigger, or the market where that is known;
    with none of them stop and target are checked against each other. Raises `UsageError` with the
    aligned prices; nothing has been sent then.
    """
    for name, level in (("stop", plan.stop), ("target", plan.target)):
        if isinstance(level, Ticks) and level.n < 1:
            raise UsageError(f"{name} is {level.n} ticks away; give at least Ticks(1)")
    for entry in entries:
        stop = leg_price(plan, plan.stop, entry, is_stop=True)
        target = None
        if plan.target is not None:
            target = leg_price(plan, plan.target, entry, is_stop=False)
        _check_order(plan, stop, entry, target)
    if not entries and not isinstance(plan.stop, Ticks):
        stop = leg_price(plan, plan.stop, None, is_stop=True)
        if plan.target is not None and not isinstance(plan.target, Ticks):
            _check_order(plan, stop, None, leg_price(plan, plan.target, None, is_stop=False))


def _check_order(plan: Plan, stop: Decimal, entry: Decimal | None, target: Decimal | None) -> None:
    sign = plan.side.sign
    line = [px for px in (stop, entry, target) if px is not None]
    if all(sign * (after - before) > 0 for before, after in pairwise(line)):
        return
    order = "stop < entry < target" if sign > 0 else "target < entry < stop"
    at = "at market" if entry is None else price_text(entry)
    shown = "no target" if target is None else f"target {price_text(target)}"
    raise UsageError(
        f"{plan.side.name} bracket in {plan.instrument.symbol}: stop {price_text(stop)}, "
        f"entry {at}, {shown}; it must be {order}, each at least one tick apart"
    )


State = Literal["protected", "flat", "partial", "refused", "uncertain"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a bracket stands. `ok` only when the whole entry is filled and its stop works.

    `flat`: nothing is held. `partial`: `filled` contracts, fewer than asked, all protected.
    `refused`: the broker said no to the entry. `uncertain`: something is held or may be, and its
    protection is not confirmed.
    """

    state: State
    filled: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.state == "protected"

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.state}({self.filled}){why}"


def outcome(asked: int, facts: Facts, entry: OrdStatus, mode: Mode, reason: str) -> Outcome | None:
    """The outcome if it is settled, None while it is not. `asked`: contracts the entry is for."""
    filled = facts.entry.cum_qty
    if facts.entry.live:
        return None
    if filled == 0:
        return Outcome("refused" if entry is OrdStatus.REJECTED else "flat", 0, reason)
    if covered(facts) and mode is Mode.GUARDING:
        return Outcome("protected" if filled == asked else "partial", filled, reason)
    if facts.stop.live or facts.target.live or facts.exit_live:
        return None
    if facts.net == 0:
        return Outcome("flat", filled, reason)
    if mode is Mode.RELEASED:
        return Outcome("uncertain", filled, reason or "left to a flatten")
    return None


def outcome_so_far(asked: int, facts: Facts, entry: OrdStatus, mode: Mode, reason: str) -> Outcome:
    """The outcome at a time-out: what is known by then, and `uncertain` where that is not
    enough."""
    settled = outcome(asked, facts, entry, mode, reason)
    if settled is not None:
        return settled
    waiting = reason or "still working at the time-out"
    if facts.entry.cum_qty == 0 and facts.entry.agreed:
        return Outcome("flat", 0, waiting)
    if covered(facts) and mode is Mode.GUARDING:
        return Outcome("partial", facts.entry.cum_qty, waiting)
    return Outcome("uncertain", facts.entry.cum_qty, waiting)


def covered(facts: Facts) -> bool:
    """Whether a confirmed stop covers all that is held."""
    return facts.net > 0 and facts.stop.agreed and facts.stop.open_qty >= facts.net


def entry_type_fits(ord_type: OrdType) -> bool:
    """Entries a bracket can have: those whose fill is a new position at a price of the market's."""
    return ord_type in {OrdType.MARKET, OrdType.LIMIT, OrdType.STOP, OrdType.STOP_LIMIT}
