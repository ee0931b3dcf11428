"""A bracket's legs where the trader has them: moved, waited for, put back if the broker says no.

A move is the plan's as soon as it is made, so that whatever happens meanwhile follows it. What the
plan was before is kept until the broker agreed.
"""

from collections import Counter
from decimal import Decimal
from typing import Protocol

from ...errors import Refused, RefusedByUs
from ...words import Reason
from ..exits.closing import Sender
from ..handle import Changed, Order
from . import core as core
from .core import Facts, Mode
from .leg import Leg, Moved
from .plan import Level, Plan


class Movable(Protocol):
    """Whose legs they are. `reason`: why it closes; `changed` wakes whoever waits; `replan`: the
    plan is another one from now on."""

    reason: str

    @property
    def plan(self) -> Plan: ...
    @property
    def changed(self) -> Changed: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def finished(self) -> bool: ...

    def facts(self) -> Facts: ...
    def replan(self, plan: Plan) -> None: ...
    def settle(self) -> None: ...


class Moves:
    """The trader's moves of one bracket's legs."""

    def __init__(self, stop: Leg, sender: Sender, owner: Movable) -> None:
        self._stop = stop
        self._sender = sender
        self._owner = owner
        self._refusals: Counter[str] = Counter()  # of moves, by role, so far
        self._refused: dict[str, tuple[str, Reason]] = {}  # and why the last one was

    async def move(self, leg: Leg, level: Level, *, loosen: bool) -> None:
        """Check a move, make it, and wait for the broker's word on it: see `Bracket.move_stop`."""
        owner, facts = self._owner, self._owner.facts()
        if self._over(leg) or self._sender.closed:
            raise RefusedByUs(
                f"{owner!r} has no {leg.role} to move; it is over, or was taken away",
                reason=Reason.TOO_LATE,
            )
        core.check_move(owner.plan, facts, leg.nth, level, loosen=loosen)
        self.make(leg, level)
        if leg.at_work is not None or facts.entry.cum_qty:  # else there is none yet
            await self._made(leg)

    async def _made(self, leg: Leg) -> None:
        """Wait until the leg works where the trader moved it, is over, or was moved elsewhere.
        Between two attempts, and while nobody knows yet that the broker's own works, the next word
        on it is waited for."""
        owner, role = self._owner, leg.role
        asked, refusals = owner.plan.level(leg.nth), self._refusals[role]
        await owner.changed.until(
            lambda: (
                self._refusals[role] > refusals
                or owner.plan.level(leg.nth) != asked
                or self._over(leg)
                or self._there(leg)
            )
        )
        stays = owner.plan.level(leg.nth) == asked and self._there(leg)
        if self._refusals[role] > refusals and not stays:
            why, reason = self._refused[role]
            text = f"{owner!r}: the broker took no {role} at {asked}; it is where it was: {why}"
            raise Refused(text, reason=reason)
        if owner.mode is Mode.EXITING:
            raise Refused(f"{owner!r} closes what it holds, and moves no {role}: {owner.reason}")

    def _there(self, leg: Leg) -> bool:
        """Whether the broker has the leg where it belongs, or nearer to the market by the rules
        that move it."""
        plan, facts = self._owner.plan, self._owner.facts()
        px = None if leg.at_work is None else self._px(leg, leg.at_work)
        if px is None:
            return False
        if leg is self._stop and plan.rules.follows:
            asked = core.stop_price(plan.unruled(), facts)
            return asked is not None and core.is_nearer(plan, px, asked)
        return leg.settled and px == core.leg_level(plan, facts, leg.nth)

    def _px(self, leg: Leg, order: Order) -> Decimal | None:
        """At which price the broker has a leg's order."""
        return order.core.stop_px if leg is self._stop else order.core.price

    def _over(self, leg: Leg) -> bool:
        owner = self._owner
        over = owner.finished or core.closed_out(owner.facts())
        return over or owner.mode is not Mode.GUARDING or leg.dropped

    def make(self, leg: Leg, level: Level) -> None:
        """The trader has a leg at a new level from now on."""
        owner, order = self._owner, leg.at_work
        plan = owner.plan
        before = leg.moved or Moved(plan.level(leg.nth), plan.rules)
        owner.replan(core.moved(plan, owner.facts(), leg.nth, level))
        leg.cut_pause(self._sender)
        owner.settle()
        if order is not None and not leg.settled:
            leg.moved = before

    def take_back(self, leg: Leg, before: Moved, order: Order) -> None:
        """The broker did not take a move: the plan is what it was, or, where an earlier move of
        several was taken, what the order has. He said why of the change, or of the attempt that was
        to take the order's place."""
        owner, known, newest = self._owner, order.core, leg.orders[-1].core
        why, reason = known.refusal, known.refusal_reason
        if newest is not known:
            why, reason = newest.text, newest.reason
        self._refusals[leg.role] += 1
        self._refused[leg.role] = why or "no reason given", reason
        now = self._px(leg, order)
        plan, facts = owner.plan, owner.facts()
        owner.replan(core.put_back(plan, facts, leg.nth, before.level, before.rules, now))
