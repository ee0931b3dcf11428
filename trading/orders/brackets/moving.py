"""A bracket's legs where the trader has them: moved, waited for, put back if the broker says no.

A move is the plan's as soon as it is made, so that whatever happens meanwhile follows it. What the
plan was before is kept until the broker agreed.
"""

from typing import Protocol

from ...errors import RefusedByUs
from ...words import Reason
from ..exits.closing import Sender
from ..handle import Order, until_changed
from . import core as core
from .core import Facts, Mode
from .leg import Leg, Moved
from .plan import Level, Plan
from .replacing import Owner, until_replaced


class Movable(Owner, Protocol):
    """Whose legs they are. `replan`: the plan is another one from now on."""

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

    async def move(self, leg: Leg, level: Level, *, loosen: bool) -> None:
        """Check a move, make it, and wait for the broker's word on it: see `Bracket.move_stop`."""
        owner = self._owner
        if owner.mode is not Mode.GUARDING or owner.finished or leg.dropped or self._sender.closed:
            raise RefusedByUs(
                f"{owner!r} has no {leg.role} to move; it is over, or was taken away",
                reason=Reason.TOO_LATE,
            )
        core.check_move(owner.plan, owner.facts(), leg.nth, level, loosen=loosen)
        self.make(leg, level)
        order = leg.at_work
        if order is None or not self._sender.in_place:
            await until_replaced(owner, leg)
        else:
            await until_changed(order)

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
        several was taken, what the order has."""
        owner = self._owner
        now = order.core.stop_px if leg is self._stop else order.core.price
        plan, facts = owner.plan, owner.facts()
        owner.replan(core.put_back(plan, facts, leg.nth, before.level, before.rules, now))
