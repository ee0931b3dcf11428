"""What the port's commands are on the wire: bodies of requests, sans I/O and exact.

The gateway has no time in force (docs/decisions/0010): DAY and GTC orders are sent alike, and an
IOC is refused before it is sent. A trailing stop is sent as the *level* of its first trigger; the
gateway takes the distance from that level to the last trade (gateway-protocol 7.2). A stop and a
target that it keeps itself are ticks from the fill, signed (7.3). Prices must be on the tick: the
gateway rounds nothing, and neither do we.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ...trading.broker import Offers
from ...trading.errors import OffGrid, RefusedByUs, UsageError
from ...trading.instrument import Instrument
from ...trading.order import OrderChange, OrderRequest
from ...trading.price import Ticks
from ...trading.words import OrdType, Reason, Side
from ..meaning.inference import SIDES, TYPES

Body = dict[str, Any]

_SIDES: Mapping[Side, int] = {ours: theirs for theirs, ours in SIDES.items()}
_TYPES: Mapping[OrdType, int] = {ours: theirs for theirs, ours in TYPES.items()}
_LIMITED = (OrdType.LIMIT, OrdType.STOP_LIMIT)
_STOPPED = (OrdType.STOP, OrdType.STOP_LIMIT)


def check(request: OrderRequest, offers: Offers) -> None:
    """Raise `RefusedByUs` for an order that this gateway would not take, or take for another."""
    if request.tif not in offers.tifs:
        raise _not_had(f"ProjectX has no {request.tif.name}; it has no time in force at all")
    if request.ord_type not in offers.ord_types:
        known = ", ".join(kind.name for kind in sorted(offers.ord_types))
        raise _not_had(f"ProjectX takes no {request.ord_type.name} of us; it takes {known}")
    if request.attached is not None and offers.auto_oco is False:
        raise _not_had("the account keeps no stop and target for an entry (auto_oco is off)")
    if request.order_qty < 1:
        raise RefusedByUs(
            f"quantity is {request.order_qty}; give at least 1", reason=Reason.QUANTITY_OUT_OF_RANGE
        )
    check_grid(request.instrument, request.price, request.stop_px)


def check_grid(instrument: Instrument, *prices: Decimal | None) -> None:
    """Raise `RefusedByUs` for a price off the grid; nothing is rounded for anybody."""
    for price in prices:
        try:
            if price is not None:
                instrument.units(price)
        except OffGrid as error:
            raise RefusedByUs(str(error), reason=Reason.PRICE_OFF_TICK) from error
        except UsageError as error:
            raise RefusedByUs(str(error)) from error


def place(
    account_id: int, contract_id: str, request: OrderRequest, last: Decimal | None = None
) -> Body:
    """`Order/place`. `last`: the last trade's price, for a trailing stop without a first trigger.

    Raises `RefusedByUs` for such a stop where no price is known.
    """
    kind = request.ord_type
    body: Body = {
        "accountId": account_id,
        "contractId": contract_id,
        "type": _TYPES[kind],
        "side": _SIDES[request.side],
        "size": request.order_qty,
        "limitPrice": request.price if kind in _LIMITED else None,
        "stopPrice": request.stop_px if kind in _STOPPED else None,
        "trailPrice": None,
        "customTag": request.cl_ord_id,
    }
    if kind is OrdType.TRAILING_STOP:
        level = request.stop_px
        if level is None:
            level = trail_level(request.instrument, request.side, request.trail, last)
        body["trailPrice"] = level
    if request.attached is not None:
        stop, target = request.attached.stop, request.attached.target
        trails = request.attached.trails
        body["stopLossBracket"] = _leg(stop, OrdType.TRAILING_STOP if trails else OrdType.STOP)
        body["takeProfitBracket"] = _leg(target, OrdType.LIMIT)
    return body


def modify(account_id: int, order_id: str, change: OrderChange, level: Decimal | None) -> Body:
    """`Order/modify`; what is None stays. `level`: where a trailing stop is to trigger first."""
    return {
        "accountId": account_id,
        "orderId": int(order_id),
        "size": change.order_qty,
        "limitPrice": change.price,
        "stopPrice": None if level is not None else change.stop_px,
        "trailPrice": level,
    }


def cancel(account_id: int, order_id: str) -> Body:
    """`Order/cancel`."""
    return {"accountId": account_id, "orderId": int(order_id)}


def close(account_id: int, contract_id: str, qty: int | None) -> tuple[str, Body]:
    """The endpoint that closes a position, or `qty` contracts of it, and its body."""
    body: Body = {"accountId": account_id, "contractId": contract_id}
    if qty is None:
        return "Position/closeContract", body
    return "Position/partialCloseContract", body | {"size": qty}


def trail_level(
    instrument: Instrument, side: Side, trail: int | None, last: Decimal | None
) -> Decimal:
    """Where a trailing stop triggers first: `trail` units from the last trade, above it for a buy.

    >>> from dryfill.trading import instruments
    >>> str(trail_level(instruments.find("ES"), Side.SELL, 40, Decimal("4000")))
    '3990'
    """
    if trail is None or last is None:
        raise RefusedByUs(
            f"a trailing stop of {instrument.symbol} is sent as a price, and no last price is "
            f"known to measure it from; give its first trigger (stop_px)",
            reason=Reason.NO_LAST_PRICE,
        )
    return instrument.decimal(instrument.units(last) + side.sign * trail)


def order_number(order_id: str) -> int | None:
    """An order's id as the gateway's number; None for what is no id of its."""
    if order_id.isascii() and order_id.isdigit() and len(order_id) < 19:
        return int(order_id)
    return None


def stamp(time_ns: int) -> str:
    """A moment as the gateway reads it: UTC, whole microseconds, never later than the moment.

    >>> stamp(1_795_186_802_100_000_900)
    '2026-11-20T15:00:02.100000Z'
    """
    seconds, ns = divmod(max(time_ns, 0), 10**9)
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{day}.{ns // 1000:06d}Z"


def _leg(ticks: Ticks | None, kind: OrdType) -> Body | None:
    return None if ticks is None else {"ticks": ticks.n, "type": _TYPES[kind]}


def _not_had(text: str) -> RefusedByUs:
    return RefusedByUs(text, reason=Reason.NOT_SUPPORTED)
