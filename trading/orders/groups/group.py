"""A group's shell: its members as orders, the caller's view, and facts -> desired -> send."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import structs

from ...instrument import Instrument
from ...words import OrdStatus, Side
from .. import tags
from ..agreement import Wish
from ..exits.closing import Closer, Sender
from ..handle import Changed, Order
from ..owners import Owner, Past
from ..settings import OrderSettings
from . import core as core
from .core import Desired, Facts, Mode
from .kept import GroupKept
from .lateness import Lateness
from .lifecycle import Phase
from .member import Member, result_of
from .outcome import GroupOutcome
from .setbacks import Setbacks
from .spec import GroupSpec
from .taken_back import taken_back


class Group:
    """Orders of which a fill of one cancels or shrinks the others.

    It goes on whatever the caller does. A member that the trader cancels stays away and leaves the
    others alone; a price that the trader changes stays; sizes follow what was filled. `again` lets
    it act from a timer, `ask` has the broker asked what is true. Finished, it is kept for a while:
    a fill told late counts as well.
    """

    kind = "group"

    def __init__(
        self,
        spec: GroupSpec,
        instrument: Instrument,
        sender: Sender,
        settings: OrderSettings,
        *,
        again: Callable[[Owner], None],
        ask: Callable[[], None],
    ) -> None:
        self.spec, self.intent = spec, spec.intent
        self.state = core.begin(spec)
        self.instrument, self.reason = instrument, ""
        self.changed = Changed()
        self.gone = 0  # contracts of it that others closed, signed: nothing was held any more
        self._members = [Member(member) for member in spec.members]
        self._first = None if spec.first is None else Member(spec.first)
        self._wish = Desired((0,) * len(spec.members), first_works=True)
        self._closer = Closer(spec.intent, instrument, sender, settings, lambda: again(self))
        self._setbacks = Setbacks(spec, sender, settings, self, lambda: again(self))
        self._lateness = Lateness(sender, settings.oco_unresolved_s, self._too_late)
        self._sender, self._again, self._ask = sender, again, ask

    # --- for the caller -------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        return self.state.phase

    @property
    def members(self) -> tuple[Order | None, ...]:
        """Each member's order, the last one where it took several; None before it is sent."""
        return tuple(member.last for member in self._members)

    @property
    def first(self) -> Order | None:
        """The order that comes first in an OTO group; None in any other."""
        return None if self._first is None else self._first.last

    @property
    def position(self) -> int:
        """Contracts bought by its orders, less those sold."""
        return sum(order.side.sign * order.cum_qty for order in self.orders())

    @property
    def owed(self) -> int:
        """Contracts on their way back, signed as they are held."""
        return core.owed(self.spec, self.state, self._facts())

    @property
    def finished(self) -> bool:
        """True while nothing of it works and nothing is to be given back."""
        return self.phase is Phase.DONE

    @property
    def unresolved(self) -> bool:
        """True while an order that should be gone, or smaller, is not, for too long already."""
        return self._lateness.late

    @property
    def outcome(self) -> GroupOutcome:
        """How it stands now."""
        return GroupOutcome(
            members=tuple(result_of(member) for member in self._members),
            first=None if self._first is None else result_of(self._first),
            overfilled=self._wish.too_much,
            unresolved=self._lateness.late,
            reason=self.reason,
        )

    async def done(self, timeout: float | None = None) -> GroupOutcome:
        """Wait until the group is finished, or unresolved, at most `timeout` seconds; how it stands
        then. Events flow on meanwhile. Giving up the wait changes nothing."""
        try:
            async with asyncio.timeout(timeout):
                await self.changed.until(lambda: self.finished or self.unresolved)
        except TimeoutError:
            pass
        return self.outcome

    def cancel(self, reason: str = "cancelled by the trader") -> None:
        """Take all its orders away; what was filled stays filled. Nothing is waited for: see
        `done`."""
        if self.state.mode is Mode.KEEPING and not self.finished and not self._sender.closed:
            self.end(reason)
            for order in self.orders():
                if order.core.stuck:
                    self._sender.cancel(order)
            self._again(self)

    def __repr__(self) -> str:
        return f"<group {self.intent} {self.spec.words} {self.phase.value}>"

    # --- for the manager --------------------------------------------------------------------------

    @property
    def bare(self) -> bool:
        """True where the first order's fills are held, the members have a stop, and no confirmed
        stop covers what is held."""
        first, stops = self._first, [m for m in self._members if m.spec.stop_px is not None]
        if first is None or not self.spec.protects or not stops:
            return False
        cover = sum(m.live.leaves_qty for m in stops if m.live is not None and m.live.core.agreed)
        return abs(self.position) > cover

    def orders(self) -> list[Order]:
        """Every order of the group so far."""
        first = [] if self._first is None else self._first.orders
        return [*first, *(o for m in self._members for o in m.orders), *self._closer.orders]

    def resume(self, orders: Sequence[Order]) -> None:
        """Take over orders that it has already, oldest first: those that are linked, or all of them
        after a restart. Nothing is sent before the next `settle`."""
        for order in orders:
            tag = tags.parse(order.cl_ord_id)
            nth = self.spec.nth(order.cl_ord_id)
            if nth is not None:
                self._members[nth].orders.append(order)
            elif self._first is not None and tag is not None and tag.role == tags.FIRST:
                self._first.orders.append(order)
            else:
                self._closer.adopt(order)
        self.state = structs.replace(self.state, said=self.state.said or bool(self._closer.orders))
        self._advance()
        for member in self._all:
            member.judged = len(member.orders)
            last = member.last
            ended = last is not None and not last.working and last.status is not OrdStatus.FILLED
            # What ended while nothing of it was wanted any more may go out again.
            member.out = member.out or (ended and self._wished(member) > 0)

    def kept(self) -> GroupKept:
        return GroupKept.of(self.spec, self.state, [m.out for m in self._all], self.reason)

    @classmethod
    def rebuild(cls, kept: GroupKept, past: Past) -> "Group":
        """The group of another life."""
        instrument, spec = past.find(kept.spec.symbol), kept.spec
        group = cls(spec, instrument, past.sender, past.settings, again=past.again, ask=past.ask)
        group.state, group.reason = kept.state, kept.reason
        for member, out in zip(group._all, kept.out, strict=True):
            member.out = out
        alone = [past.alone(member.name) for member in spec.members if "." not in member.name]
        own = [order for found in past.orders.values() for order in found]
        group.resume([*own, *(order for order in alone if order is not None)])
        return group

    def settle(self) -> None:
        """Compare what should be working with what is, and send the difference."""
        if self._sender.closed:
            return
        for member in self._all:
            self._setbacks.look(member, self._wished(member))
        self._closer.settle()
        self._advance()
        self._want_first()
        for member, open_qty in zip(self._members, self._wish.opens, strict=True):
            self._want(member, open_qty)
        self._give_back()
        self._lateness.look(lagging=core.lagging(self._facts(), self._wish))
        self.changed.tell()

    def release(self) -> None:
        """Take the orders away; somebody else closes what is held."""
        self.state = structs.replace(self.state, mode=Mode.RELEASED)
        self.keep()
        self.settle()

    def close_by(self, order: Order, reason: str) -> None:
        """A member's stop does nothing: it closes at market what it is for, and the others go."""
        nth = self.spec.nth(order.cl_ord_id)
        if nth is not None and self.state.mode is Mode.KEEPING:
            self.reason, self.state = reason, structs.replace(self.state, passed=nth)
            self.keep()

    def sizes(self, order: Order) -> bool:
        """A member's size follows what was filled; the first order's is the trader's."""
        return self.spec.nth(order.cl_ord_id) is not None

    def move(self, order: Order, wish: Wish) -> bool:
        """A price of the trader's is the order's own business."""
        return False

    def drop(self, order: Order) -> None:
        """The trader takes a member's order away: nothing is sent in its place."""
        for member in self._all:
            member.out = member.out or order is member.live
        self.keep()

    def wake(self) -> None:
        """The market's state changed: what paused for it goes on."""
        for member in [member for member in self._members if member.pause is not None]:
            member.end_pause(self._sender)
        self._closer.wake()
        self.settle()

    def stop_timers(self) -> None:
        """Nothing more is to be done. Should something be held again, nothing is waited for."""
        self._lateness.stop()
        for member in self._members:
            member.end_pause(self._sender)
        self._closer.stop()

    # --- for what becomes of its members ----------------------------------------------------------

    def keep(self) -> None:
        """What a journal has of it is not so any more."""
        self._sender.keep(self)

    def end(self, reason: str) -> None:
        """Take all its orders away, at the next look."""
        self.reason, self.state = reason, structs.replace(self.state, mode=Mode.ENDING)
        self.keep()

    # --- how --------------------------------------------------------------------------------------

    @property
    def _all(self) -> list[Member]:
        return self._members if self._first is None else [self._first, *self._members]

    def _facts(self) -> Facts:
        square, flattening = self.state.square, self._sender.flattening(self.instrument)
        return Facts(
            members=tuple([member.facts() for member in self._members]),
            first=None if self._first is None else self._first.facts(),
            exit_net=self._closer.net,
            exit_live=self._closer.live is not None,
            late=self._lateness.late,
            anew=0 if square is None or flattening else self.position - square,
        )

    def _advance(self) -> None:
        before = self.state
        state = taken_back(self.spec, before, self._first, self._members)
        self.state, self._wish = core.advance(self.spec, state, self._facts())
        if self.state != before:
            self.keep()

    def _want_first(self) -> None:
        """The first order is sent once; it is the trader's own until it has to go."""
        first = self._first
        if first is None:
            return
        if not first.orders and self._wish.first_works:
            first.orders.append(self._sender.send(first.request(self.instrument, first.spec.qty)))
        elif first.live is not None and not self._wish.first_works:
            first.want(0, in_place=True)
            self._sender.advance(first.live)

    def _want(self, member: Member, open_qty: int) -> None:
        """Have a member open so much; nothing else works."""
        member.at_market = self.state.passed == self._members.index(member)
        if member.at_market and member.live is None:
            clear = not core.lagging(self._facts(), self._wish)
            open_qty = member.closing(open_qty, self._sender.held(self.instrument), clear=clear)
        if member.live is not None:
            member.want(open_qty, in_place=self._sender.in_place)
            self._sender.advance(member.live)
        elif open_qty and member.may_send(self._sender, self.instrument):
            request = member.request(self.instrument, open_qty)
            member.orders.append(self._sender.send(request))

    def _wished(self, member: Member) -> int:
        """Contracts that a member should have open."""
        if member is self._first:
            return member.spec.qty if self._wish.first_works else 0
        return self._wish.opens[self._members.index(member)]

    def _give_back(self) -> None:
        """Say once that too much was filled, and undo it by one order."""
        wish, back = self._wish, self._wish.give_back
        if wish.too_much and not self.state.said:  # in a flatten, too, which gives it back
            self.state = structs.replace(self.state, said=True)
            self.keep()
            said = f"{wish.too_much} contracts were filled too much"
            self._sender.incident("overfill", f"{self!r}: {said}")
        if back:
            self._closer.send(Side.BUY if back > 0 else Side.SELL, abs(back))
            self._advance()

    def _too_late(self) -> None:
        """Orders have had more open than they should for too long."""
        pairs = zip(self._members, self._wish.opens, strict=True)
        behind = [m.live for m, qty in pairs if m.live is not None and m.facts().open_qty > qty]
        if self._first is not None and self._first.live and not self._wish.first_works:
            behind.append(self._first.live)
        left = ", ".join(repr(order) for order in behind)
        self._sender.incident("oco_unresolved", f"{self!r}: still not gone or smaller: {left}")
        self._ask()
        self._again(self)
