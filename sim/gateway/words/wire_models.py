"""Our words in the gateway's: orders, fills, positions, money and prices as the JSON it sends.

Every function returns the members in the gateway's order and spelling; Decimals become JSON numbers
digit for digit when they are encoded. A `WireProfile` leaves out what an older gateway did not
send. Source: gateway-protocol 6, 8, 10.4 and 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any, Literal

from ....trading.broker import AccountState
from ....trading.instrument import Instrument
from ....trading.instruments import MONTH_CODES
from ....trading.order import Execution, OrderState, PositionState
from ....trading.words import OrdStatus, OrdType, Side

Wire = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIMALS_MOST = Decimal("1E-9")  # of a price on the wire (gateway-protocol 2)
_WIDE = Context(prec=40)
_ORDER_SINCE_2026 = ("trailDistance", "trailPrice", "parentOrderId", "linkedOrderId")

SIDES: Mapping[Side, int] = {Side.BUY: 0, Side.SELL: 1}
TYPES: Mapping[OrdType, int] = {
    OrdType.LIMIT: 1,
    OrdType.MARKET: 2,
    OrdType.STOP_LIMIT: 3,
    OrdType.STOP: 4,
    OrdType.TRAILING_STOP: 5,
    OrdType.JOIN_BID: 6,
    OrdType.JOIN_ASK: 7,
}
STATUSES: Mapping[OrdStatus, int] = {
    OrdStatus.NEW: 1,
    OrdStatus.PARTIALLY_FILLED: 1,  # there is no such status; fillVolume tells
    OrdStatus.PENDING_REPLACE: 1,
    OrdStatus.FILLED: 2,
    OrdStatus.CANCELED: 3,
    OrdStatus.EXPIRED: 4,
    OrdStatus.REJECTED: 5,
    OrdStatus.PENDING_NEW: 6,
    OrdStatus.PENDING_CANCEL: 7,
    OrdStatus.SUSPENDED: 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireProfile:
    """How the gateway writes. `since_2026`: the members that older clients do not survive are
    there. `envelope`: user events wrapped in an action, flat, or orders alone wrapped. `tape`: a
    trade as a list of one, or an object."""

    since_2026: bool = True
    envelope: Literal["wrapped", "flat", "mixed"] = "wrapped"
    tape: Literal["list", "object"] = "list"


PROFILES: Mapping[str, WireProfile] = {
    "current": WireProfile(),
    "2025-07": WireProfile(since_2026=False),
}
"""By name: today's gateway, and the one that project-x-py 3.3 was written for."""


def stamp(time_ns: int) -> str:
    """A time as the gateway writes it: UTC, to the 100 ns, without trailing zeros.

    >>> stamp(1_795_186_802_100_000_000)
    '2026-11-20T15:00:02.1+00:00'
    """
    seconds, ns = divmod(time_ns, 10**9)
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{ns // 100:07d}".rstrip("0")
    return f"{day}{'.' + digits if digits else ''}+00:00"


def contract_id(instrument: Instrument) -> str:
    """The gateway's id of an instrument: `CON.F.US.MNQ.Z26`; a root without a month has its root
    alone."""
    root = instrument.projectx or instrument.root
    month = instrument.month
    if month is None:
        return f"CON.F.US.{root}"
    return f"CON.F.US.{root}.{MONTH_CODES[month.month - 1]}{month.year % 100:02d}"


def symbol_id(instrument: Instrument) -> str:
    """The gateway's id of a root: `F.US.EP`."""
    return f"F.US.{instrument.projectx or instrument.root}"


def order_model(
    state: OrderState,
    account_id: int,
    *,
    created_ns: int,
    profile: WireProfile,
    trail_ticks: int | None = None,
    linked_id: int | None = None,
) -> Wire:
    """An order. `trail_ticks` of a trailing stop is read back as a distance in price."""
    grid = state.instrument
    tick = grid.tick_at(state.stop_px if state.stop_px is not None else Decimal(0))
    trail = None if trail_ticks is None else trail_ticks * tick
    wire: Wire = {
        "id": int(state.order_id),
        "accountId": account_id,
        "contractId": contract_id(grid),
        "symbolId": symbol_id(grid),
        "creationTimestamp": stamp(created_ns),
        "updateTimestamp": stamp(state.time_ns),
        "status": _status(state),
        "type": TYPES[state.ord_type],
        "side": SIDES[state.side],
        "size": state.order_qty,
        "limitPrice": state.price,
        "stopPrice": state.stop_px,
        "fillVolume": state.cum_qty,
        "filledPrice": None if state.avg_px is None else _mean(state.avg_px),
        "customTag": state.cl_ord_id or None,
        "trailDistance": trail_ticks,
        "trailPrice": trail,
        "parentOrderId": None if state.parent_id is None else int(state.parent_id),
        "linkedOrderId": linked_id,
    }
    return _of(profile, wire, _ORDER_SINCE_2026)


def fill_model(
    fill: Execution, account_id: int, *, profit: Decimal | None, profile: WireProfile
) -> Wire:
    """A fill, the gateway's half turn. `profit` is None on one that opens."""
    wire: Wire = {
        "id": int(fill.exec_id),
        "accountId": account_id,
        "contractId": contract_id(fill.instrument),
        "creationTimestamp": stamp(fill.time_ns),
        "price": fill.px,
        "profitAndLoss": profit,
        "fees": fill.fee if fill.fee is not None else 0,
        "commissions": None,
        "side": SIDES[fill.side],
        "size": fill.qty,
        "voided": fill.voided,
        "orderId": int(fill.order_id),
    }
    return _of(profile, wire, ("commissions",))


def position_model(
    position: PositionState, account_id: int, *, position_id: int, long: bool, profile: WireProfile
) -> Wire:
    """A position. A closed one has size 0 and keeps its type, which is `long` (protocol 10.4)."""
    wire: Wire = {
        "id": position_id,
        "accountId": account_id,
        "contractId": contract_id(position.instrument),
        "contractDisplayName": position.instrument.symbol,
        "creationTimestamp": stamp(position.time_ns),
        "type": 1 if long else 2,
        "size": abs(position.qty),
        "averagePrice": _mean(position.avg_px) if position.avg_px is not None else 0,
    }
    return _of(profile, wire, ("contractDisplayName",))


def account_model(state: AccountState, account_id: int, *, can_trade: bool = True) -> Wire:
    """An account of the simulated kind."""
    return {
        "id": account_id,
        "name": state.name,
        "balance": state.cash,
        "canTrade": can_trade,
        "isVisible": True,
        "simulated": True,
    }


def contract_model(instrument: Instrument, *, active: bool, profile: WireProfile) -> Wire:
    """A contract: its tick, and what a tick of one contract is worth."""
    tick = instrument.tick_at(Decimal(0))
    wire: Wire = {
        "id": contract_id(instrument),
        "name": instrument.symbol,
        "description": instrument.description,
        "tickSize": tick,
        "tickValue": tick * instrument.point_value,
        "activeContract": active,
        "symbolId": symbol_id(instrument),
    }
    return _of(profile, wire, ("symbolId",))


def user_arguments(model: Wire, action: int, *, is_order: bool, profile: WireProfile) -> list[Any]:
    """The arguments of a user event. `action`: 0 the first of an id, 1 later, 2 its end (14)."""
    wraps = profile.envelope == "wrapped" or (profile.envelope == "mixed" and is_order)
    return [{"action": action, "data": model}] if wraps else [model]


def _status(state: OrderState) -> int:
    # A market order is never seen open: it was recorded as pending until it filled (protocol 8).
    pending = state.ord_type is OrdType.MARKET and state.ord_status is OrdStatus.NEW
    return STATUSES[OrdStatus.PENDING_NEW if pending else state.ord_status]


def _mean(px: Decimal) -> Decimal:
    """A mean price with as many decimals as the gateway writes; one with fewer is as it is."""
    exponent = px.as_tuple().exponent
    assert isinstance(exponent, int), "a mean of prices is finite"
    return px if exponent >= -9 else px.quantize(_DECIMALS_MOST, context=_WIDE)


def _of(profile: WireProfile, wire: Wire, newer: tuple[str, ...]) -> Wire:
    if profile.since_2026:
        return wire
    return {name: value for name, value in wire.items() if name not in newer}
