"""How far ahead of one of our orders the recorded quantity at its price stands, and how it moves.

Recorded data shows a level's size and its trades, never our place in it. Three models
(`QueueModel`) say what is assumed; here is all that follows from them. A trade and the drop of the
shown size that it caused move the queue once, whichever comes first: a trade before its drop is
remembered until the next quote of the level, a drop before its trade for the rest of the same
nanosecond. (Feeds stamp both with the time of the matching; a longer window would take cancels for
trades.)

An order that stands before `ahead` was known (None) is reached by no trade at its own price.
"""

from ..rules import QueueModel, Rules
from .working_order import WorkingOrder


def joins(order: WorkingOrder, best: int | None, shown: int, model: QueueModel) -> int | None:
    """What is ahead of an order that starts to rest, where its side's recorded best is `best`.

    Alone at a better price, nothing is; at the best price all that is shown (None where the data
    gives no size); behind it nobody can say.
    """
    if model is QueueModel.FRONT or order.price is None or best is None:
        return 0
    if (order.price - best) * order.sign > 0:
        return 0
    return shown if order.price == best and shown >= 0 else None


def becomes_best(order: WorkingOrder, shown: int, model: QueueModel) -> None:
    """The recorded best has come to the order's price; `shown` stands there now."""
    order.traded = 0
    if shown < 0:
        return
    if order.ahead is not None:
        order.ahead = min(order.ahead, shown)
    elif model is not QueueModel.FRONT:
        order.ahead = shown


def shown_changes(order: WorkingOrder, before: int, shown: int, rules: Rules, now_ns: int) -> None:
    """The size shown at the order's price, the best, goes from `before` to `shown`.

    A quote that changes only the other side says nothing here: a trade stays remembered over it.
    """
    if before == shown and order.ahead is not None:
        return
    if before < 0 or shown < 0 or order.ahead is None:
        becomes_best(order, shown, rules.queue)
        return
    explained = min(order.traded, max(0, before - shown))
    drop = max(0, before - shown) - explained
    order.traded = 0
    ahead = order.ahead
    if drop and ahead and rules.queue is QueueModel.PROBABILISTIC:
        behind = max(0, before - explained - ahead)
        share, rest = ahead**rules.queue_power, behind**rules.queue_power
        ahead -= drop * share // (share + rest)
    ahead = min(max(0, ahead), shown)
    _remember_drop(order, drop, order.ahead - ahead, now_ns)
    order.ahead = ahead


def level_leaves(order: WorkingOrder, before: int, now_ns: int) -> None:
    """The recorded best has fallen back behind the order: nobody is ahead any more.

    `before` is what was shown at the order's price, 0 where that was not the best.
    """
    drop = max(0, before - order.traded)
    _remember_drop(order, drop, order.ahead or 0, now_ns)
    order.traded = 0
    order.ahead = 0


def trades(order: WorkingOrder, size: int, now_ns: int) -> int:
    """A trade of `size` at the order's price; how much of it passes the queue and is ours."""
    if order.ahead is None:
        return 0
    if order.drop_ns == now_ns:
        moved = min(order.drop_moved, size)
        seen = min(order.drop_left, size)
        order.drop_moved -= moved
        order.drop_left -= seen
        order.traded += size - seen
        size -= moved
    else:
        order.traded += size
    taken = min(order.ahead, size)
    order.ahead -= taken
    return size - taken


def _remember_drop(order: WorkingOrder, drop: int, moved: int, now_ns: int) -> None:
    if order.drop_ns != now_ns:
        order.drop_ns, order.drop_left, order.drop_moved = now_ns, 0, 0
    order.drop_left += drop
    order.drop_moved += moved
