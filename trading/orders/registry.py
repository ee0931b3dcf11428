"""The order table: by tag or by the broker's id, working orders for ever, finished ones bounded.

A finished order leaves by age or by count and leaves a tombstone, so that a late report is known
for what it is and not taken for a stranger's (fault-model, INV-13).
"""

from collections import OrderedDict, deque
from collections.abc import Iterator

from ..order import ExecutionReport
from .handle import Order
from .settings import OrderSettings


class Registry:
    """All orders of one manager. Times are the loop's, in seconds."""

    def __init__(self, settings: OrderSettings) -> None:
        self._settings = settings
        self._working: dict[str, Order] = {}
        self._finished: OrderedDict[str, tuple[float, Order]] = OrderedDict()
        self._tag_by_id: dict[str, str] = {}
        self._tombstones: OrderedDict[str, None] = OrderedDict()
        self._held: deque[ExecutionReport] = deque(maxlen=settings.held_most)

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

    def find(self, cl_ord_id: str, order_id: str) -> Order | None:
        """The order of a tag, or of a broker's id where the tag is missing."""
        tag = cl_ord_id or self._tag_by_id.get(order_id, "")
        if tag in self._working:
            return self._working[tag]
        finished = self._finished.get(tag)
        return finished[1] if finished else None

    def learn_id(self, order: Order) -> list[ExecutionReport]:
        """The broker's id of an order is known now; reports that were held for it, in order."""
        if order.order_id is None or order.order_id in self._tag_by_id:
            return []
        if order.cl_ord_id in self._tombstones:
            return []  # gone already: its id would stay in the table for ever
        self._tag_by_id[order.order_id] = order.cl_ord_id
        mine = [r for r in self._held if r.order.order_id == order.order_id]
        for report in mine:
            self._held.remove(report)
        return mine

    def hold(self, report: ExecutionReport) -> None:
        """Keep a report without a tag for an id not known yet; the oldest goes when too many
        wait."""
        self._held.append(report)

    def revive(self, order: Order) -> bool:
        """An order that was taken for over is not: back to the working ones. False where it is
        there already."""
        if order.core.terminal or self._finished.pop(order.cl_ord_id, None) is None:
            return False
        self._working[order.cl_ord_id] = order
        return True

    def finish(self, order: Order, now_s: float) -> None:
        """An order is over: move it to the finished ones and let the oldest of those go."""
        if self._working.pop(order.cl_ord_id, None) is None:
            return
        self._finished[order.cl_ord_id] = (now_s, order)
        while self._finished:
            tag, (when_s, oldest) = next(iter(self._finished.items()))
            kept = len(self._finished) <= self._settings.finished_most
            if kept and now_s - when_s <= self._settings.finished_s:
                break
            del self._finished[tag]
            self._tag_by_id.pop(oldest.order_id or "", None)
            self._tombstones[tag] = None
            if len(self._tombstones) > self._settings.finished_most:
                self._tombstones.popitem(last=False)
