"""The fills of one order that were told one by one: each counted once, and their exact mean.

One that the venue took back counts no more, whether it was told before that or comes after it.
"""

from decimal import Context, Decimal

from ..order import ExecutionReport

# A mean price is a quotient; the caller's decimal context must not decide its digits.
_MEAN = Context(prec=28)


class FillsTold:
    """`qty`: their contracts together; an order's state may say that more were filled. `avg_px`:
    their mean price; None while there is none. `voided`: ids of those that were taken back."""

    __slots__ = ("_seen", "_worth", "avg_px", "qty", "voided")

    def __init__(self) -> None:
        self.qty = 0
        self.avg_px: Decimal | None = None
        self._worth: Decimal | None = None  # quantity times price, from the second fill on
        self._seen: tuple[str, ...] = ()  # few, and a set would weigh as much as all of the order
        self.voided: tuple[str, ...] = ()  # of these, those that count no more

    def knows(self, exec_id: str) -> bool:
        """Whether a fill was told already, or that it was taken back."""
        return exec_id in self._seen

    def knows_void(self, exec_id: str) -> bool:
        """Whether it was told already that a fill was taken back."""
        return exec_id in self.voided

    def take(self, report: ExecutionReport) -> bool:
        """A report tells of a fill; False where that was told already."""
        exec_id, px, qty = report.exec_id, report.last_px, report.last_qty
        assert exec_id is not None, "a fill has an identity"
        if exec_id in self._seen:
            return False
        self._seen = (*self._seen, exec_id)
        if px is not None and qty:
            if self.qty:
                self._add(qty, px)
            else:  # most orders are filled at once, and keep the price as it came
                self.qty, self.avg_px = qty, px
        return True

    def void(self, exec_id: str, qty: int, px: Decimal) -> None:
        """A fill, of which that was not known, is taken back."""
        self.voided = (*self.voided, exec_id)
        if exec_id in self._seen:
            self._subtract(qty, px)
        else:  # it will be known when it comes
            self._seen = (*self._seen, exec_id)

    def resume(self, voided: tuple[str, ...]) -> None:
        """These were taken back in another life; no fill was told in this one yet."""
        self.voided = self._seen = voided

    def _subtract(self, qty: int, px: Decimal) -> None:
        assert self.avg_px is not None, "it counted"
        worth = _MEAN.multiply(self.avg_px, self.qty) if self._worth is None else self._worth
        self.qty -= qty
        self._worth = _MEAN.fma(px, -qty, worth) if self.qty else None
        self.avg_px = None if self._worth is None else _MEAN.divide(self._worth, self.qty)

    def _add(self, qty: int, px: Decimal) -> None:
        before, self.qty = self.qty, self.qty + qty
        assert self.avg_px is not None, "it has a fill"
        worth = _MEAN.multiply(self.avg_px, before) if self._worth is None else self._worth
        self._worth = _MEAN.fma(px, qty, worth)
        self.avg_px = _MEAN.divide(self._worth, self.qty)
