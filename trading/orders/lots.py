"""What is held in one instrument, lot by lot: the oldest contracts are closed first.

A fill that was looked up comes after younger ones that were told, and which contracts a close took
depends on the order: it is taken in at its own time, and what followed is counted again. So it is
where a fill is taken back.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from msgspec import structs

from ..order import Execution

# The caller's decimal context must not decide a price's digits. Sums are exact, or an error.
_MEAN = Context(prec=28)
_EXACT = Context(prec=200, traps=[Inexact])
_times_plus = _EXACT.fma  # looked up once: to find it takes as long as to do it
_NOTHING = Decimal(0)
_same = Decimal.__eq__  # of two exact prices; a `Price` first asks what the other is
_KEPT = 64  # fills that a late one may be older than, at least; twice as many at most


Lot = tuple[int, Decimal]
"""Contracts held, signed, and what each cost."""


class _State(NamedTuple):
    """Contracts held, signed; their lots, oldest first; their one price, and what they cost."""

    qty: int
    lots: tuple[tuple[int, Decimal], ...]
    px: Decimal | None
    worth: Decimal


class Lots:
    """Lots of one instrument. `qty` is signed; `avg_px` is exact to 28 digits, None when flat."""

    __slots__ = ("_before", "_fills", "_lots", "_mean", "_older", "_px", "_state", "_worth", "qty")

    def __init__(self, held: Sequence[Lot] = ()) -> None:
        self.qty = 0
        self._lots: deque[tuple[int, Decimal]] = deque()
        self._px: Decimal | None = None  # of every lot, as it mostly is; None where they differ:
        self._worth = _NOTHING  # of all lots, then; kept, not summed up at every fill
        self._mean: tuple[Decimal, Decimal] | None = None  # that price, and it as a mean
        for qty, px in held:
            self._add(abs(qty), px)
            self.qty += qty
        self._older: list[Execution] = []  # the last fills in the order of time, in two parts,
        self._fills: list[Execution] = []
        self._before = self._state = self._now()  # and what was before each part

    @property
    def avg_px(self) -> Decimal | None:
        px, known = self._px, self._mean
        if not self.qty:
            return None
        if px is None:
            return _mean(self._worth, abs(self.qty))
        if known is None or known[0] is not px:
            qty = abs(self.qty)
            known = self._mean = px, _mean(_times_plus(px, qty, _NOTHING), qty)
        return known[1]

    def all(self) -> tuple[Lot, ...]:
        """Every lot, oldest first."""
        if self.qty >= 0:
            return tuple(self._lots)
        return tuple([(-qty, px) for qty, px in self._lots])

    def apply(self, fill: Execution) -> None:
        """Take a fill in at its time. The caller sees to it that none comes twice."""
        fills, held = self._fills, self.qty
        newest = fills or self._older
        if newest and fill.time_ns < newest[-1].time_ns:
            self._again_with(fill)
            return
        sign, left, px = fill.side.sign, fill.qty, fill.px
        self.qty = held + sign * left
        if held * sign < 0:
            left = self._close(left)
        if left:
            if px is self._px and self._lots:
                self._lots.append((left, px))  # as `_add`, of a price that all of them have
            else:
                self._add(left, px)
        fills.append(fill)
        if len(fills) >= _KEPT:
            self._older, self._fills = self._fills, []
            self._before, self._state = self._state, self._now()

    def void(self, voided: Execution) -> None:
        """Hold what would be held without a fill. Of one that is long ago, or was in what was there
        to begin with, only its contracts are known: they are taken away at its price."""
        known = [*self._older, *self._fills]
        place = next((n for n, f in enumerate(known) if f.exec_id == voided.exec_id), None)
        left = voided.qty
        if place is not None:
            left -= known.pop(place).qty
            self._again(known)
        if left:
            time_ns = known[-1].time_ns if known else voided.time_ns
            side = voided.side.opposite
            self.apply(structs.replace(voided, side=side, qty=left, time_ns=time_ns, exec_id=""))

    def _again_with(self, late: Execution) -> None:
        known = [*self._older, *self._fills]
        place = next(n for n, fill in enumerate(known) if fill.time_ns > late.time_ns)
        known.insert(place, late)
        self._again(known)

    def _again(self, known: list[Execution]) -> None:
        """Take these in, in place of the last fills."""
        self.qty, lots, self._px, self._worth = self._before
        self._lots = deque(lots)
        self._older, self._fills, self._state = [], [], self._before
        for fill in known:
            self.apply(fill)

    def _close(self, left: int) -> int:
        """Close the oldest contracts; how many were not there to be closed."""
        lots = self._lots
        while left and lots:
            qty, px = lots.popleft()
            closed = min(qty, left)
            if qty > closed:
                lots.appendleft((qty - closed, px))
            if self._px is None:
                self._worth = _times_plus(px, -closed, self._worth)
            left -= closed
        return left

    def _add(self, qty: int, px: Decimal) -> None:
        one = self._px
        if not self._lots:
            self._px = px
        elif one is None:
            self._worth = _times_plus(px, qty, self._worth)
        elif px is not one and not _same(px, one):
            held = sum([lot for lot, _ in self._lots])
            self._px, self._worth = None, _EXACT.fma(px, qty, _EXACT.multiply(one, held))
        self._lots.append((qty, px))

    def _now(self) -> _State:
        return _State(self.qty, tuple(self._lots), self._px, self._worth)


def _mean(worth: Decimal, qty: int) -> Decimal:
    mean = _MEAN.divide(worth, qty)
    if _EXACT.multiply(mean, qty) != worth:
        return mean
    # A quotient that is exact is told without zeros at its end and without an exponent.
    whole = mean.to_integral_value()
    return whole if whole == mean else mean.normalize(_MEAN)
