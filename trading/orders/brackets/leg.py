"""One protective leg of a bracket: the orders that played it, and how often they failed."""

from msgspec import Struct

from ...instrument import Instrument
from ...order import OrderRequest
from ...words import OrdStatus, OrdType, Reason, Side, TimeInForce
from .. import tags
from ..commands import MODIFY
from ..exits.closing import Sender
from ..handle import Order
from ..order_core import OrderCore
from .core import LegFacts, LegWish
from .plan import Level, Rules

_UNUSED = LegFacts()


class Moved(Struct, frozen=True):
    """What the plan had before the trader moved a leg, should the broker not take the change."""

    level: Level
    rules: Rules


class Leg:
    """A role of a bracket and its orders, one live at a time; beside a stop in doubt stands, for a
    while, its substitute (`hedge`).

    `nth`: which target it is, from 0; None for the entry and the stop. `failures`: attempts refused
    or lost since the last one that proved itself; `pauses` counts those too that were the market's
    state (`shut`: the last one was), and starts anew where that is so no more, or is so now.
    `since_s`: since when the live one works as wished. `dropped`: the trader took the leg away.
    `surplus`: orders of the broker's making that have no place any more: they are taken away, and
    what they fill counts. `moved`: what was before a change of the trader's, until the broker
    agreed; `excused`: the number of the refusal that ended such a change. `refused_s`: since when
    another change is known to be refused; `combined`: the number of the last refusal after which a
    change of the size alone may be tried. `replaced`: an attempt that works until the one that
    takes its place does (`replacing`); `gone`: attempts that are not kept any more; `cancel_first`:
    the broker has no room for two. `missing`: each that may be working is (`missing`).
    """

    __slots__ = (
        "cancel_first",
        "combined",
        "dropped",
        "excused",
        "failures",
        "gone",
        "judging",
        "missing",
        "moved",
        "nth",
        "orders",
        "pause",
        "pauses",
        "refused_s",
        "replaced",
        "role",
        "said",
        "shut",
        "since_s",
        "surplus",
    )

    def __init__(self, role: str, nth: int | None = None) -> None:
        self.role = role
        self.nth = nth
        self.orders: list[Order] = []
        self.surplus: list[Order] = []
        self.failures = 0
        self.pauses = 0
        self.shut = False
        self.judging: list[Order] = []  # attempts whose end was not looked at yet
        self.pause: int | None = None  # the timer, while we wait after a failure
        self.since_s: float | None = None
        self.refused_s: float | None = None
        self.said: tuple[str, Reason, str] | None = None  # the last failure that was told
        self.dropped = False
        self.excused = self.combined = 0
        self.moved: Moved | None = None
        self.replaced: Order | None = None
        self.gone = 0
        self.cancel_first = False
        self.missing = False

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None

    @property
    def standing(self) -> list[Order]:
        """Every attempt that works or may be working, oldest first."""
        orders = self.orders
        if len(orders) == 1:  # as a rule
            return [] if orders[0].core.venue_status.terminal else orders.copy()
        return [order for order in orders if not order.core.venue_status.terminal]

    @property
    def busy(self) -> bool:
        """Whether an order of it works or may be working: `facts().live`, and asked often."""
        for order in self.orders:
            if not order.core.venue_status.terminal:
                return True
        return bool(self.surplus) and any(order.working for order in self.surplus)

    @property
    def live(self) -> Order | None:
        """The attempt that should work, and works or may be working: of several the one that is
        confirmed, else the newest."""
        if len(self.orders) == 1:  # as a rule
            order = self.orders[0]
            core = order.core
            return order if core.wish.working and not core.venue_status.terminal else None
        return the_live(self.standing)

    @property
    def settled(self) -> bool:
        """Whether the broker has what was wished of it last."""
        waits = self.replaced is not None or self.pause is not None
        return not waits and all(order.core.agreed for order in self.standing)

    def sent(self, order: Order) -> None:
        """The next attempt is on its way."""
        self.orders.append(order)
        self.judging.append(order)

    @property
    def at_work(self) -> Order | None:
        """As `live`; None while the broker keeps it back."""
        live = self.live
        if live is None or live.core.venue_status is not OrdStatus.SUSPENDED:
            return live
        return None if live.status is OrdStatus.SUSPENDED else live

    @property
    def cum_qty(self) -> int:
        """Contracts that all its orders filled together."""
        if not self.surplus and len(self.orders) <= 1:  # as a rule
            return self.orders[0].core.cum_qty if self.orders else 0
        return sum([order.core.cum_qty for order in (*self.orders, *self.surplus)])

    @property
    def attempts(self) -> int:
        """How many orders played it, or were meant to."""
        return len(self.orders) + len(self.surplus) + self.gone

    def retire(self, order: Order) -> None:
        """An order has no place any more."""
        self.orders.remove(order)
        self.surplus.append(order)
        if order in self.judging:
            self.judging.remove(order)

    def resume(self, orders: list[Order], *, dropped: bool) -> None:
        """Go on with the orders of another life: what became of the last ones is still news."""
        self.orders, self.dropped = orders, dropped
        tag = tags.parse(orders[-1].cl_ord_id) if orders else None
        self.gone = 0 if tag is None else max(tag.attempt - len(orders), 0)
        self.judging = [order for order in orders if order is self.last or order.working]
        standing = self.standing
        if len(standing) > 1 and _takes_place(standing[-2], standing[-1].core.request):
            self.replaced = standing[-2]

    def request(
        self, intent: str, instrument: Instrument, side: Side, tif: TimeInForce, wish: LegWish
    ) -> OrderRequest:
        """The next attempt: what is wished, on this side."""
        is_stop = self.nth is None
        return OrderRequest(
            cl_ord_id=f"{intent}.{self.role}#{self.attempts + 1}",
            instrument=instrument,
            side=side,
            ord_type=OrdType.STOP if is_stop else OrdType.LIMIT,
            order_qty=wish.open_qty,
            price=None if is_stop else wish.price,
            stop_px=wish.price if is_stop else None,
            tif=tif,
        )

    def facts(self) -> LegFacts:
        if not self.orders and not self.surplus:
            return _UNUSED
        if len(self.orders) == 1 and not self.surplus:  # as a rule
            core = self.orders[0].core
            if core.venue_status.terminal:
                return LegFacts(core.cum_qty)
            holds = _holds(core)
            if core.accepted:
                return LegFacts(
                    core.cum_qty, core.leaves_qty, live=True, agreed=holds, confirmed=True
                )
            unsure, untold = core.uncertain, core.untold
            missing = unsure and self.missing
            return LegFacts(
                core.cum_qty, core.leaves_qty, True, holds, unsure, untold, False, unsure, missing
            )
        cum_qty, standing = self.cum_qty, self.standing
        leaving = any(order.working for order in self.surplus)
        if not standing:
            return LegFacts(cum_qty, live=leaving)
        live = the_live(standing) or standing[-1]
        uncertain = [order.core.uncertain for order in standing]
        unsure = not leaving and all(uncertain)
        open_qty = live.leaves_qty
        if live is standing[-1]:  # what it took the place of may still fill
            open_qty = max([order.leaves_qty for order in standing])
        untold = any(order.core.untold for order in standing)
        holds, accepted = _holds(live.core), live.core.accepted
        doubted, missing = any(uncertain), unsure and self.missing
        return LegFacts(cum_qty, open_qty, True, holds, unsure, untold, accepted, doubted, missing)

    def end_pause(self) -> None:
        """What was refused may be tried again."""
        self.pause = None
        if self.live is not None:
            self.live.core.refusal = ""

    def cut_pause(self, sender: Sender) -> None:
        """End the pause, if there is one, before its time."""
        if self.pause is not None:
            sender.never(self.pause)
            self.end_pause()

    def failed(self, now_s: float, proven_s: float, *, counts: bool, shut: bool) -> None:
        """An attempt was refused or lost; one that had proved itself wipes the slate first."""
        if self.since_s is not None and now_s - self.since_s >= proven_s:
            self.failures = self.pauses = 0
            self.said = None
        self.since_s = None
        self.pauses = self.pauses + 1 if shut is self.shut else 1
        self.shut = shut
        self.failures += counts


def _takes_place(old: Order, new: OrderRequest) -> bool:
    """Whether an attempt was sent to take the place of one that works: it is another order. The
    substitute of a stop in doubt is the same again."""
    same = new.order_qty == old.leaves_qty and new.stop_px == old.core.stop_px
    return old.core.accepted and not (same and new.price == old.core.price)


def the_live(standing: list[Order]) -> Order | None:
    """Of attempts that may be working, the one that is meant to."""
    if len(standing) == 1:  # as a rule
        return standing[0] if standing[0].core.wish.working else None
    meant = [order for order in standing if order.core.wish.working]
    confirmed = [order for order in meant if order.core.accepted]
    return confirmed[0] if confirmed else meant[-1] if meant else None


def where_it_is(leg: Leg, wish: LegWish) -> LegWish:
    """The size that a leg should have, and the price that it has by the broker's word."""
    live = leg.live
    assert live is not None, "nothing of it works"
    now = live.core.agreement.now
    return LegWish(wish.open_qty, now.stop_px if leg.nth is None else now.price)


def _holds(order: OrderCore) -> bool:
    """Whether the broker has the order at the wished size. A price on its way to the broker changes
    nothing of that: the order works at the old one or at the new one."""
    if order.agreed:
        return True
    change = order.agreement.under_way
    if order.flight is not MODIFY or change is None or not order.accepted or order.terminal:
        return False
    sizes = {order.wish.order_qty, order.agreement.now.order_qty, change.order_qty}
    return order.wish.working and len(sizes) == 1
