"""What the manager is told, as the typed events of `trading/orders/events.py`, in their order.

Nothing is told from a report's words alone: an event follows from what the order's core knows by
then, compared with what was told of it before. So an answer, a report and a look that say the same
tell it once, and whoever asked for a cancel hears of it like everybody else.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

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
    FillNow,
    IncidentRaised,
    Modified,
    OrderEvent,
    OrderNow,
    Partial,
    Rejected,
)
from ..handle import Order
from ..incident import Incident
from ..observing import Observer

# Looked up once: they are compared at every event.
_FILLED, _EXPIRED, _REJECTED = OrdStatus.FILLED, OrdStatus.EXPIRED, OrdStatus.REJECTED


class _Told:
    """What was told of an order that is not over. `price` and `stop_px`: those of its numbers, as
    its events carry them."""

    __slots__ = ("accepted", "numbers", "price", "stop_px")

    def __init__(self, accepted: bool, numbers: Wish) -> None:
        self.accepted = accepted
        self.take(numbers)

    def take(self, numbers: Wish) -> None:
        """It has these numbers now."""
        self.numbers = numbers
        self.price, self.stop_px = _plain(numbers.price), _plain(numbers.stop_px)


class Teller(Observer):
    """Makes the events of one manager and gives each to `hear`.

    `last`: the number of the last event before these. `working`: orders that were sent before this
    began, of which only what comes is told. The end of an order waits for fills that the broker
    counted and did not tell yet; what is still missing when the manager closes is told without.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        hear: Callable[[OrderEvent], None],
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
        now = FillNow(
            exec_id=fill.exec_id,
            qty=fill.qty,
            px=fill.px if type(fill.px) is Decimal else Decimal(fill.px),
            time_ns=fill.time_ns,
            fee=fill.fee,
        )
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        if told is None:
            self._hear(Corrected(n=n, time_ns=at_ns, order=order_now(order, told), fill=now))
        elif core.venue_status is _FILLED and core.told.qty >= core.cum_qty:
            del self._told[order]
            self._hear(Filled(n=n, time_ns=at_ns, order=order_now(order, told), fill=now))
        else:
            self._hear(Partial(n=n, time_ns=at_ns, order=order_now(order, told), fill=now))
            if core.venue_status.terminal and core.told.qty >= core.cum_qty:
                self._end(order, told)

    def on_incident(self, incident: Incident) -> None:
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        self._hear(IncidentRaised(n=n, time_ns=at_ns, incident=incident))

    def on_close(self) -> None:
        for order, told in list(self._told.items()):
            if order.core.terminal:
                self._end(order, told)

    def _look(self, order: Order, report: ExecutionReport | None = None) -> None:
        """Tell what is new about an order; its fill, where one follows a report, tells its end."""
        told, core = self._told.get(order), order.core
        if told is None:
            return
        if core.accepted and not told.accepted:
            told.accepted = True
            n = self.last = self.last + 1
            at_ns = self._now_ns()
            self._hear(Accepted(n=n, time_ns=at_ns, order=order_now(order, told)))
        if core.venue_status.terminal:
            fill_follows = report is not None and report.exec_id is not None
            if not fill_follows and core.told.qty >= core.cum_qty:
                self._end(order, told)
        elif told.accepted and core.agreement.now != told.numbers:
            told.take(core.agreement.now)
            taken_over = core.agreement.taken_over == told.numbers
            asked = _numbers(core.wish) == _numbers(told.numbers) and not taken_over
            n = self.last = self.last + 1
            at_ns = self._now_ns()
            self._hear(Modified(n=n, time_ns=at_ns, order=order_now(order, told), asked=asked))

    on_report = _look

    def _end(self, order: Order, told: _Told) -> None:
        del self._told[order]
        core, now = order.core, order_now(order, told)
        n = self.last = self.last + 1
        at_ns = self._now_ns()
        status = core.venue_status
        if status is _FILLED:
            self._hear(Filled(n=n, time_ns=at_ns, order=now, fill=None))
        elif status is _EXPIRED:
            self._hear(Expired(n=n, time_ns=at_ns, order=now))
        elif status is _REJECTED:
            self._hear(Rejected(n=n, time_ns=at_ns, order=now, reason=core.reason, text=core.text))
        else:
            asked = not core.wish.working
            self._hear(
                Cancelled(
                    n=n, time_ns=at_ns, order=now, asked=asked, reason=core.reason, text=core.text
                )
            )


def order_now(order: Order, told: _Told | None) -> OrderNow:
    """An order as an event carries it."""
    core = order.core
    request, now = core.request, core.agreement.now
    if told is None or told.numbers is not now:
        told = _Told(True, now)
    return OrderNow(
        tag=request.cl_ord_id,
        order_id=core.order_id or "",
        instrument=request.instrument.symbol,
        side=request.side,
        ord_type=request.ord_type,
        order_qty=now.order_qty,
        cum_qty=core.cum_qty,
        leaves_qty=0 if core.venue_status.terminal else core.leaves_qty,
        price=told.price,
        stop_px=told.stop_px,
        avg_px=core.avg_px,
    )


def _plain(price: Decimal | None) -> Decimal | None:
    """An event's prices are Decimals and nothing more, so that anybody can store them."""
    return price if price is None or type(price) is Decimal else Decimal(price)


def _numbers(wish: Wish) -> tuple[object, ...]:
    return (wish.order_qty, wish.price, wish.stop_px, wish.trail)
