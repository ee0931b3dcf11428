"""The gate: what is accepted in which state of the market, what is refused, and why."""

from ...trading.words import (
    ExecType,
    OrdStatus,
    OrdType,
    Reason,
    Side,
    TimeInForce,
    TradingStatus,
)
from ..commands import CancelOrder, FreezeOrder, NewOrder, SetStatus
from .market_events import meet_market
from .state import BookState
from .stop_trigger import set_off, set_off_due, trigger_reference, wrong_side
from .taking import arrive
from .working_order import WorkingOrder

STOP_TYPES = frozenset({OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP})
_JOIN_SIDE = {OrdType.JOIN_BID: Side.BUY, OrdType.JOIN_ASK: Side.SELL}
_NEEDS_MARKET = frozenset({OrdType.MARKET, OrdType.JOIN_BID, OrdType.JOIN_ASK})


def enter(book: BookState, new: NewOrder) -> None:
    """Take an order or refuse it; one taken meets the market at once where that is open."""
    order = WorkingOrder(
        order_id=new.order_id,
        side=new.side,
        ord_type=new.ord_type,
        tif=new.tif,
        order_qty=new.order_qty,
        price=new.price,
        stop_px=new.stop_px,
        trail=new.trail,
        arrival=book.next_arrival(),
        sign=new.side.sign,
        waiting=new.ord_type in STOP_TYPES,
    )
    reason = _closed_to(book, new) or _bad_numbers(book, order) or _find_price(book, order)
    if reason is Reason.NONE and order.waiting:
        reason = place_trigger(book, order)
    if reason is not Reason.NONE:
        book.end(order, OrdStatus.REJECTED, reason)
        return
    book.orders[order.order_id] = order
    book.version += 1
    book.report(order, ExecType.NEW)
    start(book, order)


def start(book: BookState, order: WorkingOrder) -> None:
    """Put an accepted order to work: a stop waits unless it is due, others meet the market."""
    if order.frozen:
        return
    if not order.waiting:
        arrive(book, order)
    elif book.matching and wrong_side(book, order.side, order.stop_px or 0) is not Reason.NONE:
        set_off(book, order)
    else:
        book.place(order)


def place_trigger(book: BookState, order: WorkingOrder) -> Reason:
    """Give a trailing stop its trigger and check any stop's side; why not, or NONE."""
    if order.stop_px is None:
        reference = trigger_reference(book, order.side)
        if reference is None:
            return Reason.NO_LAST_PRICE
        order.stop_px = reference + order.sign * (order.trail or 0)
    if not book.rules.profile.stop_side_checked:
        return Reason.NONE
    return wrong_side(book, order.side, order.stop_px)


def bad_quantity(book: BookState, qty: int) -> bool:
    """Whether a quantity is refused (2115)."""
    return qty < 1 or (book.rules.max_qty is not None and qty > book.rules.max_qty)


def bad_price(book: BookState, *prices: int | None) -> bool:
    """Whether one of the prices is refused (1012); None is no price."""
    return not book.rules.negative_prices and any(p is not None and p <= 0 for p in prices)


def cancel(book: BookState, command: CancelOrder) -> None:
    """Take an order away. Refused in the no-cancel period; GTC orders can go after the close."""
    order = book.orders.get(command.order_id)
    family = book.families.get(command.order_id) if order is None else None
    leg = None if family is None else family.leg(command.order_id)
    if family is not None and leg is not None and leg.suspended:
        book.withdraw(family, leg)  # the book's state is nothing to what is not in it
        book.stir(family)
        return
    if order is None:
        reason = Reason.TOO_LATE if command.order_id in book.done else Reason.UNKNOWN_ORDER
    elif book.status is TradingStatus.NO_CANCEL:
        reason = Reason.TYPE_NOT_ALLOWED_NOW
    else:
        book.end(order, OrdStatus.CANCELED)
        return
    book.refuse_request(command.order_id, ExecType.CANCEL_REJECTED, reason)


def freeze(book: BookState, command: FreezeOrder) -> None:
    """Take a working order out of its place while it works on, or put it back."""
    order = book.orders.get(command.order_id)
    if order is None or order.frozen is command.frozen:
        return
    order.frozen = command.frozen
    if order.frozen:
        book.displace(order)
        order.ahead = None  # it stands in no queue
    else:
        order.arrival = book.next_arrival()
        start(book, order)


def set_status(book: BookState, command: SetStatus) -> None:
    """Move the session: the open matches what has gathered, the close ends day orders by age."""
    was, book.status = book.status, command.status
    book.version += 1
    if book.status is was:
        return
    if book.matching:
        meet_market(book)
        set_off_due(book)
    elif book.status is TradingStatus.CLOSE:
        for order in sorted(book.orders.values(), key=lambda o: o.arrival):
            if order.tif is not TimeInForce.GTC:
                book.end(order, OrdStatus.EXPIRED, Reason.DAY_ENDED)


def _closed_to(book: BookState, new: NewOrder) -> Reason:
    if book.matching:
        return Reason.NONE
    if book.status in (TradingStatus.HALT, TradingStatus.CLOSE):
        return Reason.MARKET_CLOSED
    if new.ord_type in _NEEDS_MARKET or new.tif is TimeInForce.IOC:
        return Reason.TYPE_NOT_ALLOWED_NOW
    return Reason.NONE


def _bad_numbers(book: BookState, order: WorkingOrder) -> Reason:
    if bad_quantity(book, order.order_qty):
        return Reason.QUANTITY_OUT_OF_RANGE
    if bad_price(book, order.price, order.stop_px):
        return Reason.PRICE_NOT_POSITIVE
    return Reason.NONE


def _find_price(book: BookState, order: WorkingOrder) -> Reason:
    """Give the types that take their price from the market their limit; why not, or NONE."""
    if order.ord_type in _JOIN_SIDE:
        if _JOIN_SIDE[order.ord_type] is not order.side:
            return Reason.NOT_SUPPORTED
        order.price = book.recorded[order.side].price
        return Reason.NO_LIQUIDITY if order.price is None else Reason.NONE
    if order.ord_type is OrdType.MARKET:
        quoted = book.opposite_price(order)
        if quoted is None:
            refused = book.rules.profile.market_needs_opposite
            return Reason.NO_OPPOSITE if refused else Reason.NONE
        if book.rules.profile.protected:
            order.price = quoted + order.sign * (book.rules.protection or 0)
    return Reason.NONE
