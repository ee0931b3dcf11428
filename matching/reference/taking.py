"""An order meets the market: what it takes at once, and how what is left comes to rest."""

from ...trading.words import Liquidity, OrdStatus, OrdType, Reason, TimeInForce
from .queue_position import joins
from .state import BookState
from .working_order import WorkingOrder


def arrive(book: BookState, order: WorkingOrder, not_better: int | None = None) -> None:
    """Let an order that stands nowhere take what it can; the rest is placed or, IOC, cancelled.

    `not_better`: a price that the order's fills here may not beat. A stop set off by a trade meets
    a quote that is older than the trade and may still show a price that is gone.
    """
    if book.matching:
        take(book, order, not_better)
        if order.leaves_qty and order.tif is TimeInForce.IOC:
            book.end(order, OrdStatus.CANCELED, Reason.NO_LIQUIDITY)
    if order.leaves_qty and order.order_id in book.orders:
        _rest(book, order, not_better)


def take(book: BookState, order: WorkingOrder, not_better: int | None = None) -> None:
    """Fill an order from what the recorded market opposite still has, at its price.

    In L1 one price is known: what it shows is all there is to take now.
    """
    cancel_own_before(book, order)
    opposite = book.recorded[order.side.opposite]
    if opposite.price is None:
        return
    px = opposite.price if not_better is None else order.worse(opposite.price, not_better)
    if not order.reaches(px):
        return
    wanted = within_volume(book, order.leaves_qty)
    qty = opposite.offer(wanted) if wanted else 0
    if qty:
        opposite.take(qty)
        book.fill(order, qty, px, Liquidity.REMOVED, opposite.shown < 0)


def within_volume(book: BookState, wanted: int) -> int:
    """`wanted`, but no more than what is left of the bar's volume."""
    return wanted if book.volume_left is None else min(wanted, book.volume_left)


def cancel_own_before(book: BookState, order: WorkingOrder) -> None:
    """Cancel our own resting orders that a taker would meet before the recorded quote.

    Without an instruction the resting order goes and the aggressor goes on (market-facts 4, [18]).
    Those at the quote's own price are met first only if nothing is ahead of them; those still on
    their way themselves (`aggressive`) stand nowhere that we know.
    """
    quoted = book.opposite_price(order)
    for own in list(book.resting[order.side.opposite]):
        if own.aggressive or own.price is None or not order.reaches(own.price):
            continue
        if quoted is not None:
            behind = (own.price - quoted) * order.sign
            if behind > 0 or (behind == 0 and own.ahead != 0):
                continue
        book.end(own, OrdStatus.CANCELED, Reason.SELF_MATCH)


def cancel_own_within(book: BookState, order: WorkingOrder) -> None:
    """Cancel our own resting orders that cross the limit of an order that comes to rest."""
    for own in list(book.resting[order.side.opposite]):
        if own.price is not None and not own.aggressive and order.reaches(own.price):
            book.end(own, OrdStatus.CANCELED, Reason.SELF_MATCH)


def _rest(book: BookState, order: WorkingOrder, not_better: int | None) -> None:
    # While the recorded market opposite is within its limit the order is still on its way through a
    # book of which one level is known: it goes on at recorded prices and has crossed nobody yet.
    order.aggressive = book.matching and _still_marketable(book, order, not_better)
    if book.matching and not order.aggressive:
        cancel_own_within(book, order)
    if order.ahead is None:
        own_side = book.recorded[order.side]
        order.ahead = joins(order, own_side.price, own_side.shown, book.rules.queue)
    book.place(order)


def _still_marketable(book: BookState, order: WorkingOrder, not_better: int | None) -> bool:
    quoted = book.opposite_price(order)
    if quoted is None:
        # A limit order simply is the best price then. A market order's limit is only how far it may
        # go: it waits for the recorded market to come back, not for someone to accept its limit.
        return order.ord_type in _MARKETABLE
    return order.reaches(quoted if not_better is None else order.worse(quoted, not_better))


_MARKETABLE = frozenset({OrdType.MARKET, OrdType.STOP, OrdType.TRAILING_STOP})
