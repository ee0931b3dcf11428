"""The order table: by tag or by the broker's id, working orders for ever, finished ones bounded.

A finished order leaves by age or by count and leaves a tombstone for a while, so that a late report
is known for what it is and not taken for a stranger's (fault-model, INV-13).
"""

from collections import deque
from collections.abc import Iterator
from math import inf

from ..order import Execution, ExecutionReport
from .by_age import ByAge
from .handle import Order
from .settings import OrderSettings

_SPARED = 16
"""How many finished orders may stay in the place of one, when too many are kept."""

Told = ExecutionReport | Execution
"""What was told of an order: a report of the stream's, or a fill that a look found."""


class Registry:
    """All orders of one manager. Times are the loop's, in seconds.

    What is over age leaves with the next thing that happens (`sweep`): while nothing happens,
    nothing grows either, and no timer is kept for it.
    """

    def __init__(self, settings: OrderSettings) -> None:
        self._settings = settings
        self._working: dict[str, Order] = {}
        self._finished: ByAge[tuple[float, Order]] = ByAge()
        self.tag_by_id: dict[str, str] = {}  # by the broker's ids
        self._tombstones: ByAge[tuple[float, str | None]] = ByAge()
        self._held: deque[tuple[float, Told]] = deque(maxlen=settings.held_most)
        self.sweep_s = inf  # when the next thing is over age; infinite: nothing will be
        self.found = 0  # look-ups of orders that knew the order
        self.unfound = 0  # and those that did not
        self.evicted = 0  # finished orders that had to leave
        self._reported: deque[Order] = deque()  # finished orders that keep their reports

    def add(self, order: Order) -> None:
        self._working[order.cl_ord_id] = order

    def rename(self, tag: str, order: Order) -> None:
        """An order goes out under a new tag; nobody ever heard the old one."""
        if self._working.pop(tag, None) is not None:
            self._working[order.cl_ord_id] = order

    @property
    def any_working(self) -> bool:
        """Whether an order is not known to be over."""
        return bool(self._working)

    @property
    def finished(self) -> int:
        """How many orders that are over are kept."""
        return len(self._finished)

    def working(self) -> Iterator[Order]:
        """Orders not known to be over, oldest first."""
        return iter(list(self._working.values()))

    def all(self) -> Iterator[Order]:
        """Orders that are kept, finished ones first."""
        finished = [order for _, order in self._finished.values()]
        return iter([*finished, *self._working.values()])

    def get(self, key: str) -> Order | None:
        """The order of a tag or of a broker's id; asked by people, and not counted."""
        for tag in (key, self.tag_by_id.get(key, "")):
            if tag in self._working:
                return self._working[tag]
            if tag in self._finished:
                return self._finished[tag][1]
        return None

    def at_work(self, cl_ord_id: str) -> Order | None:
        """The order of a tag that is not known to be over."""
        order = self._working.get(cl_ord_id)
        if order is not None:
            self.found += 1
        return order

    def find(self, cl_ord_id: str, order_id: str) -> Order | None:
        """The order of a tag, or of a broker's id where the tag is missing or not one of ours."""
        order = self.at_work(cl_ord_id)
        if order is not None:
            return order
        order = self._over(cl_ord_id)
        if order is None:
            tag = self.tag_by_id.get(order_id, "")
            order = self._working.get(tag) or self._over(tag)
        if order is None:
            self.unfound += 1
        else:
            self.found += 1
        return order

    def _over(self, tag: str) -> Order | None:
        finished = self._finished.get(tag)
        return finished[1] if finished else None

    def sizes(self) -> dict[str, int]:
        """How many entries each table has."""
        return {
            "working": len(self._working),
            "finished": len(self._finished),
            "ids": len(self.tag_by_id),
            "tombstones": len(self._tombstones),
            "held_reports": len(self._held),
        }

    def forgotten(self, cl_ord_id: str, order_id: str) -> bool:
        """Whether a tag or id is of an order of ours that was let go not long ago."""
        return (cl_ord_id or self.tag_by_id.get(order_id, "")) in self._tombstones

    def learn_id(self, order: Order) -> list[Told]:
        """The broker's id of an order is known now; what was held for it, in order."""
        core = order.core
        order_id = core.order_id
        if order_id is None or order_id in self.tag_by_id:
            return []
        tag = core.request.cl_ord_id
        if tag in self._tombstones:
            return []  # gone already: its id would stay in the table for ever
        self.tag_by_id[order_id] = tag
        if not self._held:
            return []
        mine = [entry for entry in self._held if _order_id(entry[1]) == order_id]
        for entry in mine:
            self._held.remove(entry)
        return [report for _, report in mine]

    def hold(self, report: Told, now_s: float) -> None:
        """Keep one without a tag for an id not known yet; the oldest goes when too many
        wait, or when the answer that would name it does not come."""
        self._held.append((now_s, report))
        self.sweep_s = min(self.sweep_s, now_s + self._settings.held_s)

    def children_of(self, order_id: str) -> list[ExecutionReport]:
        """Reports held for orders that the broker attached to this one, in order."""
        held = [(entry, entry[1]) for entry in self._held]
        theirs = [
            (entry, report)
            for entry, report in held
            if isinstance(report, ExecutionReport) and report.order.parent_id == order_id
        ]
        for entry, _ in theirs:
            self._held.remove(entry)
        return [report for _, report in theirs]

    def revive(self, order: Order) -> bool:
        """An order that was taken for over is not: back to the working ones. False where it is
        none such."""
        if not order.finished or order.core.venue_status.terminal:
            return False
        tag, order.finished = order.core.request.cl_ord_id, False
        self._finished.pop(tag)
        self._working[tag] = order
        return True

    def finish(self, order: Order, now_s: float) -> None:
        """An order is over: move it to the finished ones and let the oldest of those go."""
        tag = order.core.request.cl_ord_id
        if self._working.pop(tag, None) is None:
            return
        order.finished = True
        kept = self._finished.add(tag, (now_s, order))
        self._reported.append(order)
        if len(self._reported) > self._settings.reports_most:
            self._reported.popleft().reports.forget()
        over_s = now_s + self._settings.finished_s
        if over_s < self.sweep_s:
            self.sweep_s = over_s
        if kept > self._settings.finished_most:
            for _ in range(_SPARED):
                if not self._stays(now_s):
                    break
            self._let_go(now_s)
        if now_s > self.sweep_s:
            self.sweep(now_s)

    def sweep(self, now_s: float) -> None:
        """Let go what is over age now."""
        if now_s <= self.sweep_s:
            return
        settings, next_s = self._settings, inf
        for table, age_s, let_go in (
            (self._finished, settings.finished_s, self._over_age),
            (self._tombstones, settings.late_s, self._let_rest),
        ):
            while table:
                since_s = table.oldest[0]
                if now_s - since_s <= age_s:
                    next_s = min(next_s, since_s + age_s)
                    break
                let_go(now_s)
        while self._held and now_s - self._held[0][0] > settings.held_s:
            self._held.popleft()
        if self._held:
            next_s = min(next_s, self._held[0][0] + settings.held_s)
        self.sweep_s = next_s

    def _over_age(self, now_s: float) -> None:
        """The oldest finished order goes, unless it stays."""
        if not self._stays(now_s):
            self._let_go(now_s)

    def _stays(self, now_s: float) -> bool:
        """Whether the oldest finished order stays as long again, as the youngest: a fill of it was
        not told yet, which would be counted a second time once nobody knew the order."""
        _, order = self._finished.oldest
        if order.core.told.qty >= order.core.cum_qty:
            return False
        tag, _ = self._finished.pop_oldest()
        self._finished[tag] = (now_s, order)
        return True

    def _let_go(self, now_s: float) -> None:
        """The oldest finished order goes and leaves a tombstone."""
        tag, (_, order) = self._finished.pop_oldest()
        order.finished = False
        self.evicted += 1
        self._tombstones[tag] = (now_s, order.order_id)
        self.sweep_s = min(self.sweep_s, now_s + self._settings.late_s)
        if len(self._tombstones) > self._settings.tombstones_most:
            self._let_rest(now_s)

    def _let_rest(self, now_s: float) -> None:
        """The oldest tombstone goes: what still came now would be a stranger's."""
        _, (_, order_id) = self._tombstones.pop_oldest()
        self.tag_by_id.pop(order_id or "", None)


def _order_id(told: Told) -> str:
    return told.order.order_id if isinstance(told, ExecutionReport) else told.order_id
