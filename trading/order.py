"""What a trader asks for, what is sent, and what the broker answers about an order."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from .errors import UsageError
from .instrument import Instrument
from .price import PriceLike, Ticks
from .words import ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, TimeInForce

Trail = Ticks | PriceLike
"""How far a trailing stop stays behind the market: `Ticks`, or the price of its first trigger."""

_TIFS = {"day": TimeInForce.DAY, "gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC}


class OrderSpec(Struct, frozen=True):
    """An order as a trader writes it, before it is aligned to a grid; made by `Buy` and `Sell`."""

    side: Side
    qty: int
    ord_type: OrdType
    limit: PriceLike | None = None
    stop: PriceLike | None = None
    trail: Trail | None = None
    tif: TimeInForce = TimeInForce.DAY


def Buy(  # noqa: N802  reads as the order it makes: self.place(Buy(2, limit="4500.25"))
    qty: int,
    *,
    limit: PriceLike | None = None,
    stop: PriceLike | None = None,
    trail: Trail | None = None,
    join: bool = False,
    tif: Literal["day", "gtc", "ioc"] = "day",
) -> OrderSpec:
    """Buy `qty` contracts: at market, or `limit`, `stop`, both (stop-limit), `trail` or `join` the
    bid.

    `trail` is a distance, or the price at which the first trigger lies; the distance is then what
    lies between it and the market when the order is sent, and the market must be known.

    Raises `UsageError` for a quantity below one and for prices that do not go together.
    """
    return _spec(Side.BUY, qty, limit, stop, trail, join, tif)


def Sell(  # noqa: N802
    qty: int,
    *,
    limit: PriceLike | None = None,
    stop: PriceLike | None = None,
    trail: Trail | None = None,
    join: bool = False,
    tif: Literal["day", "gtc", "ioc"] = "day",
) -> OrderSpec:
    """Sell `qty` contracts; as `Buy`, with `join` for the ask."""
    return _spec(Side.SELL, qty, limit, stop, trail, join, tif)


def _spec(
    side: Side,
    qty: int,
    limit: PriceLike | None,
    stop: PriceLike | None,
    trail: Trail | None,
    join: bool,
    tif: str,
) -> OrderSpec:
    if isinstance(qty, bool) or not isinstance(qty, int) or qty < 1:
        raise UsageError(f"quantity is {qty!r}; give a whole number of contracts from 1")
    if tif not in _TIFS:
        raise UsageError(f"tif is {tif!r}; give 'day', 'gtc' or 'ioc'")
    check_trail(trail)
    if (trail is not None or join) and (limit is not None or stop is not None or (trail and join)):
        raise UsageError("trail and join stand alone: without limit, stop or each other")
    join_type = OrdType.JOIN_BID if side is Side.BUY else OrdType.JOIN_ASK
    kinds = {
        (False, False): OrdType.MARKET,
        (True, False): OrdType.LIMIT,
        (False, True): OrdType.STOP,
        (True, True): OrdType.STOP_LIMIT,
    }
    kind = kinds[limit is not None, stop is not None]
    if trail is not None or join:
        kind = OrdType.TRAILING_STOP if trail is not None else join_type
    return OrderSpec(side, qty, kind, limit, stop, trail, _TIFS[tif])


def check_trail(trail: Trail | None) -> None:
    """Raise `UsageError` for a trail that is neither a distance nor the price of a trigger."""
    if isinstance(trail, int):  # a price as well as a distance would be taken without a word
        raise UsageError(f"trail is {trail!r}; write Ticks({trail}) or the price '{trail}'")
    if isinstance(trail, Ticks) and trail.n < 1:
        raise UsageError(f"trail is {trail.n} ticks; give at least Ticks(1)")


class Attached(Struct, frozen=True, kw_only=True):
    """A stop and a target that the broker itself keeps for an entry, as ProjectX's brackets.

    Whole ticks of the instrument from the entry's mean fill price, signed: above it positive, below
    it negative, whichever side is traded. So a long's stop is `Ticks(-40)` and its target
    `Ticks(80)`, a short's the reverse. None: without that one. `trails`: the stop follows the
    market at that distance.
    """

    stop: Ticks | None = None
    target: Ticks | None = None
    trails: bool = False

    def __post_init__(self) -> None:
        if self.stop is None and self.target is None:
            raise UsageError("Attached without stop and target attaches nothing; leave it out")


class OrderRequest(Struct, frozen=True, kw_only=True, gc=False):
    """An order as it is sent: aligned, exact, with its own client tag (`intent#attempt`).

    `price` and `stop_px` are on the instrument's grid; `trail` is a distance in units, and
    `stop_px` beside it the first trigger, None for one at that distance from the market.
    `attached`: what the broker keeps for it (`Offers.auto_oco`); one that does not keep it refuses
    the order.
    """

    cl_ord_id: str
    instrument: Instrument
    side: Side
    ord_type: OrdType
    order_qty: int
    price: Decimal | None = None
    stop_px: Decimal | None = None
    trail: int | None = None
    tif: TimeInForce = TimeInForce.DAY
    attached: Attached | None = None


class OrderChange(Struct, frozen=True, kw_only=True):
    """What to change on a working order; None leaves a field as it is. `order_qty` is the new
    total."""

    order_qty: int | None = None
    price: Decimal | None = None
    stop_px: Decimal | None = None
    trail: int | None = None


class OrderState(Struct, frozen=True, kw_only=True, gc=False):
    """An order as the broker knows it: the answer to a query.

    `avg_px` is None while nothing is filled; `time_ns` is the broker's time of the last change.
    `parent_id`: the broker's id of the entry to which it is attached, None for every other order.
    Such a child has the broker's tag, or none, and while it is SUSPENDED it has no price yet.
    """

    instrument: Instrument
    order_id: str
    cl_ord_id: str
    side: Side
    ord_type: OrdType
    ord_status: OrdStatus
    order_qty: int
    cum_qty: int
    leaves_qty: int
    price: Decimal | None
    stop_px: Decimal | None
    avg_px: Decimal | None
    time_ns: int
    reason: Reason = Reason.NONE
    text: str = ""
    parent_id: str | None = None


class ExecutionReport(Struct, frozen=True, kw_only=True, gc=False):
    """The broker's word that something happened to an order (FIX 35=8), after which it is `order`.

    `last_qty` and `last_px` are this fill's (0 and None where nothing was filled), `exec_id` its
    identity: the same fill told twice carries the same one. `fee` is what it cost, None where the
    broker does not say so with the fill.
    """

    exec_type: ExecType
    order: OrderState
    last_qty: int = 0
    last_px: Decimal | None = None
    exec_id: str | None = None
    liquidity: Liquidity = Liquidity.NONE
    fee: Decimal | None = None


class Execution(Struct, frozen=True, kw_only=True, gc=False):
    """One fill, with what it cost. `fee` in the account's currency, None where not known."""

    exec_id: str
    instrument: Instrument
    order_id: str
    cl_ord_id: str
    side: Side
    qty: int
    px: Decimal
    time_ns: int
    fee: Decimal | None = None


class PositionState(Struct, frozen=True, kw_only=True, gc=False):
    """A net position: signed contracts (short is negative) and their mean price (None when
    flat)."""

    instrument: Instrument
    qty: int
    avg_px: Decimal | None
    time_ns: int
