"""What a recorded quote and a recorded trade do to the book."""

from ...trading.words import Liquidity, Side
from ..rules import Trigger
from .queue_position import becomes_best, level_leaves, shown_changes, trades
from .recorded_side import offered
from .state import BookState
from .stop_trigger import set_off_due
from .taking import cancel_own_within, take, within_volume
from .working_order import WorkingOrder

_SIDES = (Side.BUY, Side.SELL)


def on_quote(
    book: BookState, bid: int | None, bid_size: int, ask: int | None, ask_size: int
) -> None:
    """The recorded best prices are these now (None: a side is empty)."""
    book.quotes_seen = True
    for side, price, shown in ((Side.BUY, bid, bid_size), (Side.SELL, ask, ask_size)):
        recorded = book.recorded[side]
        before = (recorded.price, recorded.shown)
        recorded.update(price, shown)
        if book.orders:
            _move_queues(book, side, before)
    if book.orders and book.matching:
        _meet_quotes(book)
        if book.rules.profile.trigger is Trigger.QUOTE:
            set_off_due(book)


def on_print(book: BookState, price: int, size: int, aggressor: int) -> None:
    """A recorded trade: it fills resting orders, then becomes the last price, then sets off stops.

    `aggressor` is a Side's number or 0 (unknown). Without any quote so far, it also is the quote.
    """
    book.print_size, book.print_filled = size, 0
    if book.orders and book.matching:
        for side in _SIDES:
            _fill_resting(book, side, price, size, aggressor)
    if not book.quotes_seen:
        _assume_quote(book, price, size, aggressor)
    _overtake(book, price)
    book.last_price = price
    if book.orders and book.matching and book.rules.profile.trigger is Trigger.TRADE:
        set_off_due(book)


def taken_at_ask(at_ask: bool, last: int | None, price: int, aggressor: int) -> bool:
    """Whether a trade was a buyer's: by its aggressor, else by the tick test.

    An uptick is a buyer's, a downtick a seller's, an unchanged price stays what it was.
    """
    if aggressor:
        return aggressor == Side.BUY
    if last is None or price == last:
        return at_ask
    return price > last


def meet_market(book: BookState) -> None:
    """Match what rests against the recorded market as it stands, in order of arrival.

    Called when the market opens: recorded quotes may have crossed our orders while nothing matched,
    and the opening is at the market's price, not at theirs. Queue positions are kept.
    """
    resting = sorted(
        (order for side in _SIDES for order in book.resting[side]), key=lambda o: o.arrival
    )
    for order in resting:
        book.displace(order)
    return_to(book, resting)


def return_to(book: BookState, orders: list[WorkingOrder]) -> None:
    raise NotImplementedError
