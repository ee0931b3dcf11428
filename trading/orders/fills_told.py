"""The fills of one order that were told one by one: each counted once, and their exact mean."""

from decimal import Context, Decimal

from ..order import ExecutionReport

# A mean price is a quotient; the caller's decimal context must not decide its digits.
_MEAN = Context(prec=28)


class FillsTold:
    """`qty`: their contracts together; an order's state may say that more were filled. `avg_px`:
    their mean price; None while there is none."""

    __slots__ = ("_seen", "_worth", "avg_px", "qty")

    def __init__(self) -> None:
        self.qty = 0
        self.avg_px: Decimal | None = None
        self._worth: Decimal | None = None  # quantity times price, from the second fill on
        self._seen: tuple[str, ...] = ()  # few, and a set would weigh as much as all of the order

    def knows(self, exec_id: str) -> bool:
        """Whether a fill was told already."""
        return exec_id in self._seen

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

    def _add(self, qty: int, px: Decimal) -> None:
        before, self.qty = self.qty, self.qty + qty
        assert self.avg_px is not None, "it has a fill"
        worth = _MEAN.multiply(self.avg_px, before) if self._worth is None else self._worth
        self._worth = _MEAN.fma(px, qty, worth)
        self.avg_px = _MEAN.divide(self._worth, self.qty)
