"""Guards and closes of a position, sans I/O: from what is held follows what should be working.

    share = held - what brackets and groups hold        (contracts that nobody else answers for)

A guard's stop is for its share, less what closes at market are about to take; its target for the
same, less what closes at a limit wait for: stop, target and those closes are one OCO by arithmetic,
because whatever of them fills makes the position, and so the others, smaller. Nothing here opens
anything: each wish is cut down to what is held.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ..brackets.core import NOTHING, LegFacts, LegWish, Mode, last_stop
from .spec import GuardSpec


def share_of(held: int, others: int) -> int:
    """Contracts that nobody else answers for, signed; `others`: the sum of what they hold. Never
    more than is held, and never against it: who holds more than there is was cut by other hands.

    >>> share_of(5, 3), share_of(2, 3), share_of(2, -1), share_of(-4, 0)
    (2, 0, 2, -4)
    """
    rest = held - others
    if rest * held <= 0:
        return 0
    return rest if abs(rest) <= abs(held) else held


def allot(held: int, wanted: Sequence[int]) -> list[int]:
    """What each close may have working: first come, first served, together no more than is held.

    >>> allot(3, [2, 2, 1])
    [2, 1, 0]
    """
    left, allotted = held, []
    for want in wanted:
        allotted.append(min(max(want, 0), left))
        left -= allotted[-1]
    return allotted


class Excess:
    """How much of an over-fill is to be given back.

    Of the contracts that went through zero those count that the orders which are followed here
    closed; what other hands did is theirs.
    """

    __slots__ = ("_closed", "_passed", "qty")

    def __init__(self, closed: int, beyond: int) -> None:
        self.qty = 0
        self._closed = closed
        self._passed = max(-beyond, 0)

    def see(self, closed: int, beyond: int) -> bool:
        """`closed`: contracts that the orders closed so far. `beyond`: what is held beyond what
        others hold, on the side that they close: below zero once too much was closed. True when
        that made an over-fill out of none."""
        passed = max(-beyond, 0)
        ours = max(closed - self._closed, 0)
        grown = max(passed - self._passed, 0)
        before, self.qty = self.qty, min(self.qty + min(grown, ours), passed)
        self._closed, self._passed = closed, passed
        return self.qty > before == 0


class GuardFacts(Struct, frozen=True):
    """A guard as it is. `share`: contracts to guard, on its side, 0 once it has ended. `closing`
    and `resting`: of these, what closes at market and at a limit are for. `excess`: contracts to
    give back. `flattening`: a flatten is about to close all. `mean_px`: what distances count from.
    `spent`: contracts that it closed of those that it is for at most."""

    share: int
    stop: LegFacts
    target: LegFacts
    closing: int = 0
    resting: int = 0
    excess: int = 0
    exit_live: bool = False
    flattening: bool = False
    mean_px: Decimal | None = None
    spent: int = 0

    def guarded(self, spec: GuardSpec) -> int:
        """Contracts that the stop is for."""
        free = max(self.share - self.closing, 0)
        return free if spec.qty is None else min(free, max(spec.qty - self.spent, 0))

    @property
    def legs_live(self) -> bool:
        return self.stop.live or self.target.live

    @property
    def legs_found(self) -> bool:
        """Whether the stop or the target works or may be working, and is not missing."""
        return any(leg.live and not leg.missing for leg in (self.stop, self.target))


class GuardWish(Struct, frozen=True):
    """What should be working. `exit_qty` is to be sent at market now: above zero closes, below zero
    gives back."""

    stop: LegWish
    target: LegWish
    exit_qty: int = 0


def desired(spec: GuardSpec, facts: GuardFacts, mode: Mode) -> GuardWish:
    """What should be working, given what is."""
    guarded = facts.guarded(spec)
    if mode is Mode.GUARDING and guarded and not facts.excess:
        free = max(facts.share - facts.closing - facts.resting, 0)
        if facts.flattening:  # it takes targets away, and would take the next one away as well
            free = min(free, facts.target.open_qty)
        stop_px, target_px = (spec.price(nth, facts.mean_px) for nth in (None, 0))
        return GuardWish(
            stop=NOTHING if stop_px is None else LegWish(guarded, stop_px),
            target=NOTHING if target_px is None else LegWish(min(guarded, free), target_px),
        )
    # The legs go out before anything goes at market: one of them may fill while it is being
    # cancelled, and then there is nothing left to close (race-scenarios RS-32). A missing one is
    # not waited for where no stop is to be had (docs/decisions/0023).
    exits = mode is Mode.EXITING and not facts.excess
    waits = facts.legs_found if exits and not facts.flattening else facts.legs_live
    if facts.exit_live or mode is Mode.RELEASED or (waits and not exits):
        return GuardWish(NOTHING, NOTHING)
    if waits:
        stop_px = spec.price(None, facts.mean_px)
        return GuardWish(last_stop(facts.stop, [facts.target], guarded, stop_px), NOTHING)
    closes = guarded if mode is Mode.EXITING else 0
    return GuardWish(NOTHING, NOTHING, -facts.excess if facts.excess else closes)


def covered(spec: GuardSpec, facts: GuardFacts) -> bool:
    """Whether a confirmed stop covers all that the guard is for."""
    guarded = facts.guarded(spec)
    return guarded > 0 and facts.stop.agreed and facts.stop.open_qty >= guarded


class GuardOutcome(Struct, frozen=True):
    """How a guard stands. `ok`: as it was asked for, or nothing is left to guard.

    `protected`: what was asked for works, for `qty` contracts. `refused`: the broker did not take
    the last change; what was before works on. `flat`: nothing is left to guard. `uncertain`:
    something is held, and that its protection works is not confirmed.
    """

    state: Literal["protected", "refused", "flat", "uncertain"]
    qty: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.state in ("protected", "flat")

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.state}({self.qty}){why}"


def outcome(spec: GuardSpec, facts: GuardFacts, mode: Mode, reason: str) -> GuardOutcome | None:
    """The outcome if it is settled, None while it is not. `reason`: why the last change was
    refused or protection failed; "" where neither happened."""
    guarded = facts.guarded(spec)
    if facts.share == 0:
        quiet = not (facts.legs_live or facts.exit_live or facts.excess)
        return GuardOutcome("flat", 0, reason) if quiet else None
    if mode is Mode.RELEASED:
        return GuardOutcome("uncertain", guarded, reason or "left to somebody else")
    if mode is Mode.EXITING or not guarded:
        return None  # something closes it
    wished = desired(spec, facts, mode)
    for leg, wish in ((facts.stop, wished.stop), (facts.target, wished.target)):
        if wish.open_qty and not (leg.agreed and leg.open_qty == wish.open_qty):
            return None
    return GuardOutcome("refused" if reason else "protected", guarded, reason)
