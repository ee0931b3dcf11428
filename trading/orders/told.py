"""The reports that were told of one order, kept for whoever reads them from the first."""

from msgspec import Struct

from ..order import ExecutionReport


class ReportsMissed(Struct, frozen=True):
    """This many reports of the order were not kept for a reader that was too slow."""

    count: int


class Told:
    """The newest reports of an order; `count` is how many there were in all."""

    __slots__ = ("_kept", "count")

    def __init__(self) -> None:
        self._kept: list[ExecutionReport] | None = None
        self.count = 0

    def add(self, report: ExecutionReport, most: int) -> None:
        """One more was told; at most `most` are kept."""
        self.count += 1
        kept = self._kept
        if kept is None:
            self._kept = [report]
            return
        kept.append(report)
        if len(kept) > most:
            del kept[0]

    def after(self, n: int) -> ExecutionReport | ReportsMissed:
        """The report after the `n`-th, or how many of those after it are gone. There is one."""
        kept = self._kept or []
        first = self.count - len(kept)
        return ReportsMissed(first - n) if n < first else kept[n - first]

    def forget(self) -> None:
        """Keep none of them any more."""
        self._kept = None
