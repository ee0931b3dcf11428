"""What a round's answers say of orders and fills, taken in by the same rules as events.

What was asked before something newer came in cannot undo it.
"""

from collections.abc import Callable

from ...order import OrderState
from ...words import OrdStatus
from ..handle import Order
from ..intake import Intake
from ..sending.outbox import Outbox
from .birth import Birth
from .round import Round
from .strangers import Strangers


class Answers:
    """Takes in what a round was answered. `resumes`: positions of before were taken over, so that
    fills of before are not left out. `rounds`: how many have left. `back`: what is taken in tells
    of all fills that were taken back."""

    def __init__(self, outbox: Outbox, intake: Intake, birth: Birth, strangers: Strangers) -> None:
        self.resumes = False
        self.back = False
        self.rounds = 0
        self._filled = 0  # of these the newest that told of fills, counted from 1
        self._filled_ns = 0  # the newest event that was known when that one left; 0: none was
        self._outbox = outbox
        self._intake = intake
        self._birth = birth
        self._strangers = strangers

    def left_us(self, this: Round) -> None:
        """The instant in which a round began is over."""
        this.leaving = False
        this.known_ns = self._filled_ns
        self.rounds += 1

    def known(self, rounds: int) -> bool:
        """Whether what was filled is known as it was when so many rounds had left: the one after
        them told of fills, or a later one. Not by times: who begins in the instant in which a round
        leaves reads a real clock later, and is told by it all the same."""
        return self._filled > rounds

    def since_ns(self, started_ns: int) -> int:
        """How far back to ask: to what was known when it was answered last, whatever was told
        since. Broker times are compared with broker times (RS-46): where none is known yet, a day
        before we `started` covers any clock."""
        settings, last_ns, born_ns = self._outbox.settings, self._intake.last_ns, self._birth.ns
        if not last_ns:
            return started_ns - round(settings.history_s * 1e9)
        if not (self._filled_ns or self.resumes or born_ns is None):
            return born_ns
        since_ns = min(last_ns, self._filled_ns or last_ns) - round(settings.overlap_s * 1e9)
        return since_ns if self.resumes or born_ns is None else max(since_ns, born_ns)

    def back_ns(self, since_ns: int) -> int:
        """How far back to ask for fills that were told, and may have been taken back since then."""
        settings, last_ns, born_ns = self._outbox.settings, self._intake.last_ns, self._birth.ns
        back_ns = min(last_ns - round(settings.history_s * 1e9), since_ns)
        return back_ns if self.resumes or born_ns is None else max(back_ns, born_ns)

    def apply(self, this: Round, fills_known: Callable[[], None]) -> None:
        """Take in what a round's answers say of orders."""
        self.take_in(this, fills_known)
        self.look_up_hidden(this)

    def look_up_hidden(self, this: Round) -> None:
        """Look up what works as far as we know and is not among the open orders, once these are
        there: what was filled may be told much later."""
        if "open" not in this.answers:
            return
        shown = {state.order_id for state in this.answers["open"]}
        for order in list(self._outbox.orders.working()):
            hidden = order.core.venue_status is OrdStatus.SUSPENDED  # not among the open ones
            if order.order_id not in shown and not hidden and _fresh(this, order):
                order.core.doubt.arise()  # it is over, or not shown yet: its own look-up tells
                self._outbox.advance(order)

    def take_in(self, this: Round, fills_known: Callable[[], None] | None = None) -> None:
        """Take in what came of a round so far: the orders that it shows, and fills. All of it is
        known before anybody acts. What fails us in it would fail again, so that it is no reason not
        to believe the rest.

        Who waits for the fills acts first, by `fills_known`: a flatten closes by them what others
        would protect by orders of their own, and these would be in its way (INV-22)."""
        outdated = this.outdated
        found: list[OrderState] = [*this.answers.get("orders", ()), *this.answers.get("open", ())]
        with self._intake.together():
            for state in found:
                order = self._outbox.orders.find(state.cl_ord_id, state.order_id)
                if order is None:
                    self._intake.found(state, this.began_s)
                elif _fresh(this, order):
                    self._intake.state(order, state, this.began_s)
                    this.epochs[order.cl_ord_id] = order.core.epoch
                else:
                    self._intake.glimpse(order, state)
            if "fills" in this.answers:
                self._merge_fills(this)
                self._filled = max(self._filled, this.before + 1)
                self._filled_ns = max(self._filled_ns, this.last_ns)
            self._see_strangers(this, found)
            if fills_known is not None and "fills" in this.answers:
                fills_known()
        this.outdated = outdated
        if "fills" in this.answers:
            self._strangers.answered(this.began_s)

    def _see_strangers(self, this: Round, found: list[OrderState]) -> None:
        """Orders of other hands that are newer than the fills that were known before may show more
        than these answers do."""
        orders = self._outbox.orders
        for state in found:
            newer = 0 < this.known_ns < state.time_ns
            if not (newer and state.cum_qty and self._strangers.is_news(state)):
                continue
            ours = orders.find(state.cl_ord_id, state.order_id) is not None
            if not (ours or orders.forgotten(state.cl_ord_id, state.order_id)):
                self._intake.others.lacking(state)

    def _merge_fills(self, this: Round) -> None:
        ledger = self._outbox.ledger
        fills = this.fills(ledger.knows)
        find, now_s = self._outbox.orders.find, self._outbox.now_s()
        if not self.resumes:  # else the positions of before were taken over
            fills = self._birth.since(
                fills, lambda fill: find(fill.cl_ord_id, fill.order_id) is not None, now_s
            )
        self.back = this.back
        forgotten_ns = ledger.forgotten_ns  # by now: some of these may make it forget others
        for fill in fills:
            order = find(fill.cl_ord_id, fill.order_id)
            let_go = forgotten_ns is not None and fill.time_ns <= forgotten_ns
            if order is None and let_go and not ledger.knows(fill):
                continue  # it was counted; else the comparison of positions shows it
            fresh = order is not None and _fresh(this, order)
            self._intake.fill(fill)
            if order is not None and fresh and order.core.flight is None:
                this.epochs[order.cl_ord_id] = order.core.epoch
        self.back = False


def _fresh(this: Round, order: Order) -> bool:
    """Whether nothing happened to an order since the round began."""
    core = order.core
    return core.flight is None and this.epochs.get(order.cl_ord_id) == core.epoch
