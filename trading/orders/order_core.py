"""One order, sans I/O: what we wish of it, what the broker said of it, and what to send next.

The core is driven by desired state. `wish` says what should be; reports and answers say what is;
one command at a time is in flight; when it returns, `next_command` compares and names the next. So
a cancel before the order's id is known waits for it, and of two changes the later one wins. It
never goes back: a terminal state is latched, filled quantity only grows, and a fill is counted once
however often it is told (fault-model, INV-05, 06, 17).
"""

from decimal import Decimal

from msgspec import structs

from .. import lifecycle
from ..errors import NotSent
from ..order import ExecutionReport, OrderRequest, OrderState
from ..words import ExecType, OrdStatus, Reason
from . import tags
from .agreement import Agreement, Wish
from .commands import CANCEL, LOOK, MODIFY, PLACE, Command, Do
from .doubt import Doubt
from .fills_told import FillsTold
from .made import MadeWhenAsked
from .news import is_old_report, is_old_state
from .sending.retries import Cancels, Unsent, eased, served
from .settings import OrderSettings
from .standing import NOT_AT_WORK, entered, shown

# Looked up once: to find a member takes as long as a call, and every event asks for many.
_PENDING_NEW, _SUSPENDED = OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED
_FILLED, _REJECTED, _NO_REASON = OrdStatus.FILLED, OrdStatus.REJECTED, Reason.NONE
_ENTERED, _TRIGGERED, _REPLACED = ExecType.NEW, ExecType.TRIGGERED, ExecType.REPLACED


class OrderCore:
    """The state of one order. Owned by the manager; read by handles."""

    __slots__ = (
        "_doubt",
        "_settings",
        "_unsent",
        "accepted",
        "adopted",
        "agreement",
        "avg_px",
        "cum_qty",
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
        "wish",
    )

    # Of most orders nothing is in doubt, held back, or cancelled in vain.
    doubt = MadeWhenAsked(
        "_doubt", lambda o: Doubt(o._settings, o.sent_s or 0.0, risk_reducing=not o.is_entry)
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
        self._doubt: Doubt | None = None
        self._unsent: Unsent | None = None
        self.tried: Cancels | None = None
        self.lost = self.taken_back = False  # it never arrived, proved by looks; it never left
        self.epoch = 0  # grows with every request and report: what was asked before is older
        self.entered_ns = self.time_ns = 0  # the broker's, of the first and the newest state told

    @property
    def doubtful(self) -> bool:
        """Whether it must be looked up before anything else is done."""
        return self._doubt is not None and self._doubt.exists

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

    @property
    def agreed(self) -> bool:
        """True while the order works as wished and nothing of ours is on its way."""
        at_work = self.accepted and self.venue_status not in NOT_AT_WORK and self.flight is None
        return at_work and not self.doubtful and self.wish == self.agreement.now

    @property
    def uncertain(self) -> bool:
        """True while the order was sent and nothing proves that it works or does not."""
        waiting = not self.accepted and self.sent_s is not None and not self.terminal
        return waiting and self.flight is not PLACE

    @property
    def change_refused(self) -> bool:
        """True when a change was refused and a look showed that the order works on as it was."""
        return bool(self.refusal) and not (self.terminal or self.doubtful or self.flight)

    @property
    def stuck(self) -> bool:
        """True when cancels were tried as often as the settings allow and the order still works."""
        return bool(self.tried) and not self.terminal and self.cancels.spent

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

    def renew(self) -> None:
        """Try again what was given up or refused: a cancel from its first pause, a change now."""
        self.cancels.renew()
        self.refusal = ""

    def next_command(self) -> Command | None:
        """The next command to send, or None when the order is as wished or one is in flight."""
        if self.venue_status.terminal or self.flight not in (None, LOOK):
            return None
        if self.sent_s is None:
            return self._first_command()
        if not self.wish.working and self.accepted and not (self.doubtful and self.doubt.first):
            return self.cancels.command(self.unsent.pause_s, self.doubt.vain_s)
        if self.flight is LOOK:
            return None  # a cancel alone overtakes it: that needs the id and no word on the rest
        if not self.accepted or (self._doubt and self.doubtful):
            return Command(LOOK, max(self.doubt.pause_s, self.unsent.pause_s))
        if self.wish != self.agreement.now and not self.refusal:
            pause_s = max(self.agreement.pause_s(self._settings), self.unsent.pause_s)
            return Command(MODIFY, pause_s, self.agreement.change_to(self.wish))
        return None

    def _first_command(self) -> Command | None:
        if self.wish.working:
            return Command(PLACE, self._unsent.pause_s if self._unsent else 0.0)
        self.venue_status = OrdStatus.CANCELED  # it never left: nothing is working anywhere
        self.taken_back, self.text = True, "cancelled before it was sent"
        return None

    # --- commands and their answers -----------------------------------------------------------

    def sent(self, command: Command, now_s: float) -> None:
        """The command leaves now."""
        self.flight, self._unsent = command.do, served(self._unsent)
        self.epoch += 1
        if command.do is PLACE:
            self.sent_s, self._doubt = now_s, None
        elif command.do is MODIFY:
            self.agreement.sent(self.wish)

    @property
    def patience_s(self) -> float | None:
        """How long the answer to what is in flight is waited for; None: to the port's deadline."""
        if self.flight is CANCEL:
            return self.cancels.patience_s
        if self.flight is LOOK and not self.wish.working and self.doubt.first:
            return self.cancels.look_s  # a cancel waits for it, and goes without it then
        waits = self.is_entry or self.flight is PLACE
        return None if waits else self._settings.told_within_s

    def overdue(self) -> None:
        """What is in flight is waited for no more: a cancel goes again, the rest is looked up."""
        do, self.flight = self.flight, None
        self.agreement.ended()
        (self.cancels.overdue if do is CANCEL else self.doubt.overdue)()

    def acked(self, order_id: str) -> None:
        """The broker took the order."""
        self._landed()
        self._accept(order_id)

    def modified(self) -> None:
        """The broker took the change."""
        self._landed()
        self.agreement.taken()

    def cancel_taken(self) -> None:
        """The broker took the cancel; its report, or else the next look, says what filled."""
        self._landed()
        if not self.terminal:
            self.cancels.taken()
            self.doubt.arise_later(first=True)

    def refused(self, do: Do, reason: Reason, text: str, now_s: float) -> None:
        """The broker said no. A refused order is dead; any other request left it as it was, or came
        too late, and a look tells which."""
        self._landed()
        carried = self.agreement.under_way
        self.agreement.ended()
        if self.terminal:
            return
        if do is PLACE and not self.accepted:
            self.venue_status, self.reason, self.text = OrdStatus.REJECTED, reason, text
            return
        if do is CANCEL:
            self.cancels.refused(reason, now_s)
        if do is MODIFY and self.wish == carried:  # and nothing newer is wished meanwhile
            self.refusal, self.refusal_reason = text or "no reason given", reason
            self.refusals += 1
        self.doubt.arise(first=do is CANCEL)

    def not_sent(self, do: Do, refusal: NotSent, draw: float, now_s: float) -> None:
        """The request reached nobody, so it may be made again: an entry as the settings allow, as a
        new attempt, the rest as long as it takes. `draw`, from 0 to below 1, spreads the pause."""
        if do is MODIFY and self.is_entry:
            self.refused(do, Reason.NONE, str(refusal), now_s)
            return
        self.flight = None
        self.agreement.ended()
        self.unsent.happened(refusal.retry_after_s, draw, now_s)
        if do is LOOK:
            self.doubt.failed()
        elif do is PLACE and not (self.terminal or self.accepted):
            if not self.wish.working:
                self.sent_s = None
            elif self.is_entry and self.unsent.entry_goes_on(now_s):
                tag = tags.next_attempt(self.request.cl_ord_id)
                self.request = structs.replace(self.request, cl_ord_id=tag)
                self.sent_s = None
            else:
                self.venue_status, self.text = OrdStatus.REJECTED, str(refusal)

    def unknown(self, now_s: float) -> None:
        """No answer: it may have happened. Never sent again blindly; looked up instead."""
        if self.flight is CANCEL:
            self.cancels.unknown()
        self.doubt.arise(first=self.flight is CANCEL)
        self._landed()
        self.agreement.ended()
        self.doubt.deadline_s = now_s

    def looked(self, state: OrderState | None, began_s: float) -> None:
        """A look-up that was sent at `began_s` answered: the order as the broker has it, or None
        where it has none such. A miss proves something only when it began `visible_s` after the
        order should have arrived, and then only after `misses` of them."""
        self._landed()
        if state is not None:
            follows = self.doubt.resumed  # the first word in this life
            self._doubt = None
            self.seen(state)
            self.cancels.in_vain(began_s)
            if self.change_refused or follows:
                # What was refused is wished no more: the next change must not carry it along.
                self.wish = self.agreement.as_it_is(working=self.wish.working)
        elif self.doubt.missed(began_s) and not self.accepted and not self.terminal:
            self.lost, self.venue_status = True, OrdStatus.REJECTED
            self.text = "it never reached the broker: looked up by its tag, not there"

    def look_failed(self) -> None:
        """The look-up failed: no evidence of anything."""
        self._landed()
        self.doubt.failed()

    def _landed(self) -> None:
        """A request got somewhere: the next one is not held back for those that did not."""
        self.flight = None
        self._unsent = None

    # --- what the broker says unasked -----------------------------------------------------------

    def apply(self, report: ExecutionReport) -> bool:
        """Take a report in; False where all of it was known. Raises `ProtocolError` for a step that
        the lifecycle does not know: only its fill counts then."""
        state, what = report.order, report.exec_type
        self.epoch += 1
        if report.exec_id is not None and not self.told.take(report):
            return False
        if self.lost:
            self._found(state)
        before = self.venue_status
        news = not is_old_report(before, self.cum_qty, report)
        try:
            if news:
                now = entered(before, accepted=self.accepted and what is not _ENTERED)
                self.venue_status = lifecycle.step(now, what, state.ord_status)
                self.triggered = self.triggered or what is _TRIGGERED
        finally:
            if before is _SUSPENDED:
                self.agreement.begun(state)
            elif what is _REPLACED:
                news = self.agreement.replaced(state)
                if self.agreement.under_way is None:
                    self._told_before_answered(MODIFY)
            elif news and report.exec_id is not None:
                self.agreement.traded(state)
            self._take(state)
        return news

    def seen(self, state: OrderState) -> None:
        """Take a snapshot in: never behind what we know already (INV-17)."""
        self._unsent = eased(self._unsent)
        if self.lost:
            self._found(state)
        if not is_old_state(self.venue_status, self.cum_qty, self.time_ns, state):
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
        self.entered_ns = self.entered_ns or state.time_ns
        filled = state.cum_qty if state.cum_qty > told.qty else told.qty
        if filled > self.cum_qty:
            self.cum_qty = filled
        if told.qty == self.cum_qty:
            self.avg_px = told.avg_px
        elif newer and state.avg_px is not None:
            self.avg_px = state.avg_px
        if status is not _PENDING_NEW and (not self.accepted or self.order_id != state.order_id):
            self._accept(state.order_id)
        if status.terminal:
            if not self.text and status is not _FILLED:
                self.reason = state.reason
                self.text = state.text or (state.reason.name if state.reason else "")
            self._doubt = self.tried = None  # nothing is asked or taken away any more

    def _accept(self, order_id: str) -> None:
        self.order_id = order_id
        if self.accepted or self.venue_status is _REJECTED:
            return
        self.accepted, self._doubt = True, None
        self._told_before_answered(PLACE)

    def _told_before_answered(self, do: Do) -> None:
        """An event says already what the answer would: the next command need not wait for it."""
        if self.flight is do:
            self._landed()
