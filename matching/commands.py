"""What an engine is told: order entry and the state of the session."""

from msgspec import Struct

from ..trading.words import OrdType, Side, TimeInForce, TradingStatus


class NewOrder(Struct, frozen=True):
    """Enter an order. `order_id` is the venue's, unique for the engine's life.

    `price` is the limit (LIMIT, STOP_LIMIT), `stop_px` the trigger (STOP, STOP_LIMIT), `trail` the
    distance kept behind the market (TRAILING_STOP), all in units; others are None. A JOIN order
    takes its price from the best quote on its own side when it arrives.
    """

    order_id: int
    side: Side
    ord_type: OrdType
    order_qty: int
    price: int | None = None
    stop_px: int | None = None
    trail: int | None = None
    tif: TimeInForce = TimeInForce.DAY


class ReplaceOrder(Struct, frozen=True):
    """Change a working order in place; None leaves a field as it is.

    `order_qty` is the new total, fills included. Priority is lost on a new price, a new trigger or
    a larger quantity and kept otherwise (market-facts 4, [16]).
    """

    order_id: int
    order_qty: int | None = None
    price: int | None = None
    stop_px: int | None = None
    trail: int | None = None


class CancelOrder(Struct, frozen=True):
    """Take a working order away."""

    order_id: int


class FreezeOrder(Struct, frozen=True):
    """A venue that fails: a working order stays in the book and meets nothing, until it is thawed
    (`frozen` False) and meets the market as it is then. It can be cancelled and changed meanwhile.
    Nobody is told, and an order that is over is left alone (fault-model, F36)."""

    order_id: int
    frozen: bool = True


class SetStatus(Struct, frozen=True):
    """The session moves to another state; at one nanosecond this precedes everything else."""

    status: TradingStatus


class SetMarket(Struct, frozen=True):
    """The market by hand: it is quoted `bid` to `ask`, `size` on each side, and then trades `size`
    at `bid`, nobody knows by whom. As rows would do it; the rows still to come go on from there."""

    bid: int
    ask: int
    size: int


Command = NewOrder | ReplaceOrder | CancelOrder | FreezeOrder | SetStatus | SetMarket
