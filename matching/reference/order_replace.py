"""A change in place: what may change, what it costs in priority, and when it is refused."""

from ...trading.words import ExecType, OrdStatus, OrdType, Reason, TradingStatus
from ..commands import ReplaceOrder
from .order_entry import bad_price, bad_quantity, start
from .state import BookState
from .stop_trigger import trigger_reference, wrong_side
from .working_order import WorkingOrder


def replace(book: BookState, command: ReplaceOrder) -> None:
    """Change a working order, or refuse and leave it exactly as it is.

    A new total at or below what is filled ends the order: CANCELED (market-facts 4, [17]). A new
    price, a new trigger or a larger quantity goes to the back; a smaller quantity keeps its
    place ([16]). What becomes marketable matches at once.
    """
    order = book.orders.get(command.order_id)
    if order is None:
        reason = _not_there(book, command.order_id)
        book.refuse_request(command.order_id, ExecType.REPLACE_REJECTED, reason)
        return
    stop_px = _new_trigger(book, order, command)
    reason = _not_now(book) or _not_this(book, order, command, stop_px)
    if reason is not Reason.NONE:
        book.refuse_request(order.order_id, ExecType.REPLACE_REJECTED, reason)
        return
    qty = order.order_qty if command.order_qty is None else command.order_qty
    if qty <= order.cum_qty:
        book.end(order, OrdStatus.CANCELED)
        return
    price = order.price if command.price is None else command.price
    trail = order.trail if command.trail is None else command.trail
    moved = (price, stop_px, trail) != (order.price, order.stop_px, order.trail)
    if not moved and qty <= order.order_qty:
        order.order_qty = qty
        book.report(order, ExecType.REPLACED)
        return
    if order.placed:
        book.displace(order)
    order.order_qty, order.price, order.stop_px, order.trail = qty, price, stop_px, trail
    order.arrival = book.next_arrival()
    order.ahead, order.traded, order.drop_ns = None, 0, -1
    book.report(order, ExecType.REPLACED)
    start(book, order)


def _not_there(book: BookState, order_id: int) -> Reason:
    if order_id in book.done:
        return Reason.TOO_LATE
    family = book.families.get(order_id)
    leg = None if family is None else family.leg(order_id)
    suspended = leg is not None and leg.suspended
    return Reason.TYPE_NOT_ALLOWED_NOW if suspended else Reason.UNKNOWN_ORDER


def _new_trigger(book: BookState, order: WorkingOrder, command: ReplaceOrder) -> int | None:
    """The trigger after the change: as asked, else a new trail's distance from the market now."""
    if command.stop_px is not None:
        return command.stop_px
    if command.trail is not None and order.waiting:
        reference = trigger_reference(book, order.side)
        return order.stop_px if reference is None else reference + order.sign * command.trail
    return order.stop_px


def _not_now(book: BookState) -> Reason:
    if book.status is TradingStatus.NO_CANCEL:
        return Reason.TYPE_NOT_ALLOWED_NOW
    if book.status in (TradingStatus.HALT, TradingStatus.CLOSE):
        return Reason.MARKET_CLOSED
    return Reason.NONE


def _not_this(
    book: BookState, order: WorkingOrder, command: ReplaceOrder, stop_px: int | None
) -> Reason:
    if command.order_qty is not None and bad_quantity(book, command.order_qty):
        return Reason.QUANTITY_OUT_OF_RANGE
    trailing = order.waiting and order.ord_type is OrdType.TRAILING_STOP
    if command.trail is not None and (not trailing or command.trail < 1):
        return Reason.NOT_SUPPORTED
    if command.stop_px is not None and not order.waiting:
        return Reason.NOT_SUPPORTED
    if command.price is not None and order.price is None:
        return Reason.NOT_SUPPORTED
    if bad_price(book, command.price, command.stop_px):
        return Reason.PRICE_NOT_POSITIVE
    if order.waiting and stop_px != order.stop_px and book.rules.profile.stop_side_checked:
        assert stop_px is not None
        return wrong_side(book, order.side, stop_px)
    return Reason.NONE
