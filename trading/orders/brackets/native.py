"""A bracket whose stop and target the broker keeps: its children adopted, watched, and replaced
where they do not come.

The broker has `native_within_s` for what it does by itself: bring the children when the entry
fills, size them with its fills and with each other's, take one away when the other is filled. What
is not as it should be by then is asked for, and what is not so after that is the manager's: from
then on the legs are changed, cancelled and sent as in any other bracket. A child at work is kept
then; one that still waits, or that comes later, is taken away (RS-12).
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import structs

from ...order import OrderRequest, OrderState
from ...words import OrdStatus, OrdType, Reason, Side
from .. import tags
from ..adopting import follow
from ..exits.closing import Sender
from ..handle import Order
from ..settings import OrderSettings
from .core import Facts, LegWish, Mode
from .leg import Leg
from .legs import Holder

_NOT_TAKEN = (Reason.NOT_SUPPORTED, Reason.BRACKET_REFUSED)
_TAKEN_AWAY = (OrdStatus.CANCELED, OrdStatus.EXPIRED)


class Parent(Holder, Protocol):
    """Whose entry it is. `keep`: a journal is to know how it is now."""

    def keep(self) -> None: ...


class Native:
    """What the broker keeps of one bracket. `ours`: nothing any more."""

    def __init__(
        self,
        entry: Leg,
        legs: Sequence[Leg],
        side: Side,
        sender: Sender,
        settings: OrderSettings,
        holder: Parent,
    ) -> None:
        self.ours = False
        self.strays: list[Order] = []  # children that fit no leg
        self._entry = entry
        self._legs = legs
        self._side = side  # the legs'
        self._sender = sender
        self._settings = settings
        self._holder = holder
        self._timer: int | None = None
        self._asked = 0  # how often; 0: not since all was well
        self._spent = False  # it was waited for and asked for
        self._rejected = False  # the broker could not make one work: that needs no waiting

    @property
    def unseen(self) -> bool:
        """Whether a child may work that nobody told of: the broker took the entry, and a leg has
        none so far."""
        if self.ours or not any(_untold(leg) for leg in self._legs):
            return False
        return any(order.core.accepted for order in self._entry.orders)

    @property
    def expects(self) -> bool:
        """Whether something of the broker's making works, or may, beside the legs' orders."""
        return self.unseen or any(order.working for order in self.strays)

    def lacks(self, side: Side) -> bool:
        """Whether the broker may have made an order on this side that nobody told of, whoever has
        the legs by now."""
        if side is not self._side or not any(_may_bring(order) for order in self._entry.orders):
            return False
        return any(not _was_brought(leg) for leg in self._legs)

    def adopt(self, state: OrderState) -> Order | None:
        """Take in an order of the broker's, if it is a child of the entry's."""
        if not any(order.order_id == state.parent_id for order in self._entry.orders):
            return None
        is_stop = state.ord_type is not OrdType.LIMIT
        leg = next((leg for leg in self._legs if (leg.nth is None) is is_stop), None)
        entry = tags.parse(self._entry.orders[0].cl_ord_id)
        assert entry is not None, "the entry has a tag of ours"
        if leg is None or state.side is not self._side:
            order = self._sender.adopt(f"{entry.intent}.stray#{len(self.strays) + 1}", state)
            self.strays.append(order)
            self._take_away(order)
            return order
        order = self._sender.adopt(f"{entry.intent}.{leg.role}#{leg.attempts + 1}", state)
        if self._has_place(leg, order):
            leg.sent(order)
        else:
            leg.surplus.append(order)
            self._take_away(order)
        return order

    def resume(self, strays: list[Order], *, ours: bool) -> None:
        """Go on with the children of another life, which the legs have already. Where the legs are
        the manager's, one that still waits is taken away, as it would have been then."""
        self.strays, self.ours = strays, ours
        for leg in self._legs if ours else ():
            for order in leg.standing:
                if order.core.adopted and order.status is OrdStatus.SUSPENDED:
                    leg.retire(order)
                    order.core.want_gone()

    def look(self) -> None:
        """Before the legs are judged: what the broker does with its children is as we wish it."""
        if self.ours:
            return
        for leg in self._legs:
            last = leg.last
            if last is None:
                continue
            core = last.core
            if not core.terminal:
                follow(core)
            elif last not in leg.judging or not core.wish.working:
                continue
            elif core.venue_status is OrdStatus.REJECTED:
                self._rejected = True
            elif core.venue_status in _TAKEN_AWAY:
                # No failure yet: the other one may have been filled, and be told later (RS-17).
                leg.judging.clear()
                self._ask_others(leg)

    def minds(self, wishes: Sequence[LegWish], facts: Facts, mode: Mode) -> bool:
        """Whether all is left to the broker for now, and nothing is to be sent for the legs."""
        if self.ours:
            return False
        if mode is not Mode.GUARDING:
            if not self.unseen:
                self._calm()
            elif self._spent:
                self._hand_over()
            else:
                self._ask()
            return False
        if facts.exit_cum or facts.closing:
            self._hand_over()  # we close, and the broker sizes its children without us
            return False
        if facts.entry.live and not (facts.net or facts.closed):
            self._calm()  # nothing is filled, and its children wait for that
            return True
        pairs = list(zip(self._legs, wishes, strict=True))
        if all(_fits(leg, wish) for leg, wish in pairs) and (facts.net or not self.unseen):
            self._calm()
            return False
        if self._spent or (self._rejected and not any(_waits(leg) for leg in self._legs)):
            self._replace(pairs)
            return False
        if self._timer is None:
            self._timer = self._sender.later(self._settings.native_within_s, self._ask)
        return True

    def stop_timers(self) -> None:
        """Nothing more is to be done."""
        self._calm()

    # --- how --------------------------------------------------------------------------------------

    def _has_place(self, leg: Leg, order: Order) -> bool:
        """Whether a child becomes its leg's order. Where the manager sends the legs, only one that
        works and finds none of ours."""
        free = leg.live is None and not leg.dropped
        return free and not (self.ours and order.status is OrdStatus.SUSPENDED)

    def _take_away(self, order: Order) -> None:
        order.core.want_gone()
        self._sender.advance(order)

    def _ask_others(self, gone: Leg) -> None:
        if self._holder.held() <= 0:
            return
        for leg in self._legs:
            if leg is not gone and leg.live is not None:
                leg.live.core.doubt.arise()
                self._sender.advance(leg.live)

    def _calm(self) -> None:
        """All is as it should be: nothing is waited for."""
        self._sender.never(self._timer)
        self._timer = None
        self._asked, self._spent = 0, False

    def _ask(self) -> None:
        """Ask the broker what works and what was filled, and wait as long again for the answer."""
        if self._asked:
            return
        self._asked = 1
        self._sender.never(self._timer)
        self._timer = self._sender.later(self._settings.native_within_s, self._give_up)
        timer = self._timer
        self._sender.look_around(self._entry.orders[-1], lambda: self._answered(timer))

    def _answered(self, timer: int) -> None:
        if timer == self._timer:  # else it is the answer to an earlier question
            self._spent = True

    def _give_up(self) -> None:
        self._sender.catch_up()  # what is known is not sent a second time
        self._spent = True
        self._holder.settle()

    def _hand_over(self) -> None:
        self._calm()
        self.ours = True
        self._holder.keep()

    def _replace(self, pairs: Sequence[tuple[Leg, LegWish]]) -> None:
        """The broker did not do it: from now on the legs are the manager's."""
        self._hand_over()
        found = []
        for leg, wish in pairs:
            live = leg.live
            if _fits(leg, wish):
                continue
            shown = "none works" if live is None else repr(live)
            found.append(f"{leg.role} for {wish.open_qty}: {shown}")
            if live is not None and _waits(leg):
                leg.retire(live)
                self._take_away(live)
        if found:  # else a leg was never seen, and nothing is held that it should protect
            entry = self._entry.orders[-1].describe()
            self._sender.incident(
                "native_replaced",
                f"the broker's legs of {entry} are not as they should be, and ours take their "
                f"place: {'; '.join(found)}",
            )


def plain_entry(entry: Order) -> OrderRequest | None:
    """The entry once more, with nothing attached, where the broker refused it for what was: by the
    broker's own word nothing of it works. None for any other ending; there is no second entry then.
    """
    core = entry.core
    refused = core.venue_status is OrdStatus.REJECTED and core.wish.working and not core.cum_qty
    if core.request.attached is None or not refused or core.reason not in _NOT_TAKEN:
        return None
    tag = tags.next_attempt(core.request.cl_ord_id)
    return structs.replace(core.request, cl_ord_id=tag, attached=None)


def _untold(leg: Leg) -> bool:
    return leg.last is None and not leg.surplus and not leg.dropped


def _may_bring(entry: Order) -> bool:
    """Whether children of an entry may be at work: the broker took it, and it was filled, or may
    be."""
    return entry.core.accepted and (entry.working or entry.cum_qty > 0)


def _was_brought(leg: Leg) -> bool:
    return any(order.core.adopted for order in (*leg.orders, *leg.surplus))


def _waits(leg: Leg) -> bool:
    return leg.live is not None and leg.at_work is None


def _fits(leg: Leg, wish: LegWish) -> bool:
    """Whether a leg has open what it should, and at work."""
    at_work = leg.at_work
    if at_work is not None:
        return at_work.leaves_qty == wish.open_qty
    return leg.live is None and (leg.dropped or not wish.open_qty)
