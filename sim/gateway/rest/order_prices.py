"""Prices and distances of a request, checked in the gateway's words (gateway-protocol 7.1, 7.2)."""

from decimal import Decimal

from ....trading.errors import Refused
from ....trading.instrument import Instrument
from ....trading.order import Attached
from ....trading.price import Ticks
from ....trading.words import OrdType, Reason, Side
from ...desk.grid import on_grid
from .bodies import Bracket

TRAIL_TICKS_MOST = 1000
_STOP_LEGS = {4: False, 5: True}  # type on the wire: whether it trails
_TARGET_LEG = 1
_NAMES = {
    0: "Unknown",
    1: "Limit",
    2: "Market",
    3: "StopLimit",
    4: "Stop",
    5: "TrailingStop",
    6: "JoinBid",
    7: "JoinAsk",
}


def aligned(instrument: Instrument, price: Decimal | None, name: str, now_ns: int) -> None:
    """Raise `Refused` for a price off the grid; `name`: limit, stop or trail."""
    try:
        on_grid(instrument, price, now_ns)
    except Refused as refusal:
        text = f"Invalid {name} price. Price is not aligned to tick size."
        raise Refused(text, reason=refusal.reason) from None


def trail_units(
    instrument: Instrument, level: Decimal, last_units: int | None, *, ticks_most: int | None
) -> int:
    """The distance that a trailing stop keeps, in units, from the level that it is sent with.

    The level is counted from the last trade, once, in whole ticks; on which side of it it lies does
    not matter. Raises `Refused`. `ticks_most` None: any distance.
    """
    if last_units is None:
        raise Refused("Cannot trail without a last price", reason=Reason.NO_LAST_PRICE)
    tick = instrument.tick_units(last_units)
    ticks = abs(last_units - instrument.units(level)) // tick
    if ticks_most is not None and ticks > ticks_most:
        raise Refused(
            f"Trail Distance exceeds maximum ({ticks_most})", reason=Reason.QUANTITY_OUT_OF_RANGE
        )
    if not ticks:
        raise Refused("Invalid trail price", reason=Reason.QUANTITY_OUT_OF_RANGE)
    return ticks * tick


def attached(
    side: Side, stop: Bracket | None, target: Bracket | None, *, lenient: bool
) -> Attached | None:
    """The brackets of an entry; None without any. `lenient`: ticks count from the entry whatever
    their sign. Raises `Refused` for legs of the wrong type."""
    if stop is None and target is None:
        return None
    if stop is not None and stop.type not in _STOP_LEGS:
        raise _bracket(f"Invalid stop loss type ({_name(stop.type)})")
    if target is not None and target.type != _TARGET_LEG:
        raise _bracket(f"Invalid take profit type ({_name(target.type)})")
    return Attached(
        stop=None if stop is None else _ticks(stop, -side.sign, lenient),
        target=None if target is None else _ticks(target, side.sign, lenient),
        trails=stop is not None and _STOP_LEGS[stop.type],
    )


def needed(ord_type: OrdType, limit: Decimal | None, stop: Decimal | None) -> None:
    """Raise `Refused` where a type lacks its price."""
    if limit is None and ord_type in (OrdType.LIMIT, OrdType.STOP_LIMIT):
        raise Refused("Invalid limit price", reason=Reason.PRICE_OFF_TICK)
    if stop is None and ord_type in (OrdType.STOP, OrdType.STOP_LIMIT):
        raise Refused("Invalid stop price", reason=Reason.PRICE_OFF_TICK)


def _ticks(leg: Bracket, sign: int, lenient: bool) -> Ticks:
    return Ticks(sign * abs(leg.ticks) if lenient else leg.ticks)


def _name(kind: int) -> str:
    return _NAMES.get(kind, str(kind))


def _bracket(text: str) -> Refused:
    return Refused(text, reason=Reason.BRACKET_REFUSED)
