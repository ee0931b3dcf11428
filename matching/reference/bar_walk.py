"""A bar on its way: where it is, and the stories that our orders make of it."""

from ...trading.words import Side
from ..rules import BarPath, Trigger
from .bar_path import Bar, Step, choice_ns, high_first, open_step, steps_after_open
from .market_events import on_print, on_quote
from .state import BookState
from .working_order import WorkingOrder


class BarWalk:
    """The steps of one bar, in order of time.

    The first extreme is chosen when the first step that depends on it falls due, so that orders
    which arrived since the open count. An order that arrives later meets the path as chosen.
    """

    def __init__(self, bar: Bar, tick: int) -> None:
        self.bar = bar
        self.ambiguous = False
        self._tick = tick
        self._steps = [open_step(bar, tick)]
        self._at = 0
        self._choice_ns = choice_ns(bar, tick)

    @property
    def choice_due(self) -> bool:
        """Whether the walk cannot go on without `choose`."""
        return self._at == len(self._steps) and self._choice_ns is not None

    def next_ns(self) -> int | None:
        """When the next step, or the choice before it, falls due; None at the end."""
        if self._at < len(self._steps):
            return self._steps[self._at].time_ns
        return self._choice_ns

    def choose(self, first_high: bool) -> None:
        """Take the path with the high or the low first."""
        self._steps += steps_after_open(self.bar, first_high, self._tick)
        self._choice_ns = None

    def left(self) -> list[Step]:
        """The steps to come, as far as they are known."""
        return self._steps[self._at :]

    def take_one(self) -> Step:
        """The next step, which is the caller's to commit."""
        self._at += 1
        return self._steps[self._at - 1]

    def bounds(self, *names: str) -> tuple[int, int]:
        """The lowest and highest `price`, `bid` or `ask` in the rest of the bar; (1, 0): none."""
        seen: list[int | None] = []
        if self._choice_ns is None:
            seen = [getattr(step, name) for step in self.left() for name in names]
        else:
            spans = {"price": self.bar.trades, "bid": self.bar.bids, "ask": self.bar.asks}
            chosen = [span for name in names if (span := spans[name]) is not None]
            seen = [price for span in chosen for price in (span.low, span.high)]
        found = [price for price in seen if price is not None]
        return (min(found), max(found)) if found else (1, 0)


def commit_step(book: BookState, bar: Bar, step: Step) -> None:
    """Quotes fill and trades trigger: the quote of a step comes before its trade."""
    if bar.bids is not None or bar.asks is not None:
        on_quote(book, step.bid, bar.bid_size, step.ask, bar.ask_size)
    if step.price is not None:
        on_print(book, step.price, step.size, 0)


def choose_path(book: BookState, walk: BarWalk) -> bool:
    """Decide which extreme is visited first: ADVERSE asks the orders that work now.

    Returns whether those orders make two stories of the bar.
    """
    first_high = high_first(walk.bar, book.rules.bar_path)
    side = conflicting_side(book, walk)
    if side is not None and book.rules.bar_path is BarPath.ADVERSE:
        first_high = side is Side.BUY
    walk.choose(first_high)
    return side is not None


def conflicting_side(book: BookState, walk: BarWalk) -> Side | None:
    """The side on which the rest of a bar holds both a stop and a limit of ours; None: neither.

    Which of the two is met first is for the bar's path to say, and a bar does not know its path. A
    trailing stop is held where the far extreme would carry it into the bar. With conflicts on both
    sides, the sell orders' is the one returned.
    """
    for side in (Side.SELL, Side.BUY):
        if not len(book.stops[side]):
            continue
        quote = "bid" if side is Side.SELL else "ask"
        by_quote = book.rules.profile.trigger is Trigger.QUOTE and book.quotes_seen
        low, high = walk.bounds(quote if by_quote else "price")
        stop = any(
            low <= trigger <= high
            for order in book.stops[side]
            for trigger in (order.stop_px, _carried(order, low, high))
            if trigger is not None
        )
        low, high = walk.bounds("price", quote)
        if stop and any(o.price is not None and low <= o.price <= high for o in book.resting[side]):
            return side
    return None


def _carried(order: WorkingOrder, low: int, high: int) -> int | None:
    if order.trail is None:
        return None
    return low + order.trail if order.side is Side.BUY else high - order.trail
