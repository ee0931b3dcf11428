"""What the manager is told, as the typed events of `trading/orders/events.py`, in their order.

Nothing is told from a report's words alone: an event follows from what the order's core knows by
then, compared with what was told of it before. So an answer, a report and a look that say the same
tell it once, and whoever asked for a cancel hears of it like everybody else.
"""

from collections.abc import Callable, Iterable

from ...order import Execution, ExecutionReport
from ...words import OrdStatus
from ..agreement import Wish
from ..commands import Do
from ..events import (
    Accepted,
    Cancelled,
    Corrected,
    Expired,
    Filled,
    IncidentRaised,
    Modified,
    Partial,
    Rejected,
    Voided,
)
from ..handle import Order
from ..happened import Happened, happened
from ..incident import Incident
from ..observing import Observer

# Looked up once: they are compared at every event.
_FILLED, _CANCELED, _EXPIRED = OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED


class _Told:
    """What was told of an order that is not over."""

    __slots__ = ("accepted", "numbers")

    def __init__(self, accepted: bool, numbers: Wish) -> None:
        self.accepted = accepted
        self.numbers = numbers


class Teller(Observer):
    """Makes the events of one manager and gives each to `hear`.

    `last`: the number of the last event before these. `working`: orders that were sent before this
    began, of which only what comes is told. The end of an order waits for fills that the broker
    counted and did not tell yet; what is still missing when the manager closes is told without.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        hear: Callable[[Happened | IncidentRaised], None],
        working: Iterable[Order] = (),
        *,
        last: int = 0,
    ) -> None:
        self.last = last
        self._now_ns = now_ns
        self._hear = hear
        self._told: dict[Order, _Told] = {}
        for order in working:
            self._told[order] = _Told(order.core.accepted, order.core.agreement.now)

    def heard_by(self, hear: Callable[[Happened | IncidentRaised], None]) -> None:
        """From now on in place of whoever heard until now."""
        self._hear = hear

    def on_intent(self, order: Order) -> None:
        if order not in self._told:
            self._told[order] = _Told(False, order.core.agreement.now)

    def on_adopted(self, order: Order) -> None:
        self._told[order] = _Told(False, order.core.agreement.now)
        self._look(order)

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        self._look(order)

    def on_unsent(self, order: Order) -> None:
        self._look(order)

    def on_fill(self, order: Order, fill: Execution) -> None:
        told, core = self._told.get(order), order.core
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        if told is None:
            self._hear(happened(Corrected, n, at_ns, order, fill))
        elif core.venue_status is _FILLED and core.told.qty >= core.cum_qty:
            del self._told[order]
            self._hear(happened(Filled, n, at_ns, order, fill))
        else:
            self._hear(happened(Partial, n, at_ns, order, fill))
            if core.venue_status.terminal and core.told.qty >= core.cum_qty:
                self._end(order)

    def on_void(
        self, order: Order, report: ExecutionReport, fill: Execution, counted: bool
    ) -> None:
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        self._hear(happened(Voided, n, at_ns, order, fill))
        told = self._told.get(order)
        if told is not None:
            told.numbers = order.core.agreement.now  # it is as much smaller, as was told just now
            self._look(order)

    def on_incident(self, incident: Incident) -> None:
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        self._hear(IncidentRaised(n=n, time_ns=at_ns, incident=incident))

    def on_close(self) -> None:
        for order in list(self._told):
            if order.core.terminal:
                self._end(order)

    def _look(self, order: Order, report: ExecutionReport | None = None) -> None:
        """Tell what is new about an order; its fill, where one follows a report, tells its end."""
        told, core = self._told.get(order), order.core
        if told is None:
            return
        if core.accepted and not told.accepted:
            told.accepted = True
            n = self.last = self.last + 1
            at_ns = self._now_ns()
            self._hear(happened(Accepted, n, at_ns, order))
        if core.venue_status.terminal:
            fill_follows = report is not None and report.exec_id is not None
            if not fill_follows and core.told.qty >= core.cum_qty:
                self._end(order)
        elif told.accepted and core.agreement.now != told.numbers:
            told.numbers = core.agreement.now
            taken_over = core.agreement.taken_over == told.numbers
            asked = _numbers(core.wish) == _numbers(told.numbers) and not taken_over
            n = self.last = self.last + 1
            at_ns = self._now_ns()
            self._hear(happened(Modified, n, at_ns, order, asked=asked))

    on_report = _look

    def _end(self, order: Order) -> None:
        del self._told[order]
        core = order.core
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        status = core.venue_status
        if status is _FILLED:
            self._hear(happened(Filled, n, at_ns, order))
        elif status is _CANCELED:
            asked = not core.wish.working
            self._hear(happened(Cancelled, n, at_ns, order, None, asked, core.reason, core.text))
        elif status is _EXPIRED:
            self._hear(happened(Expired, n, at_ns, order))
        else:
            self._hear(happened(Rejected, n, at_ns, order, None, False, core.reason, core.text))


def _numbers(wish: Wish) -> tuple[object, ...]:
    return (wish.order_qty, wish.price, wish.stop_px, wish.trail)
