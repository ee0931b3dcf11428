"""What the manager is told, as the typed events of `trading/orders/events.py`, in their order.

Nothing is told from a report's words alone: an event follows from what the order's core knows by
then, compared with what was told of it before. So an answer, a report and a look that say the same
tell it once, and whoever asked for a cancel hears of it like everybody else.
"""

from collections.abc import Callable, Iterable

from ...order import Execution, ExecutionReport
from ...words import OrdStatus, Reason
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
from ..happened import Happened, Kind
from ..incident import Incident
from ..observing import Observer

_NO_REASON = Reason.NONE
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

    def on_void(
        self, order: Order, report: ExecutionReport, fill: Execution, counted: bool
    ) -> None:
        self._say(Voided, order, fill)
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

    def _look(
        self, order: Order, report: ExecutionReport | None = None, fill: Execution | None = None
    ) -> None:
        """Tell what is new about an order, and its fill; the last fill tells the end as well."""
        told, core = self._told.get(order), order.core
        if told is None:
            if fill is not None:
                self._say(Corrected, order, fill)
            return
        if core.accepted and not told.accepted:
            told.accepted = True
            self._say(Accepted, order)
        if core.venue_status.terminal:
            all_told = core.told.qty >= core.cum_qty
            if fill is not None and not (all_told and core.venue_status is _FILLED):
                self._say(Partial, order, fill)
                fill = None
            if all_told:
                self._end(order, fill)
            return
        if told.accepted and core.agreement.now != told.numbers:
            told.numbers = core.agreement.now
            taken_over = core.agreement.taken_over == told.numbers
            asked = _numbers(core.wish) == _numbers(told.numbers) and not taken_over
            self._say(Modified, order, None, asked)
        if fill is not None:
            self._say(Partial, order, fill)

    on_report = _look

    def _end(self, order: Order, fill: Execution | None = None) -> None:
        """Tell that an order is over; of one that is filled with its last fill, where there is
        one that was told."""
        del self._told[order]
        core = order.core
        status = core.venue_status
        if status is _FILLED:
            self._say(Filled, order, fill)
        elif status is _CANCELED:
            self._say(Cancelled, order, None, not core.wish.working, core.reason, core.text)
        elif status is _EXPIRED:
            self._say(Expired, order)
        else:
            self._say(Rejected, order, None, False, core.reason, core.text)

    def _say(
        self,
        kind: Kind,
        order: Order,
        fill: Execution | None = None,
        asked: bool = False,
        reason: Reason = _NO_REASON,
        text: str = "",
    ) -> None:
        """Give out the next event: what happened to an order just now, and the order as it is known
        to be by that."""
        n = self.last = self.last + 1
        core = order.core
        self._hear(
            Happened(
                kind,
                n,
                self._now_ns(),
                core.request,
                core.order_id,
                core.venue_status,
                core.agreement.now,
                core.cum_qty,
                core.avg_px,
                fill,
                asked,
                reason,
                text,
            )
        )


def _numbers(wish: Wish) -> tuple[object, ...]:
    return (wish.order_qty, wish.price, wish.stop_px, wish.trail)
