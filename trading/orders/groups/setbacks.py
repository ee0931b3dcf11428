"""What a group does about an order that ends unasked, and about a change that is refused.

What protects is sent again, after a pause, for as long as the market's state or the way to the
broker is all that speaks against it. Any other member is out. Where the broker refused one before
any was filled, the others go as well, unless the trader keeps them.
"""

from collections.abc import Callable
from typing import Protocol

from ...words import OrdStatus
from ..exits.closing import Sender
from ..handle import Order
from ..sending.backoff import NOT_NOW, is_shut
from ..settings import OrderSettings
from .core import State
from .member import Member
from .spec import GroupSpec


class Whole(Protocol):
    """The group. `keep`: a journal is to know how it is now; `end`: take all its orders away."""

    @property
    def state(self) -> State: ...

    def keep(self) -> None: ...
    def end(self, reason: str) -> None: ...


class Setbacks:
    """Of one group. `again` lets it act when a pause is over."""

    def __init__(
        self,
        spec: GroupSpec,
        sender: Sender,
        settings: OrderSettings,
        group: Whole,
        again: Callable[[], None],
    ) -> None:
        self._spec = spec
        self._sender = sender
        self._settings = settings
        self._group = group
        self._again = again

    def look(self, member: Member, wished: int) -> None:
        """Look once at the end of each order of a member's, and at each refused change; `wished`:
        contracts that it should have open."""
        last = member.last
        if last is None:
            return
        order = last.core
        if order.terminal:
            if member.judged < len(member.orders):
                member.judged = len(member.orders)
                member.stop_pause(self._sender)
                member.anew, member.failures = False, 0
                unasked = order.wish.working and wished > 0
                if unasked and order.venue_status is not OrdStatus.FILLED:
                    self._ended(member, last)
        elif not self._is_first(member) and order.change_refused:
            self._change_refused(member, last, wished)
        elif order.accepted:
            member.pauses = 0

    # --- how --------------------------------------------------------------------------------------

    def _is_first(self, member: Member) -> bool:
        return member.spec is self._spec.first

    def _ended(self, member: Member, order: Order) -> None:
        """An order ended, and nobody here asked for it."""
        state, protects = order.core, self._spec.protects
        is_first = self._is_first(member)
        why, text = member.refused()
        refused = state.venue_status is OrdStatus.REJECTED
        ours = "." in member.spec.name  # one that was sent alone is the trader's to send again
        waits = (why in NOT_NOW or state.unsent.count > 0) and not self._sender.last_call
        if refused and waits and protects and ours and not is_first:
            member.paused(shut=is_shut(why, state.unsent.count))
            if member.pauses == 1:
                story = f"{self._group!r}: {order!r}: {text}"
                self._sender.incident("group_member_waits", story)
            pause_s = self._sender.pause_s(order, member.pauses, not_now=True)
            member.pause = self._sender.pause(order, pause_s, lambda: self._resume(member))
            return
        member.out = True
        self._group.keep()
        if is_first or not (refused or protects):
            return
        ends = refused and not self._spec.keeps and self._group.state.winner is None
        status = state.venue_status.name.lower()
        others = "the others are cancelled" if ends else "the others stay"
        reason = f"{order.describe()} {status}: {text}"
        self._sender.incident(f"group_member_{status}", f"{self._group!r}: {reason}; {others}")
        if ends:
            self._group.end(reason)

    def _change_refused(self, member: Member, order: Order, wished: int) -> None:
        """The broker keeps an order at its size. It is asked again after a pause; one that it will
        not have smaller is cancelled in the end, and sent again at its size."""
        state = order.core
        if member.pause is not None or member.excused == state.refusals:
            return
        member.excused = state.refusals
        if state.leaves_qty == wished:
            return  # it was a price of the trader's
        member.failures += 1
        if member.failures >= self._settings.stop_tries:
            story = f"{order.describe()} cannot be {wished}: {state.refusal}; it is sent anew"
            self._sender.incident("group_member_change_refused", f"{self._group!r}: {story}")
            member.anew = True
            return
        not_now = state.refusal_reason in NOT_NOW
        pause_s = self._sender.pause_s(order, member.failures, not_now=not_now)
        member.pause = self._sender.later(pause_s, lambda: self._resume(member))

    def _resume(self, member: Member) -> None:
        member.end_pause(self._sender)
        self._again()
