"""What a recorded quote and a recorded trade do to the book."""

from ...trading.words import Liquidity, Side
from ..rules import Trigger
from .queue_position import becomes_best, level_leaves, shown_changes, trades
from .recorded_side import offered
from .state import BookState
from .stop_trigger import set_off_due
from .taking import arrive, cancel_own_within, take, within_volume
from .working_order import WorkingOrder

_SIDES = (Side.BUY, Side.SELL)
_UNBOUNDED = 2**62


def on_quote(
    book: BookState,
    bid: int | None,
    bid_size: int,
    ask: int | None,
    ask_size: int,
    *,
    touches: bool = True,
) -> None:
    """The recorded best prices are these now (None: a side is empty).

    `touches` False: it is known (reach.py) that no order of ours takes notice.
    """
    touches = touches and bool(book.orders)
    book.quotes_seen = True
    for side, price, shown in ((Side.BUY, bid, bid_size), (Side.SELL, ask, ask_size)):
        recorded = book.recorded[side]
        before = (recorded.price, recorded.shown)
        recorded.update(price, shown)
        if touches:
            _move_queues(book, side, before)
    if touches and book.matching:
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
    by_trade = book.rules.profile.trigger is Trigger.TRADE
    if book.orders and book.matching and (by_trade or not book.quotes_seen):
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


def begin_row(book: BookState, volume: int | None, brings_quote: bool) -> None:
    """A row begins, and with it what we may fill in all until the next one (None: no bound).

    Orders that only a bar's volume held back go on: at the quote that the row brings, or else at
    the one that still stands.
    """
    held_back = book.volume_left == 0 and not brings_quote
    book.volume_left = volume
    if held_back and book.orders and book.matching:
        _meet_quotes(book)


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
    for order in resting:
        arrive(book, order)


def _move_queues(book: BookState, side: Side, before: tuple[int | None, int]) -> None:
    best, shown = book.recorded[side].price, book.recorded[side].shown
    for order in book.resting[side]:
        if order.price is None:
            continue
        if best is None or (order.price - best) * order.sign > 0:
            if order.ahead != 0:
                level_leaves(order, before[1] if order.price == before[0] else 0, book.now_ns)
        elif order.price != best:
            break
        elif before[0] == best:
            shown_changes(order, before[1], shown, book.rules, book.now_ns)
        else:
            becomes_best(order, shown, book.rules.queue)


def _meet_quotes(book: BookState) -> None:
    for side in _SIDES:
        opposite = book.recorded[side.opposite]
        if opposite.price is None:
            continue
        for order in book.resting[side].reached(opposite.price):
            if not order.placed:
                continue  # cancelled by one before it
            if order.aggressive:
                take(book, order)
                continue
            wanted = within_volume(book, order.leaves_qty)
            qty = opposite.offer(wanted) if wanted else 0
            if qty:
                assert order.price is not None
                opposite.take(qty)
                book.fill(order, qty, order.price, Liquidity.ADDED, opposite.shown < 0)
        for order in list(book.resting[side]):
            if order.aggressive and not order.reaches(opposite.price):
                order.aggressive = False
                book.version += 1
                cancel_own_within(book, order)


def _fill_resting(book: BookState, side: Side, price: int, size: int, aggressor: int) -> None:
    reached = book.resting[side].reached(price)
    if not reached:
        return
    gives = offered(size, book.rules.unknown_size, _UNBOUNDED, f"the trade at {price}")
    for order in reached:
        px, passes = _what_a_print_brings(book, order, price, gives, aggressor)
        qty = within_volume(book, min(order.leaves_qty, passes - book.print_filled))
        if qty > 0:
            book.print_filled += qty
            liquidity = Liquidity.REMOVED if order.aggressive else Liquidity.ADDED
            book.fill(order, qty, px, liquidity, size < 0)


def _what_a_print_brings(
    book: BookState, order: WorkingOrder, price: int, size: int, aggressor: int
) -> tuple[int, int]:
    """At which price a trade within the order's limit fills it, and how much of the trade may.

    A trade beyond a resting limit would have met it first: the limit's price, the whole size. At
    the limit the queue comes first, and a trade whose aggressor is on our own side has met the
    other side's queue, not ours. An order still taking pays the trade's price or the quote's, the
    worse.
    """
    if order.aggressive:
        quoted = book.opposite_price(order)
        px = price if quoted is None else order.worse(price, quoted)
        if order.price is not None and not order.reaches(px):
            px = order.price
        return px, size
    assert order.price is not None
    if order.price != price:
        order.ahead = 0
        return order.price, size
    if aggressor == order.side:
        return price, 0
    return price, trades(order, size, book.now_ns)


def _assume_quote(book: BookState, price: int, size: int, aggressor: int) -> None:
    # What traded is all that is known to be there: it is the size of both sides, less what this
    # trade has given us already, and each trade makes it anew. A guess moves no queue.
    book.at_ask = taken_at_ask(book.at_ask, book.last_price, price, aggressor)
    bid = price - book.rules.spread if book.at_ask else price
    for side, best in ((Side.BUY, bid), (Side.SELL, bid + book.rules.spread)):
        recorded = book.recorded[side]
        recorded.renew(best, size)
        recorded.take(min(book.print_filled, max(0, size)))
        for order in book.resting[side]:
            if order.price == best and order.ahead is None:
                becomes_best(order, size, book.rules.queue)
    if book.orders and book.matching:
        _meet_quotes(book)


def _overtake(book: BookState, price: int) -> None:
    for side in _SIDES:
        recorded = book.recorded[side]
        if recorded.price is not None and (recorded.price - price) * side.sign > 0:
            recorded.overtaken = True
