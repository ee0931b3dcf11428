"""The fills of one order that were told one by one: each counted once, and their exact mean."""

from decimal import Context, Decimal

from ..order import ExecutionReport

# A mean price is a quotient; the caller's decimal context must not decide its digits.
_MEAN = Context(prec=28)
_NOTHING = Decimal(0)


class FillsTold:
    """`qty`: their contracts together; an order's state may say that more were filled. `avg_px`:
    their mean price; None while there is none."""

    __slots__ = ("_seen", "_worth", "avg_px", "qty")

    def __init__(self) -> None:
        self.qty = 0
        self.avg_px: Decimal | None = None
        self._worth = _NOTHING  # quantity times price
        self._seen: tuple[str, ...] = ()  # few, and a set would weigh as much as all of the order

    def knows(self, exec_id: str) -> bool:
        """Whether a fill was told already."""
        return exec_id in self._seen

    def take(self, report: ExecutionReport) -> None:
        """A report tells of a fill, for the first time."""
        assert report.exec_id is not None, "a fill has an identity"
        self._seen = (*self._seen, report.exec_id)
        if report.last_px is not None:
            self.qty += report.last_qty
            self._worth = _MEAN.fma(report.last_px, report.last_qty, self._worth)
            self.avg_px = _MEAN.divide(self._worth, self.qty) if self.qty else None
