"""What the risk gate looks at, and the worst that may come of it if everything that works fills."""

from collections.abc import Iterable
from decimal import Context, Decimal
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from ...instrument import Instrument
from ...order import OrderRequest
from ...words import OrdType, Side
from .. import tags
from ..agreement import Wish
from ..handle import Order
from .limits import RiskLimits

_EXACT = Context(prec=60)  # the caller's decimal context must not decide what is too much


class Role(Enum):
    """What an order is for. The manager's word, by its tag: it sizes PROTECT, EXIT and CLOSE orders
    after what is held, so they only reduce. CLOSE waits at a limit beside what protects."""

    ORDINARY = "ordinary"
    PROTECT = "protect"
    EXIT = "exit"
    CLOSE = "close"


_ROLES = {"stop": Role.PROTECT, "target": Role.PROTECT, "exit": Role.EXIT, "close": Role.CLOSE}


class OrderView(Struct, frozen=True, kw_only=True):
    """An order as the gate sees it. `qty`: contracts that it may still fill. Of the orders of one
    `group` on one side only the largest counts: they cancel or shrink each other. "": no group."""

    instrument: Instrument
    side: Side
    qty: int
    ord_type: OrdType = OrdType.MARKET
    price: Decimal | None = None
    stop_px: Decimal | None = None
    role: Role = Role.ORDINARY
    group: str = ""

    @classmethod
    def of(cls, request: OrderRequest, *, group: str = "") -> "OrderView":
        """An order that is to be sent. Its tag tells its role, and a bracket's legs and a group's
        members their group."""
        tag = tags.parse(request.cl_ord_id)
        role = Role.ORDINARY if tag is None else _ROLES.get(tag.duty, Role.ORDINARY)
        if tag is not None and (role is not Role.ORDINARY or tag.duty in (tags.OCO, tags.LEG)):
            group = group or tag.intent
        return cls(
            instrument=request.instrument,
            side=request.side,
            qty=request.order_qty,
            ord_type=request.ord_type,
            price=request.price,
            stop_px=request.stop_px,
            role=role,
            group=group,
        )

    @classmethod
    def working(cls, order: Order, *, group: str = "") -> "OrderView":
        """An order that was sent and is not over: of the sizes it has, is asked to have and is to
        have, the largest counts."""
        view, core = cls.of(order.request, group=group), order.core
        sizes = [core.order_qty, core.wish.order_qty]
        if core.agreement.under_way is not None:
            sizes.append(core.agreement.under_way.order_qty)
        qty = max(0, max(sizes) - core.cum_qty)
        return replace(view, qty=qty, price=core.price, stop_px=core.stop_px)

    @classmethod
    def wished(cls, order: Order, wish: Wish, *, group: str = "") -> "OrderView":
        """A working order as it would be after a change."""
        qty = max(0, wish.order_qty - order.cum_qty)
        view = cls.of(order.request, group=group)
        return replace(view, qty=qty, price=wish.price, stop_px=wish.stop_px)

    @classmethod
    def cover(cls, instrument: Instrument, held: int, group: str) -> "OrderView":
        """What a bracket that holds `held` contracts (signed, not zero) will have working to
        protect them, whether or not its legs work yet."""
        side = Side.SELL if held > 0 else Side.BUY
        return cls(instrument=instrument, side=side, qty=abs(held), role=Role.PROTECT, group=group)

    def describe(self) -> str:
        return f"{self.side.name.lower()} {self.qty} {self.instrument.symbol}"


def working_views(
    orders: Iterable[Order],
    holdings: Iterable[tuple[str, Instrument, int]],
    *,
    without: Order | None = None,
) -> tuple[OrderView, ...]:
    """What `GateState.working` takes: every order that is not over but `without`, and the cover of
    every bracket that holds something (its intent, instrument and signed contracts)."""
    sent = [OrderView.working(order) for order in orders if order is not without]
    covers = [OrderView.cover(each, held, intent) for intent, each, held in holdings if held]
    return (*sent, *covers)


class MarketView(Struct, frozen=True):
    """What is known of the market of one instrument; None: not known."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None


class GateState(Struct, frozen=True, kw_only=True):
    """The account as it stands. `positions`: signed contracts, one row per instrument; `working`:
    every order that may still fill, of all instruments, the one that is asked about left out;
    `market`: of its instrument. `now_ns` is the wall clock, `steady_ns` the loop's, which no step
    of the wall's moves."""

    now_ns: int
    steady_ns: int
    positions: tuple[tuple[Instrument, int], ...] = ()
    working: tuple[OrderView, ...] = ()
    market: MarketView = MarketView()

    def held(self, instrument: Instrument) -> int:
        """Signed contracts of one instrument."""
        return sum(qty for each, qty in self.positions if each.symbol == instrument.symbol)


class Span(Struct, frozen=True):
    """How far one instrument's position may go: from `low`, if all that sells fills, to `high`."""

    instrument: Instrument
    held: int
    low: int
    high: int

    @property
    def most(self) -> int:
        """The largest position, long or short."""
        return max(abs(self.low), abs(self.high))

    def reach(self, side: Side) -> int:
        """The largest position that orders of one side may bring about; 0 where they cannot carry
        it past flat."""
        return max(0, self.high if side is Side.BUY else -self.low)


def reduces(order: OrderView, state: GateState) -> bool:
    """Whether an order only takes away from what is held: it protects or closes for the manager, or
    it and the other ordinary orders on its side are together no more than the position."""
    if order.role is not Role.ORDINARY:
        return True
    held = state.held(order.instrument)
    if held * order.side.sign >= 0:
        return False
    others = [view for view in state.working if view.role is Role.ORDINARY]
    return _most([*others, order], order.instrument, order.side) <= abs(held)


def spans(state: GateState, order: OrderView | None = None) -> list[Span]:
    """Every instrument's span, with `order` among what works; instruments in order of
    appearance."""
    views = state.working if order is None else (*state.working, order)
    instruments = {each.symbol: each for each, _ in state.positions}
    instruments |= {view.instrument.symbol: view.instrument for view in views}
    found = []
    for instrument in instruments.values():
        held = state.held(instrument)
        low = held - _most(views, instrument, Side.SELL)
        high = held + _most(views, instrument, Side.BUY)
        found.append(Span(instrument, held, low, high))
    return found


def weighted(positions: Iterable[tuple[Instrument, int]], limits: RiskLimits) -> Decimal:
    """The sum of positions, each at least zero, in weighted contracts."""
    total = Decimal(0)
    for instrument, qty in positions:
        total = _EXACT.add(total, _EXACT.multiply(Decimal(qty), limits.weight(instrument)))
    return total


def _most(views: Iterable[OrderView], instrument: Instrument, side: Side) -> int:
    """The most that orders of one side of one instrument may fill."""
    alone, groups = 0, dict[str, int]()
    for view in views:
        if view.side is not side or view.instrument.symbol != instrument.symbol:
            continue
        if view.role is Role.CLOSE:
            continue  # it and what protects the same contracts make each other smaller
        if view.group:
            groups[view.group] = max(groups.get(view.group, 0), view.qty)
        else:
            alone += view.qty
    return alone + sum(groups.values())
