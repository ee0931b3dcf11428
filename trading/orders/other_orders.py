"""What is told of orders that are none of ours: it moves the position, and shows what lacks."""

from collections.abc import Callable
from functools import partial

from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderState
from ..words import ExecType
from .positions import execution_of, fill_of
from .sending.outbox import Outbox
from .taken_back import Follow, TakenBack


class OtherOrders:
    """Takes it in. `may_lack` says whether a fill of nobody's may be of an order that the broker
    made for one of ours; `lacking`: something was not told. `moved(instrument)` lets all act that
    depends on a position."""

    lacking: Callable[[OrderState | None], None]
    may_lack: Callable[[Execution], bool]

    def __init__(
        self,
        outbox: Callable[[], Outbox],
        follow: Follow,
        moved: Callable[[Instrument], None],
        tell_position: Callable[[Instrument], None],
        voids: TakenBack,
    ) -> None:
        self._outbox = outbox  # which is known later
        self._follow = follow
        self._moved = moved
        self._tell_position = tell_position
        self._voids = voids

    def report(self, report: ExecutionReport) -> None:
        """Not one of ours, or one whose id we are not told yet, or one long forgotten. Its fills
        move the position."""
        told, outbox = report.order, self._outbox()
        forgotten = outbox.orders.forgotten(told.cl_ord_id, told.order_id)
        if (not told.cl_ord_id or told.parent_id is not None) and not forgotten:
            outbox.orders.hold(report, outbox.now_s())
        if report.exec_type is ExecType.TRADE_CANCEL:
            fill = execution_of(report)
            if fill is None or not self._voids.of_nobody(fill):
                self._voids.lacking()
            return
        fill = fill_of(report)
        if fill is not None:
            self.fill(fill)
        if report.exec_type is ExecType.TRADE and not forgotten and outbox.ledger.lacks(told):
            self.lacking(told)  # a fill was told as a sum, or one before it never came

    def fill(self, fill: Execution) -> bool:
        """Book a fill of none of our orders; whether it is a new one."""
        outbox = self._outbox()
        booked = outbox.ledger.book(fill, None)
        if booked:
            outbox.observers.on_strange_fill(fill)
            if outbox.orders.forgotten(fill.cl_ord_id, fill.order_id):
                name = fill.cl_ord_id or fill.order_id
                text = f"{fill.qty} of order {name}, long over, were filled; nothing guards them"
                outbox.incident("late_fill", text, fill.cl_ord_id)
            self._follow(
                partial(self._moved, fill.instrument), partial(self._tell_position, fill.instrument)
            )
            if not fill.cl_ord_id and self.may_lack(fill):
                self.lacking(None)
        return booked
