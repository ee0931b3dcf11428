"""Times in a bounded table, with an exact word on how far a quantile may be off.

Whole nanoseconds up to 63 have a cell each; above, each doubling is divided into 32 cells. A
quantile is the upper edge of the cell that holds the exact one: never below it, and above it by
less than 1/32 of it (3.2 %). The largest, the count and the sum are exact. Fewer than 2,000 cells,
however long it runs.
"""

from collections import defaultdict
from fractions import Fraction

_BITS = 5  # cells of a doubling, as a power of two


class Histogram:
    """How long something took, in ns."""

    __slots__ = ("_cells", "most_ns", "sum_ns")

    def __init__(self) -> None:
        self._cells: defaultdict[int, int] = defaultdict(int)
        self.sum_ns = 0
        self.most_ns = 0

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._cells.values())

    def add(self, took_ns: int) -> None:
        """One more; below zero counts as 0."""
        if took_ns < 0:
            took_ns = 0
        shift = took_ns.bit_length() - _BITS - 1
        cell = took_ns if shift <= 0 else (shift << _BITS) + (took_ns >> shift)
        self._cells[cell] += 1
        self.sum_ns += took_ns
        if took_ns > self.most_ns:
            self.most_ns = took_ns

    def quantile_ns(self, share: Fraction) -> int | None:
        """The time within which this share of all was done (nearest rank); None while there is
        none."""
        count = self.count
        if not count:
            return None
        rank = max(-(-share.numerator * count // share.denominator), 1)
        seen = 0
        for cell in sorted(self._cells):
            seen += self._cells[cell]
            if seen >= rank:
                return min(_upper_ns(cell), self.most_ns)
        raise AssertionError("the cells hold fewer than were counted")


def _upper_ns(cell: int) -> int:
    """The largest time that falls into a cell.

    >>> _upper_ns(63), _upper_ns(64), _upper_ns(65)
    (63, 65, 67)
    """
    shift = (cell >> _BITS) - 1
    if shift <= 0:
        return cell
    return ((cell - (shift << _BITS) + 1) << shift) - 1
