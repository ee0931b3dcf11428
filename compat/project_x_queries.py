"""Questions to the broker, answered in project-x-py's shape."""

from datetime import UTC, datetime
from typing import Any

from ..trading.instrument import Instrument
from ..trading.order import OrderState
from .project_x_calls import Calls
from .project_x_shapes import Order, ProjectXOrderError, order_of, status_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[datetime | None, datetime | None]


async def open_orders(
    calls: Calls, contract_id: str | None, side: int | None, account_id: int | None
) -> list[Order]:
    """Orders that work, oldest first."""
    calls.account(account_id)
    instrument = None if contract_id is None else calls.instrument(contract_id)
    states = await calls.desk.broker.open_orders(instrument, deadline_s=calls.read_s)
    found = [_shaped(calls, state) for state in states]
    return [order for order in found if side is None or order.side == side]


async def orders_between(
    calls: Calls, span: Span, contract_id: str | None, account_id: int | None
) -> list[Order]:
    """Orders that were sent within a span, oldest first; a naive time is UTC."""
    calls.account(account_id)
    start_ns, end_ns = (None if at is None else _ns(at) for at in span)
    states = await calls.desk.broker.orders_since(start_ns or 0, deadline_s=calls.read_s)
    wanted = None if contract_id is None else calls.instrument(contract_id)
    return [
        _shaped(calls, state)
        for state in states
        if _is(state, wanted) and (end_ns is None or state.time_ns <= end_ns)
    ]


async def page(
    calls: Calls,
    statuses: list[int] | None,
    contract_id: str | None,
    which: slice,
    account_id: int | None,
) -> list[Order]:
    """A page of the orders in some states, newest first."""
    found = await orders_between(calls, (None, None), contract_id, account_id)
    kept = [order for order in found if statuses is None or order.status in statuses]
    return kept[::-1][which]


async def by_id(calls: Calls, order_id: object) -> Order | None:
    """An order as the broker has it; None where it says that it has none such."""
    for instrument in calls.known:
        state = await calls.desk.broker.order(
            instrument, order_id=str(order_id), deadline_s=calls.read_s
        )
        if state is not None:
            return _shaped(calls, state)
    return None


async def is_filled(calls: Calls, order_id: object) -> bool:
    """Whether an order is filled. Raises where the broker has none such: that is not "no"."""
    order = await by_id(calls, order_id)
    if order is None:
        raise ProjectXOrderError(
            f"the broker has no order {order_id}; whether it filled is unknown"
        )
    return order.is_filled


def tracked(calls: Calls, order_id: str) -> dict[str, Any] | None:
    """What the order manager knows of one of its orders, by the wire's names."""
    order = calls.desk.manager.view.order(str(order_id))
    if order is None:
        return None
    return {
        "id": order.order_id,
        "contractId": calls.contract_id(order.instrument),
        "status": int(status_of(order.status)),
        "size": order.order_qty,
        "fillVolume": order.cum_qty,
        "filledPrice": None if order.avg_px is None else float(order.avg_px),
        "customTag": calls.tag(order.cl_ord_id),
        "terminal": not order.working,
    }


def _is(state: OrderState, wanted: Instrument | None) -> bool:
    return wanted is None or state.instrument.symbol == wanted.symbol


def _shaped(calls: Calls, state: OrderState) -> Order:
    account = calls.desk.broker.account_name
    contract_id = calls.contract_id(state.instrument)
    return order_of(state, account, contract_id, calls.tag(state.cl_ord_id))


def _ns(at: datetime) -> int:
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
