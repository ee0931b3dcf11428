"""What is known of one order: what the broker said of it unasked or when looked at, and our wish.

It never goes back: a terminal state is latched, filled quantity only grows, and a fill is counted
once however often it is told (fault-model, INV-05, 06, 17). The one way down is a fill that the
venue takes back; what was said of the order before that does not bring it up again.
"""

from decimal import Decimal

from msgspec import structs

from .. import lifecycle
from ..order import ExecutionReport, OrderRequest, OrderState
from ..words import ExecType, OrdStatus, Reason
from . import tags
from .agreement import Agreement, Wish
from .commands import MODIFY, PLACE, Do
from .doubt import Doubt
from .fills_told import FillsTold
from .made import MadeWhenAsked
from .news import is_old_report, is_old_state
from .sending.retries import Cancels, Unsent, eased
from .settings import OrderSettings
from .standing import entered, shown

# Looked up once: to find a member takes as long as a call, and every event asks for many.
_PENDING_NEW, _SUSPENDED = OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED
_FILLED, _REJECTED, _NO_REASON = OrdStatus.FILLED, OrdStatus.REJECTED, Reason.NONE
_ENTERED, _TRIGGERED, _REPLACED = ExecType.NEW, ExecType.TRIGGERED, ExecType.REPLACED
_AT_WORK = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)  # without a fill, and with one


class KnownOrder:
    """The state of one order. `order_core.OrderCore` is what acts on it."""

    __slots__ = (
        "_settings",
        "_unsent",
        "accepted",
        "adopted",
        "agreement",
        "avg_px",
        "cum_qty",
        "doubted",
        "entered_ns",
        "epoch",
        "flight",
        "is_entry",
        "lost",
        "order_id",
        "reason",
        "refusal",
        "refusal_reason",
        "refusals",
        "request",
        "sent_s",
        "taken_back",
        "text",
        "time_ns",
        "told",
        "tried",
        "triggered",
        "venue_status",
        "voided_ns",
        "wish",
    )

    # Of most orders nothing is in doubt, held back, or cancelled in vain.
    doubt = MadeWhenAsked(
        "doubted", lambda o: Doubt(o._settings, o.sent_s or 0.0, risk_reducing=not o.is_entry)
    )
    unsent = MadeWhenAsked("_unsent", lambda o: Unsent(o._settings))
    cancels = MadeWhenAsked("tried", lambda o: Cancels(o._settings))

    def __init__(self, request: OrderRequest, settings: OrderSettings) -> None:
        self.request = request
        self._settings = settings
        self.order_id: str | None = None
        self.venue_status = _PENDING_NEW
        self.accepted = self.adopted = False  # adopted: the broker made it, and knows its id alone
        self.cum_qty = self.refusals = 0  # refusals: of changes, so far
        self.told = FillsTold()
        self.avg_px: Decimal | None = None
        self.triggered = False  # a stop: set off, and since then an order like others
        self.reason, self.text = _NO_REASON, ""
        self.refusal, self.refusal_reason = "", _NO_REASON  # of the last change; "": it was not
        self.flight: Do | None = None
        self.agreement = Agreement(request, settings.held_most)
        self.wish = self.agreement.now
        self.sent_s: float | None = None  # when it left, on the loop's clock
        self.is_entry = tags.opens(request.cl_ord_id)  # else it reduces what is held
        self.doubted: Doubt | None = None
        self._unsent: Unsent | None = None
        self.tried: Cancels | None = None
        self.lost = self.taken_back = False  # it never arrived, proved by looks; it never left
        self.epoch = 0  # grows with every request and report: what was asked before is older
        self.entered_ns = self.time_ns = 0  # the broker's, of the first and the newest state told
        self.voided_ns = 0  # the same, of the newest that told of a fill taken back; 0: none was

    @property
    def doubtful(self) -> bool:
        """Whether it must be looked up before anything else is done."""
        return self.doubted is not None and self.doubted.exists

    @property
    def terminal(self) -> bool:
        return self.venue_status.terminal

    @property
    def status(self) -> OrdStatus:
        """The state a trader sees: see `standing.shown`."""
        wanted = self.wish.working
        return shown(self.venue_status, self.flight, accepted=self.accepted, wanted=wanted)

    @property
    def order_qty(self) -> int:
        """The total the broker last agreed to."""
        return self.agreement.now.order_qty

    @property
    def price(self) -> Decimal | None:
        return self.agreement.now.price

    @property
    def stop_px(self) -> Decimal | None:
        return self.agreement.now.stop_px

    @property
    def leaves_qty(self) -> int:
        """Contracts that may still be filled; 0 once terminal."""
        left = self.agreement.now.order_qty - self.cum_qty
        return 0 if left < 0 or self.venue_status.terminal else left

    # --- what we want -------------------------------------------------------------------------

    def want(self, wish: Wish) -> None:
        """Say what the order should be from now on; the latest word wins."""
        if wish.working and not self.wish.working:
            return  # a cancel is not taken back: the broker may have acted on it
        if wish != self.wish:
            self.wish = wish
            self.refusal = ""
            self.agreement.contested = 0

    def want_gone(self) -> None:
        """Say that it should not work any more."""
        self.want(structs.replace(self.wish, working=False))

    # --- what the broker says ------------------------------------------------------------------

    def apply(self, report: ExecutionReport) -> bool:
        """Take a report in; False where all of it was known. Raises `ProtocolError` for a step that
        the lifecycle does not know: only its fill counts then."""
        state, what = report.order, report.exec_type
        self.epoch += 1
        if report.exec_id is not None and not self.told.take(report):
            return False
        if self.lost:
            self._found(state)
        before = now = self.venue_status
        if before is _PENDING_NEW and self.accepted and what is not _ENTERED:
            now = entered(before, accepted=True)
        after = state.ord_status
        news = state.cum_qty >= self.cum_qty and after in lifecycle.NEXT.get((now, what), ())
        try:
            if news:  # as nearly always: a step of the lifecycle's, and not behind what we know
                self.venue_status = after
            elif not is_old_report(before, self.cum_qty, report):
                news = True
                self.venue_status = lifecycle.step(now, what, after)
            if news and what is _TRIGGERED:
                self.triggered = True
        finally:
            if before is _SUSPENDED:
                self.agreement.begun(state)
            elif what is _REPLACED:
                news = self.agreement.replaced(state)
                if self.agreement.under_way is None:
                    self._told_before_answered(MODIFY)
            elif news and report.exec_id is not None and self.told.qty <= state.cum_qty:
                self.agreement.traded(state)
            self._take(state)
        return news

    def take_back(self, report: ExecutionReport) -> bool:
        """Take in that a fill was taken back; False where that was known, or it is not said which.
        An order that is over stays as it ended. One that is told here to be over is looked up."""
        state, told, exec_id, px = report.order, self.told, report.exec_id, report.last_px
        self.epoch += 1
        if exec_id is None or px is None or told.knows_void(exec_id):
            return False
        told.void(exec_id, report.last_qty, px)
        if self.lost:
            self._found(state)
        # What is filled beyond what was told stays so, or is said by a word that is newer.
        said = state.cum_qty if state.time_ns > self.voided_ns else 0
        self.cum_qty = max(told.qty, self.cum_qty - report.last_qty, said)
        self.voided_ns = max(self.voided_ns, state.time_ns, 1)  # some brokers tell no times
        if self.agreement.voided(report.last_qty, state.time_ns):
            self.wish = structs.replace(self.wish, order_qty=self.wish.order_qty - report.last_qty)
        before = self.venue_status
        if not (before.terminal or state.ord_status.terminal):
            works = _AT_WORK[self.cum_qty > 0]
            self.venue_status = lifecycle.step(before, report.exec_type, works)
        self._take(state)
        if state.ord_status.terminal and not before.terminal:
            self.doubt.arise()
        return True

    def shown_less(self, state: OrderState) -> bool:
        """The newest word on the order shows fewer filled: a fill was taken back. Whether that has
        still to be told; where one was, the word may tell more exactly what is left."""
        self.time_ns = state.time_ns
        if self.voided_ns:
            self.voided_ns, self.cum_qty = state.time_ns, max(self.told.qty, state.cum_qty)
        return self.cum_qty > state.cum_qty

    def seen(self, state: OrderState) -> None:
        """Take a snapshot in: never behind what we know already (INV-17)."""
        self._unsent = eased(self._unsent)
        if self.lost:
            self._found(state)
        outdated = state.time_ns < self.voided_ns and not state.ord_status.terminal
        if not (outdated or is_old_state(self.venue_status, self.cum_qty, self.time_ns, state)):
            begins = self.venue_status is OrdStatus.SUSPENDED
            if state.ord_status is not OrdStatus.PENDING_NEW:
                self.venue_status = state.ord_status
            (self.agreement.begun if begins else self.agreement.seen)(state)
        self._take(state)
        if state.ord_status is not OrdStatus.REJECTED:
            self._accept(state.order_id)

    def _found(self, state: OrderState) -> None:
        """An order taken for lost is there after all: too late, so it is not wanted any more."""
        if state.ord_status is not OrdStatus.REJECTED:
            self.lost, self.venue_status, self.text = False, OrdStatus.PENDING_NEW, ""
            self.want_gone()

    def _take(self, state: OrderState) -> None:
        newer, status, told = state.cum_qty > self.cum_qty, self.venue_status, self.told
        if state.time_ns > self.time_ns:
            self.time_ns = state.time_ns
            if not self.entered_ns:
                self.entered_ns = state.time_ns
        filled = state.cum_qty if state.cum_qty > told.qty else told.qty
        if filled > self.cum_qty:
            # What was said of it before a fill was taken back has that fill in it.
            old = 0 < self.voided_ns >= state.time_ns
            self.cum_qty = max(told.qty, self.cum_qty) if old else filled
        if told.qty == self.cum_qty:
            self.avg_px = told.avg_px
        elif newer and state.avg_px is not None and self.cum_qty == state.cum_qty:
            self.avg_px = state.avg_px
        if self.voided_ns and status in _AT_WORK:
            self.venue_status = status = _AT_WORK[self.cum_qty > 0]
        if status is not _PENDING_NEW and (not self.accepted or self.order_id != state.order_id):
            self._accept(state.order_id)
        if status.terminal:
            if not self.text and status is not _FILLED:
                self.reason = state.reason
                self.text = state.text or (state.reason.name if state.reason else "")
            self.doubted = self.tried = None  # nothing is asked or taken away any more

    def _accept(self, order_id: str) -> None:
        self.order_id = order_id
        if self.accepted or self.venue_status is _REJECTED:
            return
        self.accepted, self.doubted = True, None
        self._told_before_answered(PLACE)

    def _told_before_answered(self, do: Do) -> None:
        """An event says already what the answer would: the next command need not wait for it."""
        if self.flight is do:
            self._landed()

    def _landed(self) -> None:
        """A request got somewhere: the next one is not held back for those that did not."""
        self.flight = None
        self._unsent = None
