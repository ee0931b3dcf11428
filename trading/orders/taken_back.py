"""Fills that the venue takes back (FIX: Trade Cancel), by the stream or found by a look.

Afterwards all is as if the fill had never been: the order is filled less and as much smaller, the
position is what the other fills make, and whoever answers for it acts on that. It is told once, and
an incident says so. Since it may have been told late, or another one not at all, the broker is
asked what is true.
"""

from collections.abc import Callable, Sequence
from functools import partial

from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderState
from .handle import Order
from .positions import execution_of, report_of
from .sending.outbox import Listener, Outbox

Follow = Callable[[Callable[[], None], Callable[[], None]], None]
"""Lets those who depend on what was taken in act, and then tells it."""


class TakenBack:
    """Takes in and tells. `act(order)` lets act what depends on an order, `moved(instrument)` what
    depends on a position; each `reopen(instrument)`: what had ended, or was let go, because
    nothing was held any more may be wanted again; `lacking`: one was taken back, or must have
    been, and the broker is to be asked for all fills."""

    lacking: Callable[[], None]
    reopen: Sequence[Callable[[Instrument], None]]

    def __init__(
        self,
        outbox: Callable[[], Outbox],
        listener: Listener,
        follow: Follow,
        act: Callable[[Order], None],
        moved: Callable[[Instrument], None],
        tell_position: Callable[[Instrument], None],
    ) -> None:
        self._outbox = outbox  # which is known later
        self._listener = listener
        self._follow = follow
        self._act = act
        self._moved = moved
        self._tell_position = tell_position

    @property
    def outbox(self) -> Outbox:
        return self._outbox()

    def of(self, order: Order, report: ExecutionReport) -> None:
        """A fill of an order of ours is taken back; everything follows."""
        exec_id = report.exec_id
        counted = exec_id is not None and order.core.told.knows(exec_id)
        if self._take(order, report):
            tell = partial(self._tell, order, report, counted)
            self._follow(partial(self._act, order), tell)
        self.lacking()

    def found(self, order: Order, fill: Execution) -> None:
        """A look shows that a fill of an order of ours was taken back."""
        if not order.core.told.knows_void(fill.exec_id):
            self.of(order, report_of(order, fill))

    def of_nobody(self, fill: Execution) -> bool:
        """A fill of none of our orders is taken back; whether it had moved the position. One that
        is told later moves nothing."""
        ledger = self.outbox.ledger
        booked = ledger.knows(fill)
        if not ledger.void(fill, None) or not booked:
            return False
        ledger.gave_back(fill, None)
        self._held_again(fill.instrument)
        self.outbox.observers.on_strange_void(fill)
        self._say(fill, f"order {fill.cl_ord_id or fill.order_id}, which is not ours")
        symbol = fill.instrument
        self._follow(partial(self._moved, symbol), partial(self._tell_position, symbol))
        self.lacking()
        return True

    def _take(self, order: Order, report: ExecutionReport) -> bool:
        """Let the order, the position and the table know; False where it was known, or it is not
        said which fill it was."""
        fill = execution_of(report)
        if not order.core.take_back(report) or fill is None:
            return False
        order.unfilled(fill.exec_id)
        self.outbox.ledger.void(fill, order)
        self.outbox.ledger.gave_back(fill, order)
        self.outbox.noted(order)
        self._held_again(fill.instrument)
        return True

    def shown(self, order: Order, state: OrderState) -> None:
        """A look shows an order of ours with fewer filled, by a word that is newer than all we
        know."""
        core = order.core
        if state.cum_qty < core.cum_qty and state.time_ns > core.time_ns:
            lacks = core.shown_less(state)
            self.outbox.noted(order)
            if lacks:
                self.lacking()

    def _tell(self, order: Order, report: ExecutionReport, counted: bool) -> None:
        """Tell it, after those that depend on it have acted; `counted`: the fill was told."""
        fill, outbox, listener = execution_of(report), self.outbox, self._listener
        assert fill is not None, "it was taken in"
        core = order.core
        if core.terminal and core.told.qty >= core.cum_qty:
            order.ended = True  # no fill is left whose report would tell it
        order.reports.add(report, outbox.settings.reports_most)
        order.tell()
        position = outbox.ledger.position(fill.instrument)
        outbox.observers.on_void(order, report, fill, counted, position)
        self._say(fill, order.describe())
        try:
            listener.on_report(order, report)
            listener.on_position(position)
        except Exception as error:  # noqa: BLE001  the trader's fault is not the manager's
            outbox.supervision.told(error, "the listener", order.cl_ord_id)

    def _held_again(self, instrument: Instrument) -> None:
        for reopen in self.reopen:
            reopen(instrument)

    def _say(self, fill: Execution, whose: str) -> None:
        held = self.outbox.ledger.position(fill.instrument).qty
        text = (
            f"the venue took back fill {fill.exec_id}, {fill.qty} at {fill.px}, of {whose}: "
            f"{held} {fill.instrument.symbol} are held"
        )
        self.outbox.incident("trade_voided", text, fill.cl_ord_id)
