"""What is held in one instrument, lot by lot: the oldest contracts are closed first.

A fill that was looked up comes after younger ones that were told, and which contracts a close took
depends on the order: it is taken in at its own time, and what followed is counted again.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from ..order import Execution

# The caller's decimal context must not decide a price's digits. Sums are exact, or an error.
_MEAN = Context(prec=28)
_EXACT = Context(prec=200, traps=[Inexact])
_NOTHING = Decimal(0)
_KEPT = 64  # fills that a late one may be older than, at least; twice as many at most


Lot = tuple[int, Decimal]
"""Contracts held, signed, and what each cost."""


class _State(NamedTuple):
    """Contracts held, signed; their lots, oldest first; what all of them cost."""

    qty: int
    lots: tuple[tuple[int, Decimal], ...]
    worth: Decimal


class Lots:
    """Lots of one instrument. `qty` is signed; `avg_px` is exact to 28 digits, None when flat."""

    __slots__ = ("_before", "_fills", "_lots", "_older", "_state", "_worth", "qty")

    def __init__(self, held: Sequence[Lot] = ()) -> None:
        self.qty = sum([qty for qty, _ in held])
        self._lots = deque([(abs(qty), px) for qty, px in held])
        self._worth = _NOTHING  # of all lots: kept, not summed up at every fill
        for qty, px in self._lots:
            self._worth = _EXACT.fma(px, Decimal(qty), self._worth)
        self._older: list[Execution] = []  # the last fills in the order of time, in two parts,
        self._fills: list[Execution] = []
        self._before = self._state = self._now()  # and what was before each part

    @property
    def avg_px(self) -> Decimal | None:
        if not self.qty:
            return None
        worth, qty = self._worth, abs(self.qty)
        mean = _MEAN.divide(worth, qty)
        if _EXACT.multiply(mean, qty) != worth:
            return mean
        # A quotient that is exact is told without zeros at its end and without an exponent.
        whole = mean.to_integral_value()
        return whole if whole == mean else mean.normalize(_MEAN)

    def all(self) -> tuple[Lot, ...]:
        """Every lot, oldest first."""
        sign = (self.qty > 0) - (self.qty < 0)
        return tuple([(sign * qty, px) for qty, px in self._lots])

    def apply(self, fill: Execution) -> None:
        """Take a fill in at its time. The caller sees to it that none comes twice."""
        newest = self._fills or self._older
        if newest and fill.time_ns < newest[-1].time_ns:
            self._again_with(fill)
            return
        self._take(fill)
        self._fills.append(fill)
        if len(self._fills) >= _KEPT:
            self._older, self._fills = self._fills, []
            self._before, self._state = self._state, self._now()

    def _again_with(self, late: Execution) -> None:
        known = [*self._older, *self._fills]
        place = next(n for n, fill in enumerate(known) if fill.time_ns > late.time_ns)
        known.insert(place, late)
        self.qty, self._worth = self._before.qty, self._before.worth
        self._lots = deque(self._before.lots)
        self._older, self._fills, self._state = [], known, self._before
        for fill in known:
            self._take(fill)

    def _take(self, fill: Execution) -> None:
        lots, left, worth = self._lots, fill.qty, self._worth
        while left and lots and self.qty * fill.side.sign < 0:
            qty, px = lots.popleft()
            closed = min(qty, left)
            if qty > closed:
                lots.appendleft((qty - closed, px))
            worth = _EXACT.fma(px, -closed, worth)
            left -= closed
        if left:
            lots.append((left, fill.px))
            worth = _EXACT.fma(fill.px, left, worth)
        self._worth = worth
        self.qty += fill.side.sign * fill.qty

    def _now(self) -> _State:
        return _State(self.qty, tuple(self._lots), self._worth)
