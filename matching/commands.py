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


class Leg(Struct, frozen=True):
    """A child of an entry, on the other side, GTC: a STOP or TRAILING_STOP, or a LIMIT.

    `distance`: in ticks from the entry's mean price, negative below it. `trail` in units, of a
    trailing one. Of an earlier life: `px` is where it was put last (None: it never worked), and
    `carried` was filled of it then.
    """

    order_id: int
    ord_type: OrdType
    distance: int
    trail: int | None = None
    px: int | None = None
    carried: int = 0


class AttachLegs(Struct, frozen=True):
    """Hang a stop and a target on an entry: one triggers the others, one cancels the other.

    The legs are suspended until the entry fills and then work for what was filled, growing with it
    (`each_fill` False: once it is complete), at their distance from its mean price. A leg that is
    filled takes the other away; one that is filled in part makes it as much smaller (`shrinks`).
    What is changed by command stays so. They act after the market rows of their nanosecond, so that
    two legs that one instant fills both stay filled.

    `order_qty`: the size they are told with while suspended. `cum_qty`, `worth`: what of the entry
    was filled before this command, and the sum of quantity times price of that. `resumed`: all of
    this was in an earlier life, whose legs were told of; one with a `px` is in the book again, and
    `closed_qty` is what legs had closed by then. `grid`: (from units, units of a tick), the last
    that fits holds; empty: the tick is one unit.
    """

    entry_id: int
    side: Side
    order_qty: int
    legs: tuple[Leg, ...]
    cum_qty: int = 0
    worth: int = 0
    closed_qty: int = 0
    resumed: bool = False
    each_fill: bool = True
    shrinks: bool = True
    grid: tuple[tuple[int, int], ...] = ()


Command = NewOrder | ReplaceOrder | CancelOrder | FreezeOrder | SetStatus | SetMarket | AttachLegs
