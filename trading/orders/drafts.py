"""From what a trader writes to what is sent: aligned, exact, and refused here where it cannot
be."""

from collections.abc import Collection
from enum import IntEnum

from ..broker import Offers
from ..errors import RefusedByUs, UsageError
from ..instrument import Instrument
from ..order import OrderRequest, OrderSpec, Trail, check_trail
from ..price import PriceLike, Ticks
from ..words import Reason, Side
from .agreement import Wish
from .handle import Order


def draft(
    tag: str,
    instrument: Instrument,
    spec: OrderSpec,
    offers: Offers,
    market: PriceLike | None = None,
) -> OrderRequest:
    """The request of a spec. `market`: what a trail's level is measured from, None: not known.

    Raises `OffGrid`, `UsageError` for a trail's level on the wrong side of the market or without
    one, and `RefusedByUs` where the broker offers no such order.
    """
    if spec.ord_type not in offers.ord_types:
        raise _not_offered("order type", spec.ord_type, offers.ord_types)
    if spec.tif not in offers.tifs:
        raise _not_offered("time in force", spec.tif, offers.tifs)
    exact = instrument.decimal
    first = spec.stop if spec.trail is None or isinstance(spec.trail, Ticks) else spec.trail
    return OrderRequest(
        cl_ord_id=tag,
        instrument=instrument,
        side=spec.side,
        ord_type=spec.ord_type,
        order_qty=spec.qty,
        price=None if spec.limit is None else exact(instrument.units(spec.limit)),
        stop_px=None if first is None else exact(instrument.units(first)),
        trail=None if spec.trail is None else _distance(instrument, spec.side, spec.trail, market),
        tif=spec.tif,
    )


def _not_offered(what: str, wanted: IntEnum, offered: Collection[IntEnum]) -> RefusedByUs:
    names = ", ".join(sorted(each.name for each in offered))
    return RefusedByUs(
        f"this broker has no {what} {wanted.name}; it has {names}", reason=Reason.NOT_SUPPORTED
    )


def changed(
    order: Order,
    *,
    qty: int | None,
    limit: PriceLike | None,
    stop: PriceLike | None,
    trail: Trail | None,
    market: PriceLike | None = None,
) -> Wish:
    """What an order should be after a change; `market` as in `draft`.

    Raises `UsageError` for a change that its type has no room for, and `RefusedByUs` for an order
    that is over or on its way out.
    """
    if not order.working or not order.core.wish.working:
        state = "over" if not order.working else "being cancelled"
        raise RefusedByUs(
            f"{order.describe()} is {state} ({order.status.name}); it cannot change",
            reason=Reason.TOO_LATE,
        )
    if qty is not None and (isinstance(qty, bool) or not isinstance(qty, int) or qty < 1):
        raise UsageError(
            f"qty is {qty!r}; give whole contracts from 1, or cancel {order.describe()}"
        )
    check_trail(trail)
    old, grid = order.core.wish, order.instrument
    for name, new, has in (
        ("limit", limit, old.price),
        ("stop", stop, old.stop_px),
        ("trail", trail, old.trail),
    ):
        if new is not None and has is None:
            raise UsageError(f"{order.describe()} has no {name} price to change")
    return Wish(
        True,
        old.order_qty if qty is None else qty,
        old.price if limit is None else grid.decimal(grid.units(limit)),
        old.stop_px if stop is None else grid.decimal(grid.units(stop)),
        old.trail if trail is None else _distance(grid, order.side, trail, market),
    )


def _distance(instrument: Instrument, side: Side, trail: Trail, market: PriceLike | None) -> int:
    """A trail as units between the market and its trigger."""
    if isinstance(trail, Ticks):
        return trail.n * instrument.tick_units(0)
    level = instrument.units(trail)
    if market is None:
        raise UsageError(
            f"trail is the level {trail}, and no price of {instrument.symbol} is known to measure "
            f"it from; subscribe to its quotes or trades, or give a distance in Ticks"
        )
    now = instrument.units(market)
    units = (level - now) * side.sign
    if units < 1:
        where = "above" if side is Side.BUY else "below"
        raise UsageError(
            f"trail is the level {trail}; the trigger of a {side.name} trailing stop in "
            f"{instrument.symbol} lies {where} the market, which is at {market}"
        )
    return units
