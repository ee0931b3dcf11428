"""One member of a group: the orders that played it, one live at a time."""

from msgspec import structs

from ...instrument import Instrument
from ...order import OrderRequest
from ...words import OrdType, Reason
from .. import tags
from ..exits.closing import Sender
from ..handle import Order
from .core import MemberFacts
from .outcome import MemberResult
from .spec import MemberSpec


class Member:
    """A member's orders and what became of them.

    `out`: it is not sent again. `anew`: the broker will not have it smaller, so it is cancelled and
    sent again at its size. `judged`: orders whose end was looked at; `excused`: refused changes
    that were. `failures`: of these, since the last order. `pauses`: how often in a row it did not
    get out. `pause`: the timer of such a wait. `at_market`: the market has traded through its stop,
    and the next order closes what that was for.
    """

    __slots__ = (
        "_shut",
        "anew",
        "at_market",
        "counted",
        "excused",
        "failures",
        "judged",
        "orders",
        "out",
        "pause",
        "pauses",
        "spec",
    )

    def __init__(self, spec: MemberSpec) -> None:
        self.spec = spec
        self.orders: list[Order] = []
        self.out = False
        self.anew = False
        self.at_market = False
        self.judged = 0
        self.counted = 0  # contracts filled at the last look
        self.excused = 0
        self.failures = 0
        self.pauses = 0
        self._shut = False
        self.pause: int | None = None

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None

    @property
    def live(self) -> Order | None:
        """The order that works or may be working."""
        last = self.last
        return last if last is not None and last.working else None

    @property
    def cum_qty(self) -> int:
        """Contracts filled, by all its orders."""
        return sum([order.cum_qty for order in self.orders])

    def facts(self) -> MemberFacts:
        """All its orders together."""
        if not self.orders:
            return MemberFacts(out=self.out)
        live, open_qty = self.live, 0
        if live is not None:
            core = live.core
            sizes = [core.order_qty]
            if core.agreement.under_way is not None:
                sizes.append(core.agreement.under_way.order_qty)
            open_qty = max(max(sizes) - core.cum_qty, 0)
        times = [fill.time_ns for order in self.orders for fill in order.fills]
        since_ns = min(times) if times else None
        return MemberFacts(
            cum_qty=self.cum_qty,
            live=live is not None,
            open_qty=open_qty,
            sent=True,
            out=self.out,
            since_ns=since_ns,
        )

    def request(self, instrument: Instrument, qty: int) -> OrderRequest:
        """The next order, for `qty` contracts; at the prices to which the trader moved the last."""
        last = self.last
        if last is not None and self.at_market:
            return OrderRequest(
                cl_ord_id=tags.next_attempt(last.cl_ord_id),
                instrument=instrument,
                side=self.spec.side,
                ord_type=OrdType.MARKET,
                order_qty=qty,
            )
        if last is None:
            return self.spec.request(instrument, f"{self.spec.name}#1", qty)
        wish = last.core.wish
        spec = structs.replace(self.spec, price=wish.price, stop_px=wish.stop_px, trail=wish.trail)
        return spec.request(instrument, tags.next_attempt(last.cl_ord_id), qty)

    def closing(self, open_qty: int, held: int, *, clear: bool) -> int:
        """What it closes at market now: no more than is `held`, and nothing before it is `clear`
        that no other order may close any of it."""
        left = -self.spec.side.sign * held
        self.out = self.out or left <= 0
        return min(open_qty, left) if clear and left > 0 else 0

    def see(self) -> int:
        """Look at what is filled; contracts, signed, of which the position is another as some of
        what was filled is taken back."""
        before, self.counted = self.counted, self.cum_qty
        return self.spec.side.sign * min(self.counted - before, 0)

    def want(self, open_qty: int, *, in_place: bool) -> None:
        """Say to the live order what it should have open; `in_place`: the broker changes it."""
        live = self.live
        assert live is not None, f"{self.spec.name} has no order to change"
        core = live.core
        waits = self.at_market and core.request.ord_type is not OrdType.MARKET
        if not open_qty or self.anew or waits:
            core.want_gone()
        elif self.pause is None:
            total = core.cum_qty + open_qty
            # What closes at market was cut to what is held, and is never made larger.
            most = core.wish.order_qty if self.at_market else total
            wish = structs.replace(core.wish, order_qty=min(total, most))
            if in_place or wish == core.wish:
                core.want(wish)
            elif core.agreed:  # it is cancelled, and sent anew when it is known to be out
                self.anew = True
                core.want_gone()

    def may_send(self, sender: Sender, instrument: Instrument) -> bool:
        """Whether another order may be sent for it now. A flatten that waits takes away all but the
        stops of what is held, and would take the next one away as well."""
        if self.out or self.pause is not None:
            return False
        spec = self.spec
        guards = spec.stop_px is not None and spec.side.sign * sender.held(instrument) < 0
        return guards or not sender.flattening(instrument)

    def paused(self, *, shut: bool) -> None:
        """One more order was not taken; `shut`: for the market's state."""
        self.pauses = self.pauses + 1 if shut is self._shut else 1
        self._shut = shut

    def stop_pause(self, sender: Sender) -> None:
        """Nothing is tried again when the pause would be over."""
        sender.never(self.pause)
        self.pause = None

    def end_pause(self, sender: Sender) -> None:
        """What was refused may be tried again."""
        self.stop_pause(sender)
        if self.live is not None:
            self.live.core.refusal = ""

    def refused(self) -> tuple[Reason, str]:
        """Why its last order did not come to be, or ended."""
        assert self.last is not None, f"{self.spec.name} was never sent"
        core = self.last.core
        return core.reason, core.text or "the broker gave no reason"


def result_of(member: Member) -> MemberResult:
    """How a member stands, as a value."""
    last = member.last
    return MemberResult(
        cl_ord_id=f"{member.spec.name}#1" if last is None else last.cl_ord_id,
        side=member.spec.side,
        filled=member.cum_qty,
        status=None if last is None else last.status,
    )
