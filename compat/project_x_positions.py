"""Orders of a position, in project-x-py's arguments: closing, guarding, listing."""

from ..trading.errors import RefusedByUs
from ..trading.instrument import Instrument
from ..trading.orders import tags
from ..trading.orders.handle import Order
from .project_x_calls import Calls, number, placed
from .project_x_shapes import ArgumentError, OrderPlaceResponse, OrderType

_LISTS = ("entry_orders", "stop_orders", "target_orders")
_BY_TYPE = {
    OrderType.STOP: "stop_orders",
    OrderType.LIMIT: "target_orders",
    OrderType.MARKET: "entry_orders",
}
_BY_DUTY = {"stop": "stop_orders", "target": "target_orders"}


async def close(
    calls: Calls, instrument: Instrument, method: str, limit_price: float | None
) -> OrderPlaceResponse | None:
    """Close what is held, and wait until the closing order is with the broker (at a limit) or the
    close is through (at market)."""
    desk = calls.desk
    if method not in ("market", "limit"):
        raise ArgumentError(f"method is {method!r}; give 'market' or 'limit'")
    if method == "limit" and limit_price is None:
        raise ArgumentError("a close by limit needs limit_price")
    if not desk.position_in(instrument):
        return None
    limit = calls.price(instrument, limit_price) if method == "limit" else None
    closing = desk.close_position(limit=limit, instrument=instrument)
    if limit is None:
        await closing.done()
    elif closing.order is not None:
        await closing.order.accepted()
    return placed(closing.order)


async def guard(
    calls: Calls,
    instrument: Instrument,
    size: int | None,
    *,
    stop: float | None = None,
    target: float | None = None,
) -> OrderPlaceResponse | None:
    """Guard what is held by a stop or a target; None where nothing is held."""
    if not calls.desk.position_in(instrument):
        return None
    found = await calls.desk.protect(
        stop=calls.price(instrument, stop),
        target=calls.price(instrument, target),
        qty=size,
        instrument=instrument,
    )
    order = found.stop if stop is not None else found.target
    if order is None:
        raise RefusedByUs(f"{found!r} sent nothing")
    return placed(await order.accepted())


def orders(
    calls: Calls, instrument: Instrument, kinds: list[str | OrderType] | None
) -> dict[str, list[int]]:
    """Ids of working orders by what they are for."""
    found: dict[str, list[int]] = {name: [] for name in _wanted(kinds)}
    for order in calls.desk.manager.view.orders_of(instrument):
        name, order_id = _list_of(order), number(order)
        if name in found and order_id is not None:
            found[name].append(order_id)
    return found


async def cancel(
    calls: Calls, instrument: Instrument, kinds: list[str] | None
) -> dict[str, int | list[str]]:
    """Take a position's orders away; the ids of those that are gone."""
    wanted, manager = _wanted(kinds), calls.desk.manager
    chosen = [o for o in manager.view.orders_of(instrument) if _list_of(o) in wanted]
    for order in chosen:
        manager.start_cancel(order)
    gone = []
    for order in chosen:
        if (await manager.cancel_result(order)).state == "cancelled":
            gone.append(order.order_id or order.cl_ord_id)
    return {"cancelled_count": len(gone), "cancelled_orders": gone}


def sized(calls: Calls, instrument: Instrument, size: int) -> list[str]:
    """Ids of the protective orders that have this size open now."""
    return [
        order.order_id
        for order in calls.desk.manager.view.orders_of(instrument)
        if _list_of(order) != "entry_orders" and order.leaves_qty == abs(size) and order.order_id
    ]


def sibling(calls: Calls, order_id: object) -> Order | None:
    """The order that a fill of this one would cancel or shrink; None where there is none."""
    order = calls.order(order_id)
    group = calls.desk.manager.view.group_of(order)
    others = [] if group is None else [o for o in group.members if o is not None and o is not order]
    return others[0] if others else None


def _wanted(kinds: list[str] | list[str | OrderType] | None) -> list[str]:
    if kinds is None:
        return list(_LISTS)
    names = [_BY_TYPE.get(k, "") if isinstance(k, OrderType) else f"{k}_orders" for k in kinds]
    for name, kind in zip(names, kinds, strict=True):
        if name not in _LISTS:
            raise ArgumentError(f"order type {kind!r}; give 'entry', 'stop' or 'target'")
    return names


def _list_of(order: Order) -> str:
    tag = tags.parse(order.cl_ord_id)
    return _BY_DUTY.get("" if tag is None else tag.duty, "entry_orders")
