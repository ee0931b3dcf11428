"""Fills that the venue took back: how many of each order, and of which the client was told."""

from ...matching.reports import Report
from ...trading.order import Execution, ExecutionReport
from ..desk.orders import OrderRecord
from .knowable import Moment


class Voids:
    """By the broker's ids of orders. A fill goes by its id within its order, as clients have it or
    as its engine does."""

    def __init__(self) -> None:
        self._moments: dict[tuple[str, str], Moment] = {}
        self._newest: dict[str, Moment] = {}
        self._taken: dict[str, int] = {}
        self._untold: dict[str, int] = {}
        self._heard: dict[str, None] = {}

    def happened(self, record: OrderRecord, report: Report, moment: Moment) -> None:
        """A fill was taken back."""
        order_id, qty = record.order_id, report.last_qty
        name = f"{record.request.instrument.symbol}-{report.exec_id}"
        self._moments[order_id, name] = self._newest[order_id] = moment
        self._taken[order_id] = self._taken.get(order_id, 0) + qty
        self._untold[order_id] = self._untold.get(order_id, 0) + qty

    def told(self, report: ExecutionReport) -> None:
        """The stream told the client of one; an answer that does is taken in at another time."""
        exec_id = report.exec_id
        if exec_id is not None and exec_id not in self._heard:
            self._heard[exec_id] = None
            order_id = report.order.order_id
            self._untold[order_id] = self._untold.get(order_id, 0) - report.last_qty

    def moment(self, fill: Execution) -> Moment | None:
        """When a fill was taken back that an answer shows so. On the wire it goes by another id: it
        is the last of its order then."""
        known = self._moments.get((fill.order_id, fill.exec_id))
        return self._newest.get(fill.order_id) if known is None else known

    def of(self, order_id: str | None) -> int:
        """Contracts of an order that were taken back so far."""
        return self._taken.get(order_id or "", 0)

    def untold_of(self, order_id: str | None) -> int:
        """Of these, those of which the client may not know."""
        return self._untold.get(order_id or "", 0)
