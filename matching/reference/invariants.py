"""Everything that must hold of a book at any time."""

from ...trading.words import OrdType, Side, TradingStatus
from ..rules import QueueModel
from .state import BookState
from .stop_trigger import trigger_reference
from .working_order import WorkingOrder


def check(book: BookState) -> None:
    """Assert every invariant; an AssertionError names what is broken. It is a bug of ours."""
    _check_places(book)
    for order in book.orders.values():
        _check_order(book, order)
    for side, recorded in book.recorded.items():
        if recorded.shown >= 0:
            assert 0 <= recorded.available <= recorded.shown, f"{side.name}: taken more than shown"
        else:
            assert recorded.available in (-1, 0, 1), f"{side.name}: {recorded.available} available"
    if book.print_size >= 0:
        assert book.print_filled <= book.print_size, "a trade filled more than its size"
    assert book.volume_left is None or book.volume_left >= 0, "a bar filled more than its volume"
    _check_families(book)
    if book.status is TradingStatus.OPEN:
        _check_not_crossed(book)
        _check_stops_wait(book)


def _check_places(book: BookState) -> None:
    """Every working order stands in one place, in order, but for those that are frozen, which stand
    in none; nothing else stands anywhere."""
    placed: list[WorkingOrder] = []
    for side in (Side.BUY, Side.SELL):
        resting, stops = list(book.resting[side]), list(book.stops[side])
        assert len(resting) == len(book.resting[side]), f"{side.name}: a level's sum is wrong"
        line = [(-(side.sign * o.price), o.arrival) for o in resting if o.price is not None]
        assert line == sorted(line), f"{side.name}: orders stand out of price or time order"
        queue = [((o.stop_px or 0) * side.sign, o.arrival) for o in stops]
        assert queue == sorted(queue), f"{side.name}: stops stand out of order"
        assert not any(o.waiting for o in resting), f"{side.name}: a waiting stop rests"
        assert all(o.waiting for o in stops), f"{side.name}: no stop waits as one"
        assert all(o.side is side and o.placed for o in resting + stops)
        placed += resting + stops
    ids = [order.order_id for order in placed]
    stand = [order.order_id for order in book.orders.values() if not order.frozen]
    assert sorted(ids) == sorted(stand), "an order works without a place, or twice"
    assert not any(order_id in book.done for order_id in ids), "a finished order works"


def _check_order(book: BookState, order: WorkingOrder) -> None:
    name = f"order {order.order_id}"
    assert 0 <= order.cum_qty < order.order_qty, f"{name}: {order.cum_qty} of {order.order_qty}"
    assert order.cum_qty + order.leaves_qty == order.order_qty, f"{name}: quantities do not add up"
    if order.waiting:
        assert order.stop_px is not None, f"{name}: a stop without a trigger"
        assert order.ahead is None, f"{name}: a stop with a place in a queue"
        assert order.ord_type is not OrdType.TRAILING_STOP or order.trail, f"{name}: no trail"
        return
    if order.frozen:
        assert order.ahead is None, f"{name}: frozen, and with a place in a queue"
        return
    assert order.ahead is None or order.ahead >= 0, f"{name}: {order.ahead} ahead"
    recorded = book.recorded[order.side]
    if book.rules.queue is QueueModel.FRONT:
        assert order.ahead == 0, f"{name}: {order.ahead} ahead under FRONT"
    if order.ahead and book.quotes_seen and recorded.price is not None and order.price is not None:
        better = (order.price - recorded.price) * order.sign > 0
        assert not better, f"{name}: {order.ahead} ahead where nothing is shown"
        at_best = order.price == recorded.price and recorded.shown >= 0
        assert not at_best or order.ahead <= recorded.shown, f"{name}: more ahead than is shown"


def _check_families(book: BookState) -> None:
    """What hangs together is known by each of its ids, has somebody left, and was followed."""
    assert not book.stirred, "something happened to linked orders, and they did not follow"
    for order_id, family in book.families.items():
        ids = list(family.ids())
        assert order_id in ids, f"order {order_id} hangs on what does not know it"
        assert all(book.families.get(each) is family for each in ids), f"{ids} do not hang together"
        live = [leg.asked.order_id for leg in family.legs if leg.suspended]
        assert not any(each in book.orders or each in book.done for each in live), "suspended twice"
        left = [family.asked.entry_id, *(leg.asked.order_id for leg in family.legs)]
        assert live or any(each in book.orders for each in left), f"nobody is left of {ids}"


def _check_not_crossed(book: BookState) -> None:
    """No order of ours could trade now: not with the recorded market, not with another of ours."""
    for side in (Side.BUY, Side.SELL):
        opposite = book.recorded[side.opposite]
        exhausted = opposite.available == 0 or opposite.overtaken or book.volume_left == 0
        for order in book.resting[side]:
            crossing = opposite.price is not None and order.reaches(opposite.price)
            assert exhausted or not crossing, f"order {order.order_id} has not taken what it could"
    sells = [o for o in book.resting[Side.SELL] if not o.aggressive and o.price is not None]
    for buy in book.resting[Side.BUY]:
        for sell in sells:
            assert sell.price is not None
            crossed = not buy.aggressive and buy.reaches(sell.price)
            assert not crossed, f"orders {buy.order_id} and {sell.order_id} of ours cross"


def _check_stops_wait(book: BookState) -> None:
    for side in (Side.BUY, Side.SELL):
        reference = trigger_reference(book, side)
        due = [] if reference is None else book.stops[side].due(reference)
        assert not due, f"order {due[0].order_id if due else 0} should have been set off"
