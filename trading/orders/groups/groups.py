"""Makes groups: checks them, asks the risk gate, sends them, and links orders that work already."""

from collections.abc import Sequence
from typing import Literal

from ...broker import Broker
from ...errors import UsageError
from ...instrument import Instrument
from ...order import OrderRequest, OrderSpec
from ...price import PriceLike
from ...words import ContingencyType
from .. import tags
from ..brackets.plan import entry_prices
from ..door import Door
from ..drafts import draft
from ..handle import Order
from ..owners import Owners
from ..risk.exposure import MarketView
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from ..view import View
from .checks import check
from .group import Group
from .spec import GroupSpec, MemberSpec

IfRefused = Literal["keep", "cancel"]


class Groups:
    """Begins groups and hands them to the owners."""

    def __init__(
        self,
        owners: Owners,
        outbox: Outbox,
        view: View,
        broker: Broker,
        settings: OrderSettings,
        door: Door,
    ) -> None:
        self._owners = owners
        self._outbox = outbox
        self._view = view
        self._broker = broker
        self._settings = settings
        self._door = door

    def oco(
        self,
        instrument: Instrument,
        specs: Sequence[OrderSpec],
        *,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
        market: MarketView | None = None,
    ) -> Group:
        """Send two or more orders of which one is meant: a fill of one cancels or shrinks the
        others.

        `contingency`: `OCO` cancels the others at the first fill; `OUO_ABSOLUTE` shrinks them by
        what is filled, to nothing in the end; `OUO_PROPORTIONAL` by the same share, for orders of
        different sizes. None: `OUO_ABSOLUTE` for orders on one side, `OCO` for a buy and a sell.
        `if_refused`: whether the others are kept or cancelled where the broker refuses one before
        any was filled; None: kept where they only close what is held, else cancelled. `market`:
        what is known of it, to check the prices against.

        Raises `UsageError` and `OffGrid` for orders that cannot stand together, `RefusedByUs` where
        the risk gate refuses one of them; nothing is sent then.
        """
        held, intent = self._view.held(instrument), self._door.life.next_intent()
        protects = bool(specs) and all(
            held * spec.side.sign < 0 and spec.qty <= abs(held) for spec in specs
        )
        requests = self._drafts(intent, instrument, specs, market, protects=protects)
        spec = GroupSpec(
            intent=intent,
            symbol=instrument.symbol,
            contingency=_contingency(requests, contingency),
            members=tuple(MemberSpec.of(request) for request in requests),
            protects=protects,
            keeps=_keeps(if_refused, protects=protects),
        )
        check(spec, market)
        opens = [self._door.may_send(instrument, order) for order in specs]
        for request in requests:  # all are asked for before any is sent
            self._door.admit(request)
        return self._begin(spec, instrument, requests, opens=any(opens))

    def oto(
        self,
        instrument: Instrument,
        first: OrderSpec,
        then: OrderSpec | Sequence[OrderSpec],
        *,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
        market: MarketView | None = None,
    ) -> Group:
        """Send an order whose fills send others out: `then`, one order or several that are linked
        as by `oco`, each for the share of its size that `first` has filled of its own.

        Orders on the other side that are no larger than `first` protect it: they are sent until
        they arrive, and the risk gate is not asked about them. Else as `oco`.
        """
        intent = self._door.life.next_intent()
        given = [then] if isinstance(then, OrderSpec) else list(then)
        protects = all(s.side is first.side.opposite and s.qty <= first.qty for s in given)
        last = None if market is None else market.last
        entry = draft(f"{intent}.{tags.FIRST}#1", instrument, first, self._broker.offers, last)
        requests = self._drafts(intent, instrument, given, market, protects=protects)
        spec = GroupSpec(
            intent=intent,
            symbol=instrument.symbol,
            contingency=_contingency(requests, contingency),
            members=tuple(MemberSpec.of(request) for request in requests),
            first=MemberSpec.of(entry),
            protects=protects,
            keeps=_keeps(if_refused, protects=protects),
        )
        check(spec, None, entry_prices(entry, _price_for(first, market)))
        opens = self._door.may_send(instrument, first)
        self._door.admit(entry)
        if not protects:
            for request in requests:
                self._door.admit(request)
        return self._begin(spec, instrument, [entry], opens=opens)

    def link(self, orders: Sequence[Order], *, contingency: ContingencyType | None = None) -> Group:
        """Link orders that were sent alone, whether or not the broker has answered them: from now
        on a fill of one cancels or shrinks the others, and so does what was filled before.

        One that the broker refuses leaves the others alone. Raises `UsageError` for orders that
        cannot stand together, are of different instruments, over, or linked already.
        """
        if not orders:
            raise UsageError("no orders to link; give at least two")
        instrument = orders[0].instrument
        for order in orders:
            self._check_linkable(order, instrument)
        if len({order.cl_ord_id for order in orders}) < len(orders):
            raise UsageError("an order is linked to itself; give each once")
        held = self._view.held(instrument)
        closes = all(o.side.sign * held < 0 and o.leaves_qty <= abs(held) for o in orders)
        requests = [_as_it_is(order) for order in orders]
        spec = GroupSpec(
            intent=self._door.life.next_intent(),
            symbol=instrument.symbol,
            contingency=_contingency(requests, contingency),
            members=tuple(MemberSpec.of(request) for request in requests),
            protects=closes,
        )
        check(spec, None)
        group = self.make(spec, instrument)
        group.resume(orders)
        self._door.life.begins((), group, False)
        for order in orders:
            self._owners.link(order, group)
        self._owners.add(group)
        self._owners.settle(group)
        return group

    def make(self, spec: GroupSpec, instrument: Instrument) -> Group:
        """A group of a spec, with no orders yet; nothing is sent before it is settled."""
        return Group(
            spec,
            instrument,
            self._outbox.on_behalf(spec.intent),
            self._settings,
            again=self._owners.settle,
            ask=self._door.ask,
        )

    # --- how --------------------------------------------------------------------------------------

    def _begin(
        self,
        spec: GroupSpec,
        instrument: Instrument,
        requests: Sequence[OrderRequest],
        *,
        opens: bool,
    ) -> Group:
        group = self.make(spec, instrument)
        self._door.life.begins(requests, group, opens)
        self._owners.add(group)
        self._owners.settle(group)
        return group

    def _drafts(
        self,
        intent: str,
        instrument: Instrument,
        specs: Sequence[OrderSpec],
        market: MarketView | None,
        *,
        protects: bool,
    ) -> list[OrderRequest]:
        duty, offers = tags.LEG if protects else tags.OCO, self._broker.offers
        last = None if market is None else market.last
        return [
            draft(f"{intent}.{duty}{n}#1", instrument, spec, offers, last)
            for n, spec in enumerate(specs, 1)
        ]

    def _check_linkable(self, order: Order, instrument: Instrument) -> None:
        if order.instrument.symbol != instrument.symbol:
            raise UsageError(
                f"{order.describe()} is in another instrument than {instrument.symbol}; link "
                f"orders of one instrument"
            )
        tag = tags.parse(order.cl_ord_id)
        owner = self._owners.of(order)
        if owner is not None or (tag is not None and tag.role):
            raise UsageError(f"{order.describe()} belongs to {owner or tag!r} already")
        if not order.working and not order.cum_qty:
            raise UsageError(
                f"{order.describe()} is over ({order.status.name}), with nothing filled; there is "
                f"nothing to link"
            )


def _contingency(
    requests: Sequence[OrderRequest], asked: ContingencyType | None
) -> ContingencyType:
    if asked is ContingencyType.OTO:
        raise UsageError("OTO is no contingency between members; use oto(first, then)")
    if asked is not None:
        return asked
    one_sided = len({request.side for request in requests}) == 1
    return ContingencyType.OUO_ABSOLUTE if one_sided else ContingencyType.OCO


def _keeps(if_refused: IfRefused | None, *, protects: bool) -> bool:
    if if_refused not in (None, "keep", "cancel"):
        raise UsageError(f"if_refused is {if_refused!r}; give 'keep', 'cancel' or None")
    return protects if if_refused is None else if_refused == "keep"


def _as_it_is(order: Order) -> OrderRequest:
    """An order as it works now, whatever was changed since it was sent."""
    core = order.core
    return OrderRequest(
        cl_ord_id=order.cl_ord_id,
        instrument=order.instrument,
        side=order.side,
        ord_type=order.request.ord_type,
        order_qty=core.order_qty,
        price=core.price,
        stop_px=core.stop_px,
        trail=order.request.trail,
        tif=order.request.tif,
    )


def _price_for(first: OrderSpec, market: MarketView | None) -> PriceLike | None:
    """What a market order would get."""
    if market is None:
        return None
    near = market.ask if first.side.sign > 0 else market.bid
    return market.last if near is None else near
