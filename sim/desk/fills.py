"""Every fill of one account: those that stand, and those that were taken back."""

from msgspec import structs

from ...trading.order import Execution
from .by_time import ByTime


class Fills:
    """`standing`: those that count, in the order in which they came."""

    def __init__(self) -> None:
        self.standing: list[Execution] = []
        self._all = ByTime[Execution]()
        self._voided_ns: dict[str, int] = {}  # by id: when it was taken back

    def add(self, fill: Execution) -> None:
        """One more."""
        self.standing.append(fill)
        self._all.add(fill.time_ns, fill)

    def find(self, exec_id: str) -> Execution | None:
        """The fill of an id; None where there is none such that stands. The newest are asked for
        most."""
        return next((fill for fill in reversed(self.standing) if fill.exec_id == exec_id), None)

    def void(self, fill: Execution, now_ns: int) -> None:
        """Take one back that stands."""
        self.standing.remove(fill)
        self._voided_ns[fill.exec_id] = now_ns

    def since(self, time_ns: int) -> list[Execution]:
        """Those of that time or later as they are now, in the order in which they came."""
        found = self._all.since(time_ns)
        return [self._as_it_is(fill) for fill in found] if self._voided_ns else found

    def as_of(self, at_ns: int, since_ns: int) -> list[Execution]:
        """As `since`, by what was so at a moment."""
        found = [fill for fill in self._all.since(since_ns) if fill.time_ns <= at_ns]
        return [
            self._as_it_is(fill) if self._voided_ns.get(fill.exec_id, at_ns + 1) <= at_ns else fill
            for fill in found
        ]

    def _as_it_is(self, fill: Execution) -> Execution:
        voided = fill.exec_id in self._voided_ns
        return structs.replace(fill, voided=True) if voided else fill
