"""When a stop is set off, and what it then is."""

from ...trading.words import ExecType, OrdType, Reason, Side
from ..rules import Trigger
from .state import BookState
from .taking import arrive
from .working_order import WorkingOrder

_WRONG_SIDE = {
    Side.BUY: Reason.BUY_STOP_NOT_ABOVE_LAST,
    Side.SELL: Reason.SELL_STOP_NOT_BELOW_LAST,
}


def trigger_reference(book: BookState, side: Side) -> int | None:
    """The price that stops of a side look at: the last trade, or the quote opposite."""
    if book.rules.profile.trigger is Trigger.TRADE:
        return book.last_price
    return book.recorded[side.opposite].price


def wrong_side(book: BookState, side: Side, stop_px: int) -> Reason:
    """Why a trigger is already reached (2060, 2061), or NONE.

    A trigger at the last price is on the wrong side: a sell stop must be below it (market-facts 4).
    """
    reference = trigger_reference(book, side)
    if reference is None or (stop_px - reference) * side.sign > 0:
        return Reason.NONE
    return _WRONG_SIDE[side]


def set_off_due(book: BookState) -> None:
    """Set off every stop that the market has reached, then let the trailing ones follow it.

    Sell stops first, the highest first, then buy stops, the lowest first; within a price by time. A
    stop set off by a trade is never filled better than that trade, whatever an older quote shows.
    """
    by_trade = book.rules.profile.trigger is Trigger.TRADE
    for side in (Side.SELL, Side.BUY):
        reference = trigger_reference(book, side)
        if reference is None or not len(book.stops[side]):
            continue
        for order in book.stops[side].due(reference):
            set_off(book, order, reference if by_trade else None)
        if book.stops[side].follow(reference):
            book.version += 1


def set_off(book: BookState, order: WorkingOrder, not_better: int | None = None) -> None:
    """A stop becomes a market or limit order and meets the market.

    Its place in time begins here. A protected stop's limit counts from its trigger, not from the
    best price (market-facts 4, [12]).
    """
    if order.placed:
        book.displace(order)
    order.waiting = False
    order.arrival = book.next_arrival()
    protection = book.rules.protection
    if order.ord_type is not OrdType.STOP_LIMIT and book.rules.profile.protected:
        assert order.stop_px is not None
        assert protection is not None
        order.price = order.stop_px + order.sign * protection
    book.report(order, ExecType.TRIGGERED)
    arrive(book, order, not_better)
