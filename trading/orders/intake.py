"""What the broker says, taken into the order table and the ledger and then told.

Events, answers and looks come in here alike. A fill that a look found is made the report that the
stream should have brought, so that there is one way in and whatever comes twice is known.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from msgspec import structs

from ..errors import ProtocolError
from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderState, PositionState
from ..words import ExecType, OrdStatus
from .handle import Order
from .other_orders import OtherOrders
from .positions import execution_of, report_of
from .registry import Told
from .sending.outbox import Listener, Outbox
from .taken_back import TakenBack

_ENDS = {
    OrdStatus.CANCELED: ExecType.CANCELED,
    OrdStatus.EXPIRED: ExecType.EXPIRED,
    OrdStatus.REJECTED: ExecType.REJECTED,
}
_TRIGGERED, _TAKEN_BACK = ExecType.TRIGGERED, ExecType.TRADE_CANCEL
_ONCE = (ExecType.NEW, _TRIGGERED)  # of these an order has one

_Taken = tuple[ExecutionReport, Execution | None, bool]
"""What was taken in and is still to be told: with its fill, and whether anything was new."""


class Intake:
    """Takes in and tells. `settle(order)` lets all that depends on an order act,
    `moved(instrument)` all that depends on a position; the listener hears after they have. What was
    taken in `together` is known before anybody acts on any of it.

    `adopt` takes in an order that the broker made for one of ours. `last_ns`: the broker's time of
    the newest report or fill; 0 before the first.
    """

    outbox: Outbox
    after_answer: Callable[[Order, OrderState | None], None]
    missed: Callable[[], None]
    adopt: Callable[[OrderState], Order | None]
    after_report: Callable[[Order], None]

    def __init__(
        self,
        listener: Listener,
        settle: Callable[[Order], None],
        moved: Callable[[Instrument], None],
    ) -> None:
        self.last_ns = 0
        self._listener = listener
        self._settle = settle
        self.moved = moved
        self._early: dict[str, tuple[OrderState, float]] = {}  # children of entries without an id
        self._later: list[tuple[Callable[[], None], Callable[[], None]]] | None = None
        act = partial(self._act, what="what follows a fill taken back")
        tell, outbox = self._tell_position, lambda: self.outbox
        self.voids = TakenBack(outbox, listener, self._follow, act, moved, tell)
        self.others = OtherOrders(outbox, self._follow, moved, tell, self.voids)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What comes in meanwhile is the answer to one question. Who acts on a part of it sends
        what the rest makes wrong, and has to wait until that is answered."""
        later = self._later = []
        try:
            yield
        finally:
            self._later = None
            for act, _ in later:
                act()
            for _, tell in later:
                tell()

    def _follow(self, act: Callable[[], None], tell: Callable[[], None]) -> None:
        """Let those who depend on what was taken in act, and then tell it."""
        if self._later is not None:
            self._later.append((act, tell))
            return
        act()
        tell()

    def report(self, report: ExecutionReport) -> None:
        """The stream brought a report."""
        state, outbox = report.order, self.outbox
        if state.time_ns > self.last_ns:
            self.last_ns = state.time_ns
        order = outbox.orders.at_work(state.cl_ord_id)
        if order is None:
            outbox.sweep()  # what is over age is not known any more
            order = outbox.orders.find(state.cl_ord_id, state.order_id)
        try:
            child = order is None
            if order is None:
                order = self._child(state)
            if order is None:
                self.others.report(report)
                return
            if report.exec_type is _TAKEN_BACK:
                self._take_back(order, report)
                return
            fill, news = self._take(order, report)
            told: Sequence[_Taken] = ()
            if order.core.order_id not in outbox.orders.tag_by_id:
                held = outbox.orders.learn_id(order)
                told = self._take_held(order, held) if held else ()
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            about = "" if order is None else order.cl_ord_id
            outbox.supervision.failed(error, "a report", about)
            self.missed()  # as if it had not come: what it told is asked for
            return
        self.after_report(order)
        news = news or child
        if self._later is not None:
            act = partial(self._act, order, "what follows a report")
            self._later.append((act, partial(self._tell_all, order, told, report, fill, news)))
            return
        try:
            self._settle(order)
        except Exception as error:  # noqa: BLE001  as `_act`
            outbox.supervision.failed(error, "what follows a report", order.cl_ord_id)
        if told or order.core.request.attached is not None:
            self._tell_all(order, told, report, fill, news)
        else:
            self._tell(order, report, fill, news)

    def go_on(self, order: Order) -> None:
        """A fault of ours may have kept from an order, or its owner, what should have followed."""
        self.outbox.noted(order)
        self._settle(order)

    def _take_back(self, order: Order, report: ExecutionReport) -> None:
        """A report of an order of ours takes a fill back."""
        held = self._take_held(order, self.outbox.orders.learn_id(order))
        for told in held:
            self._tell(order, *told)
        self.voids.of(order, report)
        self.after_report(order)

    def fill(self, fill: Execution) -> None:
        """A look found a fill, or one that was taken back."""
        order = self.outbox.orders.find(fill.cl_ord_id, fill.order_id)
        if fill.voided:
            if order is not None:
                self.voids.found(order, fill)
            elif self.voids.of_nobody(fill) and not fill.cl_ord_id:
                self.outbox.orders.hold(fill, self.outbox.now_s())
        elif order is None:
            forgotten = self.outbox.orders.forgotten(fill.cl_ord_id, fill.order_id)
            if self.others.fill(fill) and not (fill.cl_ord_id or forgotten):
                self.outbox.orders.hold(fill, self.outbox.now_s())  # it may be one of ours
        elif not order.core.told.knows(fill.exec_id):
            self.report(report_of(order, fill))
        self.last_ns = max(self.last_ns, fill.time_ns)

    def state(self, order: Order, state: OrderState, began_s: float) -> None:
        """A look that began then found an order of ours so; nothing happened to it since."""
        core = order.core
        self.voids.shown(order, state)
        if core.doubtful:
            core.looked(state, began_s)
        else:
            core.seen(state)
        self._seen(order, state)

    def glimpse(self, order: Order, state: OrderState) -> None:
        """A look found an order of ours so, and may be older than what happened to it since. That
        it is there, or over, or filled further than we know, is true whenever it was seen; the
        numbers it works with are those that we know. So is that a child works which we know to
        wait, and that has none before."""
        core = order.core
        self.voids.shown(order, state)
        ends = state.ord_status.terminal and not (core.venue_status.terminal and order.ended)
        waits = core.venue_status is OrdStatus.SUSPENDED
        begun = waits and state.ord_status is not OrdStatus.SUSPENDED
        if core.accepted and state.cum_qty <= core.cum_qty and not (ends or begun):
            return  # as of most orders that a look shows: they were over long ago
        if core.accepted and not begun:
            state = structs.replace(
                state, order_qty=core.order_qty, price=core.price, stop_px=core.stop_px
            )
        core.seen(state)
        self._seen(order, state)

    def _seen(self, order: Order, state: OrderState) -> None:
        """A look showed an order of ours, perhaps its id as well: what came under that counts as
        the order's, before the fills of the same look do."""
        told = self._take_held(order, self.outbox.orders.learn_id(order))
        self._noted(order)

        def tell() -> None:
            for each in told:
                self._tell(order, *each)
            self.end(order, state)

        self._follow(partial(self._act, order, "what follows a look"), tell)

    def found(self, state: OrderState, began_s: float) -> None:
        """A look found an order that we do not know: taken in where it was made for one of ours,
        and kept where that one's id is not known yet, which may be answered a moment later."""
        order = self._child(state)
        if order is not None:
            self.state(order, state, began_s)
        elif state.parent_id is not None and self.outbox.orders.find("", state.parent_id) is None:
            self._early[state.order_id] = state, began_s
            if len(self._early) > self.outbox.settings.held_most:
                del self._early[next(iter(self._early))]

    def end(self, order: Order, state: OrderState) -> None:
        """Tell that an order is over, where a look knows it first. The fills of one that was filled
        tell it by themselves."""
        exec_type = _ENDS.get(state.ord_status)
        if exec_type is not None and not order.ended:
            self._tell(order, ExecutionReport(exec_type=exec_type, order=state), None, True)

    def take_over(self, told: PositionState) -> None:
        """The broker holds another position than we know, and goes on saying so."""
        self.outbox.ledger.take_over(told)
        self.outbox.observers.on_taken_over(told)
        self.moved(told.instrument)
        self._tell_position(told.instrument)

    # --- what becomes of commands (`courier.Sorter`) ----------------------------------------------

    def answered(self, order: Order, found: OrderState | None) -> None:
        self.outbox.sweep()
        taken = self._take_held(order, self.outbox.orders.learn_id(order))
        self.outbox.noted(order)
        self._settle(order)
        for report, fill, news in taken:
            self._tell(order, report, fill, news)
        if order.core.request.attached is not None:
            self._children_of(order)
        self.after_answer(order, found)

    def resent(self, order: Order, tag: str) -> None:
        self.outbox.orders.rename(tag, order)

    def unknown(self, order: Order) -> None:
        text = f"{order.describe()}: nobody answers what became of it; it may be working"
        self.outbox.incident("order_unknown", text, order.cl_ord_id)

    def failed(self, order: Order, text: str) -> None:
        self.outbox.incident("broker_error", f"{order.describe()}: {text}", order.cl_ord_id)

    def unsent(self, order: Order) -> None:
        self.outbox.noted(order)
        self.outbox.observers.on_unsent(order)
        self._settle(order)

    # --- how --------------------------------------------------------------------------------------

    def _act(self, order: Order, what: str) -> None:
        try:
            self._settle(order)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self.outbox.supervision.failed(error, what, order.cl_ord_id)

    def _child(self, state: OrderState) -> Order | None:
        """The order of the broker's making that this is, with all that was held for it."""
        order = None if state.parent_id is None else self.adopt(state)
        if order is not None:
            for told in self._take_held(order, self.outbox.orders.learn_id(order)):
                self._tell(order, *told)
        return order

    def _children_of(self, entry: Order) -> None:
        """What came of an entry's children before its own id was known."""
        if entry.order_id is not None:
            for report in self.outbox.orders.children_of(entry.order_id):
                self.report(report)
            for order_id, (state, began_s) in list(self._early.items()):
                if state.parent_id == entry.order_id:
                    del self._early[order_id]
                    if self.outbox.orders.find("", order_id) is None:
                        self.found(state, began_s)

    def _take(self, order: Order, report: ExecutionReport) -> tuple[Execution | None, bool]:
        """Let the core, the position and the table know. The fill, where it is a new one, and
        whether anything was new."""
        core, news, fill = order.core, True, None
        told_qty = core.told.qty
        try:
            news = core.apply(report)
        except ProtocolError as error:
            self.outbox.incident("protocol", f"{order.describe()}: {error}", order.cl_ord_id)
        if core.told.qty != told_qty:
            fill = execution_of(report)
            if fill is not None:
                order.filled(fill)
                self.outbox.ledger.book(fill, order)
                if core.told.qty > report.order.cum_qty and report.order.time_ns >= core.time_ns:
                    self.voids.lacking()  # one that was told is in none of what the broker counts
        if order.finished:
            self._revive(order)
        self.outbox.noted(order)
        return fill, news

    def _take_held(self, order: Order, held: list[Told]) -> list[_Taken]:
        """As `_take`, with all that came before the order's id was known."""
        taken = []
        for told in held:
            report = told if isinstance(told, ExecutionReport) else report_of(order, told)
            if report.exec_type is _TAKEN_BACK:
                self.voids.of(order, report)
                continue
            taken.append((report, *self._take(order, report)))
        return taken

    def _noted(self, order: Order) -> None:
        if order.finished:
            self._revive(order)
        self.outbox.noted(order)

    def _revive(self, order: Order) -> None:
        if self.outbox.orders.revive(order):
            text = f"{order.describe()} was taken for lost and arrived after all; it is cancelled"
            self.outbox.incident("late_order", text, order.cl_ord_id)

    def _tell_all(
        self,
        order: Order,
        before: Sequence[_Taken],
        report: ExecutionReport,
        fill: Execution | None,
        news: bool,
    ) -> None:
        """Tell a report, after those that were taken in before it."""
        for told in before:
            self._tell(order, *told)
        self._tell(order, report, fill, news)
        if order.core.request.attached is not None:
            self._children_of(order)

    def _tell(
        self, order: Order, report: ExecutionReport, fill: Execution | None, news: bool
    ) -> None:
        what, ends = report.exec_type, report.order.ord_status.terminal
        if fill is None:
            if ends:
                again = order.ended
            elif what in _ONCE:
                # By an answer or a look the core may know already what only now is told.
                again = what is order.told or order.told is _TRIGGERED
            else:
                again = report.exec_id is not None or not news
            if again:
                return  # told before
            if what in _ONCE:
                order.told = what
        if ends:
            order.ended = True
        outbox, listener = self.outbox, self._listener
        order.reports.add(report, outbox.settings.reports_most)
        if order.awaited is not None:
            order.tell()
        outbox.observers.on_report(order, report, fill)
        if fill is not None:
            position = outbox.ledger.position(fill.instrument)
            outbox.observers.on_position(position)
        try:
            listener.on_report(order, report)
            if fill is not None:
                listener.on_fill(order, fill)
                listener.on_position(position)
        except Exception as error:  # noqa: BLE001  the trader's fault is not the manager's
            outbox.supervision.told(error, "the listener", order.cl_ord_id)

    def _tell_position(self, instrument: Instrument) -> None:
        position = self.outbox.ledger.position(instrument)
        self.outbox.observers.on_position(position)
        try:
            self._listener.on_position(position)
        except Exception as error:  # noqa: BLE001  as above
            self.outbox.supervision.told(error, "the listener", "")
