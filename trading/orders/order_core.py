"""One order, sans I/O: what we wish of it, what its answers change, and what to send next.

The core is driven by desired state. `wish` says what should be; reports and answers say what is;
one command at a time is in flight; when it returns, `next_command` compares and names the next. So
a cancel before the order's id is known waits for it, and of two changes the later one wins.
"""

from msgspec import structs

from ..errors import NotSent
from ..order import OrderState
from ..words import OrdStatus, Reason
from . import tags
from .commands import CANCEL, LOOK, MODIFY, PLACE, Command, Do
from .known_order import KnownOrder
from .sending.retries import served
from .standing import NOT_AT_WORK


class OrderCore(KnownOrder):
    """What we wish of an order, and what to do about it. Owned by the manager; read by handles."""

    __slots__ = ()

    @property
    def agreed(self) -> bool:
        """True while the order works as wished and nothing of ours is on its way."""
        at_work = self.accepted and self.venue_status not in NOT_AT_WORK and self.flight is None
        return at_work and not self.doubtful and self.wish == self.agreement.now

    @property
    def untold(self) -> bool:
        """True while the order was sent and nothing was told of it."""
        return self.sent_s is not None and not self.accepted and not self.terminal

    @property
    def uncertain(self) -> bool:
        """True while the order was sent and nothing proves that it works or does not."""
        return self.untold and self.flight is not PLACE

    @property
    def change_refused(self) -> bool:
        """True when a change was refused and a look showed that the order works on as it was."""
        return bool(self.refusal) and not (self.terminal or self.doubtful or self.flight)

    @property
    def stuck(self) -> bool:
        """True when cancels were tried as often as the settings allow and the order still works."""
        return bool(self.tried) and not self.terminal and self.cancels.spent

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
        if not self.accepted or (self.doubted and self.doubtful):
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
            self.sent_s, self.doubted = now_s, None
        elif command.do is MODIFY:
            self.agreement.sent(self.wish, self.time_ns, now_s)

    @property
    def patience_s(self) -> float | None:
        """How long the answer to what is in flight is waited for; None: to the port's deadline."""
        if self.flight is CANCEL:
            return self.cancels.patience_s
        settings, unwanted = self._settings, not self.wish.working
        # Of two in a row that come to nothing the third is in time.
        soon_s, resized = settings.cancel_again_s, self.wish.order_qty != self.order_qty
        if self.flight is LOOK and unwanted:
            # A cancel waits for it, and goes without it then; or for the id that it tells.
            return self.cancels.look_s if self.doubt.first else soon_s
        if self.is_entry or self.flight is PLACE:
            return None
        return soon_s if resized else settings.told_within_s

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
        order should have arrived, and then only after `misses` of them. What shows it as it was
        before a change that the broker took is no better than a miss."""
        self._landed()
        visible_s = self._settings.visible_s
        if state is not None and not self.agreement.is_before(state, began_s, visible_s):
            follows = self.doubt.resumed  # the first word in this life
            self.doubted = None
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
