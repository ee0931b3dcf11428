"""One side of the recorded book in L1 data: one level, and how much of it is still to be had.

Price, shown and available change only here. Taken quantity stays taken until the shown size grows
(only the growth is new) or the price leaves (DESIGN 7).
"""

from ...trading.words import UNKNOWN_SIZE
from ..errors import UnknownSizeError
from ..rules import UnknownSize


class RecordedSide:
    """The best recorded bid or ask. `price` None: nothing is there.

    `shown` and `available` are contracts; `available` is UNKNOWN_SIZE where the size is unknown and
    no number bounds what may be taken (rule ALL, or no rule: then `offer` raises). `overtaken`: a
    trade has gone through this price since the last quote, so it cannot stand any more.
    """

    __slots__ = ("_rule", "available", "overtaken", "price", "shown")

    def __init__(self, rule: UnknownSize | None) -> None:
        self._rule = rule
        self.price: int | None = None
        self.shown = 0
        self.available = 0
        self.overtaken = False

    def update(self, price: int | None, shown: int) -> None:
        """A recorded quote: this price with this size (price None: the side is empty)."""
        self.overtaken = False
        if price is None or price != self.price or shown < 0 or self.shown < 0:
            self.renew(price, shown)
        elif shown > self.shown:
            self.available += shown - self.shown
            self.shown = shown
        else:
            self.shown = shown
            self.available = min(self.available, shown)

    def renew(self, price: int | None, shown: int) -> None:
        """A level that owes nothing to what stood here before."""
        self.overtaken = False
        self.price = price
        self.shown = 0 if price is None else shown
        self.available = self._fresh()

    @property
    def untaken(self) -> bool:
        """Whether all that is shown is still to be had."""
        return self.available == self._fresh()

    def offer(self, wanted: int) -> int:
        """How much of `wanted` can be taken. Raises UnknownSizeError where no rule says."""
        if self.available >= 0:
            return min(wanted, self.available)
        return offered(self.available, self._rule, wanted, f"the quote at {self.price}")

    def take(self, qty: int) -> None:
        """`qty`, at most what was offered, is ours now."""
        if self.available >= 0:
            self.available -= qty

    def _fresh(self) -> int:
        if self.shown >= 0 or self._rule in (UnknownSize.ALL, None):
            return self.shown
        return 1 if self._rule is UnknownSize.ONE else 0


def offered(size: int, rule: UnknownSize | None, wanted: int, what: str) -> int:
    """How much of `wanted` a size gives, by `rule` where the size is UNKNOWN_SIZE.

    `what` names the place in the data for the error. Raises UnknownSizeError without a rule.
    """
    if size != UNKNOWN_SIZE:
        return min(size, wanted)
    if rule is None:
        raise UnknownSizeError(
            f"{what} has no size, and an order of ours needs one: name a rule, "
            f"Rules(unknown_size=UnknownSize.ALL), ONE or NONE"
        )
    return {UnknownSize.ALL: wanted, UnknownSize.ONE: min(1, wanted), UnknownSize.NONE: 0}[rule]
