"""One order, sans I/O: what we wish of it, what the broker said of it, and what to send next.

The core is driven by desired state. `wish` says what should be; reports and answers say what is; one
command at a time is in flight; when it returns, `next_command` compares and names the next one. So a
cancel that comes before the order's id is known waits for it, and of two changes the later one wins.

It never goes back: a terminal state is latched, filled quantity only grows, and a fill is counted
once however often it is told (fault-model, INV-05, 06, 17).
"""

from decimal import Decimal
from enum import Enum

from msgspec import Struct, structs

from .. import lifecycle
from ..order import ExecutionReport, OrderChange, OrderRequest, OrderState
from ..words import ExecType, OrdStatus, Reason
from .settings import OrderSettings


class Wish(Struct, frozen=True):
    """What an order should be: working or gone, and at which numbers."""

    working: bool
    order_qty: int
    price: Decimal | None
    stop_px: Decimal | None
    trail: int | None = None


class Do(Enum):
    """A command on its way to the broker."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"
    LOOK = "look"


class Command(Struct, frozen=True):
    """What to send next, after `delay_s`. `change` belongs to MODIFY."""

    do: Do
    delay_s: float = 0.0
    change: OrderChange | None = None


class OrderCore:
    """The state of one order. Owned by the manager; read by handles."""

    __slots__ = (
        "_asked",
        "_cancel_tries",
        "_deadline_s",
        "_fills_seen",
        "_looks",
        "_misses",
        "_must_look",
        "_sent",
        "_settings",
        "_unconfirmed",
        "accepted",
        "avg_px",
        "cum_qty",
        "flight",
        "order_id",
        "reason",
        "refusal",
        "request",
        "text",
        "venue_status",
        "wish",
    )

    def __init__(self, request: OrderRequest, settings: OrderSettings) -> None:
        self.request = request
        self._settings = settings
        self.order_id: str | None = None
        self.venue_status = OrdStatus.PENDING_NEW
        self.accepted = False
        self.cum_qty = 0
        self.avg_px: Decimal | None = None
        self.reason = Reason.NONE
        self.text = ""
        self.refusal = ""  # why the last change was refused; "" when it was not
        self.flight: Do | None = None
        self.wish = Wish(True, request.order_qty, request.price, request.stop_px, request.trail)
        self._asked = self.wish  # what the broker last agreed to
        self._unconfirmed: list[Wish] = []  # agreed to, its REPLACED report still to come
        self._fills_seen: set[str] = set()
        self._sent = False
        self._must_look = False
        self._looks = 0
        self._misses = 0
        self._cancel_tries = 0
        self._deadline_s = 0.0

    @property
    def terminal(self) -> bool:
        return self.venue_status.terminal

    @property
    def status(self) -> OrdStatus:
        """The state a trader sees: the broker's, or PENDING while a request of ours is on its way.

        An answer may come before the NEW report; the order is as good as NEW then.
        """
        if self.terminal or not self.accepted:
            return self.venue_status
        if self.flight is Do.CANCEL or not self.wish.working:
            return OrdStatus.PENDING_CANCEL
        if self.flight is Do.MODIFY:
            return OrdStatus.PENDING_REPLACE
        pending = self.venue_status is OrdStatus.PENDING_NEW
        return OrdStatus.NEW if pending else self.venue_status

    @property
    def order_qty(self) -> int:
        """The total the broker last agreed to."""
        return self._asked.order_qty

    @property
    def price(self) -> Decimal | None:
        return self._asked.price

    @property
    def stop_px(self) -> Decimal | None:
        return self._asked.stop_px

    @property
    def leaves_qty(self) -> int:
        """Contracts that may still be filled; 0 once terminal."""
        return 0 if self.terminal else max(self._asked.order_qty - self.cum_qty, 0)

    @property
    def agreed(self) -> bool:
        """True while the order works as wished and nothing of ours is on its way."""
        settled = self.flight is None and not self._must_look and self.wish == self._asked
        return self.accepted and not self.terminal and settled

    @property
    def uncertain(self) -> bool:
        """True while the order was sent and nothing proves that it works or does not."""
        return (
            self._sent and not self.accepted and not self.terminal and self.flight is not Do.PLACE
        )

    @property
    def stuck(self) -> bool:
        """True when cancels were tried as often as the settings allow and the order still works."""
        return not self.terminal and self._cancel_tries >= self._settings.cancel_tries

    # --- what we want -------------------------------------------------------------------------

    def want(self, wish: Wish) -> None:
        """Say what the order should be from now on; the latest word wins."""
        if wish.working and not self.wish.working:
            return  # a cancel is not taken back: the broker may have acted on it
        if wish != self.wish:
            self.wish = wish
            self.refusal = ""

    def want_gone(self) -> None:
        """Say that the order should not work any more."""
        self.want(structs.replace(self.wish, working=False))

    def want_at(self, order_qty: int, price: Decimal | None, stop_px: Decimal | None) -> None:
        """Say that the order should work with these numbers."""
        self.want(Wish(self.wish.working, order_qty, price, stop_px, self.wish.trail))

    def next_command(self) -> Command | None:
        """The next command to send, or None when the order is as wished or one is in flight."""
        if self.terminal or self.flight is not None:
            return None
        if not self._sent:
            return self._first_command()
        if self._must_look or not self.accepted:
            wait = min(self._settings.look_first_s * 2**self._looks, self._settings.look_most_s)
            return Command(Do.LOOK, wait if self._looks else 0.0)
        if not self.wish.working:
            if self.stuck:
                return None
            return Command(Do.CANCEL, self._settings.retry_s if self._cancel_tries else 0.0)
        if self.wish != self._asked and not self.refusal:
            return Command(Do.MODIFY, change=self._change())
        return None

    def _first_command(self) -> Command | None:
        if self.wish.working:
            return Command(Do.PLACE)
        self.venue_status = OrdStatus.CANCELED  # it never left: nothing is working anywhere
        self.text = "cancelled before it was sent"
        return None

    def _change(self) -> OrderChange:
        new, old = self.wish, self._asked
        return OrderChange(
            order_qty=new.order_qty if new.order_qty != old.order_qty else None,
            price=new.price if new.price != old.price else None,
            stop_px=new.stop_px if new.stop_px != old.stop_px else None,
            trail=new.trail if new.trail != old.trail else None,
        )

    # --- commands and their answers -----------------------------------------------------------

    def sent(self, command: Command, now_s: float) -> Wish:
        """The command leaves now. Returns the wish it carries, to be handed back to `modified`."""
        self.flight = command.do
        if command.do is Do.PLACE:
            self._sent = True
            self._deadline_s = now_s
            self._asked = self.wish
        return self.wish

    def acked(self, order_id: str) -> None:
        """The broker took the order."""
        self.flight = None
        self._accept(order_id)

    def modified(self, carried: Wish) -> None:
        """The broker took the change that carried this wish."""
        self.flight = None
        if not self.terminal:
            self._asked = carried
            self._unconfirmed.append(carried)

    def cancel_taken(self) -> None:
        """The broker took the cancel; the CANCELED report says what had been filled before.

        If that report does not come, the next command is a look and not another cancel.
        """
        self.flight = None
        self._cancel_tries += 1
        self._must_look = True
        self._looks = 1

    def refused(self, do: Do, reason: Reason, text: str) -> None:
        """The broker said no. A refused order is dead; any other request left it as it was, or
        came too late, and a look tells which."""
        self.flight = None
        if self.terminal:
            return
        if do is Do.PLACE and not self.accepted:
            self.venue_status = OrdStatus.REJECTED
            self.reason, self.text = reason, text
            return
        if do is Do.CANCEL:
            self._cancel_tries += 1
        if do is Do.MODIFY:
            self.refusal = text
        self._look_again()

    def unknown(self, now_s: float) -> None:
        """No answer: it may have happened. Never sent again blindly; looked up instead."""
        self.flight = None
        self._deadline_s = now_s
        self._look_again()

    def looked(self, state: OrderState | None, began_s: float) -> None:
        """A look-up answered: the order as the broker has it, or None where it has none such.

        `began_s` is when the look was sent. A miss proves something only when it began `visible_s`
        after the order should have arrived, and then only after `misses` of them.
        """
        self.flight = None
        self._looks += 1
        if state is not None:
            self._must_look = False
            self._looks = 0
            self._adopt(state)
        elif began_s - self._deadline_s >= self._settings.visible_s:
            self._misses += 1
            if self._misses >= self._settings.misses and not self.accepted and not self.terminal:
                self.venue_status = OrdStatus.REJECTED
                self.text = "it never reached the broker: looked up by its tag, not there"

    def look_failed(self) -> None:
        """The look-up itself failed: no evidence of anything."""
        self.flight = None
        self._looks += 1
        self._must_look = True

    def _look_again(self) -> None:
        self._must_look = True
        self._looks = 0

    # --- what the broker says unasked -----------------------------------------------------------

    def apply(self, report: ExecutionReport) -> int:
        """Take a report in; returns the contracts that it newly filled (0 for a repetition).

        Raises `ProtocolError` for a step the lifecycle does not know; nothing is changed then.
        """
        state = report.order
        if report.exec_id is not None and report.exec_id in self._fills_seen:
            return 0
        # A cancel may carry less than was filled (market-facts 4, [20]: CME sends 0); it is no old
        # news for that. A working state with less than we know is.
        behind = state.cum_qty < self.cum_qty and not state.ord_status.terminal
        stale = self.terminal or behind
        if not stale:
            self.venue_status = lifecycle.step(
                self.venue_status, report.exec_type, state.ord_status
            )
        if report.exec_id is not None:
            self._fills_seen.add(report.exec_id)
        self._confirm(report)
        filled = state.cum_qty - self.cum_qty
        self._take(state)
        return max(filled, 0)

    def _adopt(self, state: OrderState) -> None:
        """A snapshot: never behind what we know already."""
        if not self.terminal and state.cum_qty >= self.cum_qty:
            self.venue_status = state.ord_status
        self._take(state)

    def _take(self, state: OrderState) -> None:
        if state.cum_qty > self.cum_qty:
            self.cum_qty = state.cum_qty
            self.avg_px = state.avg_px
        if state.ord_status is OrdStatus.REJECTED and not self.text:
            self.reason, self.text = state.reason, state.text or state.reason.name
            self.order_id = state.order_id
        elif self.venue_status is not OrdStatus.PENDING_NEW:
            self._accept(state.order_id)
        if self.terminal:
            self._must_look = False

    def _accept(self, order_id: str) -> None:
        self.order_id = order_id
        if self.terminal:
            self.accepted = self.accepted or self.venue_status is not OrdStatus.REJECTED
            return
        if not self.accepted:
            self.accepted = True
            self._must_look = False
            self._looks = 0

    def _confirm(self, report: ExecutionReport) -> None:
        """Our own REPLACED report is expected; one that nobody asked for is the broker's own doing."""
        state = report.order
        if report.exec_type is not ExecType.REPLACED or self.flight is Do.MODIFY:
            return
        said = (state.order_qty, state.price, state.stop_px)
        for n, wish in enumerate(self._unconfirmed):
            if said == (wish.order_qty, wish.price, wish.stop_px):
                del self._unconfirmed[: n + 1]
                return
        self._asked = Wish(True, *said, self._asked.trail)
