"""From records back to orders and positions: what was known when the last one was written.

Nothing of it is taken for the truth of today: an order that is not known to be over is in doubt,
and is looked up before anything else is done with it (fault-model, INV-08 and 09).
"""

from contextlib import suppress

from msgspec import structs

from ...errors import ProtocolError
from ...order import Execution, ExecutionReport, OrderRequest, OrderState, PositionState
from ...words import ExecType, OrdStatus
from ..commands import Command, Do
from ..handle import Order
from ..order_core import OrderCore
from ..positions import execution_of, fill_of, report_of
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .codec import Find
from .port import Loaded
from .records import (
    OWNERS,
    EventKept,
    Gone,
    Lost,
    OrderKept,
    OwnerKept,
    Record,
    Standing,
    StateKept,
)


class Restored:
    """What a journal gave back. `orders` by tag; `owners` by intent, as they were kept; `intents`
    and `last_ns` as `Standing` has them; `state`: the strategy's, encoded; `events`: the number of
    the newest event."""

    def __init__(self, loaded: Loaded, outbox: Outbox, settings: OrderSettings, find: Find) -> None:
        self.orders: dict[str, Order] = {}
        self.owners: dict[str, OwnerKept] = {}
        self.intents = 0
        self.last_ns = 0
        self.state = b""
        self.events = 0
        self._outbox = outbox
        self._settings = settings
        self._find = find
        for about, record in loaded.entries:
            self._take(about, record)
        for order in self.orders.values():
            self._enter(order)

    def _take(self, about: str, record: Record) -> None:
        ledger = self._outbox.ledger
        if isinstance(record, OwnerKept):
            self.owners[about.removeprefix(OWNERS)] = record
        elif isinstance(record, Standing):
            held = [(self._find(each.symbol), each.lots) for each in record.lots]
            ledger.reset(held, record.booked, record.voided)
            self.intents, self.last_ns = record.intents, max(self.last_ns, record.last_ns)
        elif isinstance(record, Execution):
            self._heard(record.time_ns)
            (ledger.void if record.voided else ledger.book)(record, None)
        elif isinstance(record, PositionState):
            for order in self.orders.values():
                self._count(order)
            ledger.take_over(record)
        elif isinstance(record, StateKept):
            self.state = record.body
        elif isinstance(record, EventKept):
            self.events = record.n
        elif isinstance(record, OrderRequest | OrderKept):
            self._order(about, record)
        elif about in self.orders:
            self._more(self.orders[about], record)

    def _order(self, tag: str, record: OrderRequest | OrderKept) -> None:
        request = record if isinstance(record, OrderRequest) else record.request
        core = OrderCore(request, self._settings)
        now_s = self._outbox.now_s()
        core.sent(Command(Do.PLACE), now_s)
        core.unknown(now_s)
        order = self.orders[tag] = Order(core)
        if isinstance(record, OrderKept):
            core.adopted, core.entered_ns = record.adopted, record.entered_ns
            core.told.resume(record.voided)
            if record.state is not None:
                core.agreement.seen(record.state)  # what its fills were fills of
                core.agreement.strange = None
            for fill in record.fills:
                self._more(order, report_of(order, fill))
            order.covered = record.covered
            if record.state is not None:
                self._more(order, record.state)
            core.voided_ns = record.voided_ns
            if record.gone:
                core.want_gone()

    def _more(self, order: Order, record: Record) -> None:
        core = order.core
        if isinstance(record, ExecutionReport):
            self._heard(record.order.time_ns)
            if record.exec_type is ExecType.TRADE_CANCEL:
                self._void(order, record)
                return
            told_qty = core.told.qty
            with suppress(ProtocolError):  # it was an incident when it came
                core.apply(record)
            fill = fill_of(record) if core.told.qty != told_qty else None
            if fill is not None:
                order.fills.append(fill)
                self._outbox.ledger.book(fill, order)
            order.ended = order.ended or record.order.ord_status.terminal
        elif isinstance(record, OrderState):
            core.seen(record)
            core.order_id = record.order_id or None
            order.ended = order.ended or record.ord_status.terminal
        elif isinstance(record, Gone):
            core.want_gone()
        elif isinstance(record, Lost):
            core.lost, core.venue_status = True, OrdStatus.REJECTED
            core.text = "it never reached the broker: looked up by its tag, not there"

    def _void(self, order: Order, report: ExecutionReport) -> None:
        """A fill was taken back in another life."""
        fill = execution_of(report)
        if order.core.take_back(report) and fill is not None:
            order.unfilled(fill.exec_id)
            self._outbox.ledger.void(fill, order)

    def _enter(self, order: Order) -> None:
        """Put an order into the table, to be looked up if it is not over."""
        outbox, core = self._outbox, order.core
        self._count(order)
        if not core.terminal:
            core.wish = structs.replace(core.agreement.now, working=core.wish.working)
            core.doubt.resume()
        outbox.orders.add(order)
        outbox.orders.learn_id(order)
        outbox.noted(order)

    def _count(self, order: Order) -> None:
        """The fills that were told, and what was taken over in place of others, are in the
        position; what else is filled of an order is held too."""
        order.booked = order.core.told.qty + order.covered
        self._outbox.ledger.note(order)

    def _heard(self, time_ns: int) -> None:
        self.last_ns = max(self.last_ns, time_ns)
