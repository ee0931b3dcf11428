"""Look, do not wait: asking the broker for what the stream may not have told.

Nobody can act on what he was not told. On a stream that may lose events, while it is down, and
after a gap, orders and fills are asked for: one round of questions at a time, its answers taken in
by the same rules as events. What a round asked before something newer came in cannot undo it.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from ...broker import Broker, StreamState
from ...order import OrderState, PositionState
from ..handle import Order
from ..intake import Intake
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .activity import Activity
from .answers import Answers
from .birth import Birth
from .fills_alone import FillsAlone
from .holdings import Holdings
from .inquiry import Inquiry
from .round import Round
from .silent_orders import SilentOrders
from .strangers import Strangers


class Watch:
    """Decides when to look, and what is to be asked again.

    `behind`: after a gap, or a start, and until a full round is through: what we know is stale, and
    nothing that adds risk may be sent (fault-model, INV-19).
    """

    def __init__(
        self,
        broker: Broker,
        outbox: Outbox,
        intake: Intake,
        settings: OrderSettings,
        now_ns: Callable[[], int],
    ) -> None:
        self.behind = False
        self._asked = False
        self._outbox = outbox
        self._intake = intake
        self._settings = settings
        self._birth = Birth()  # fills from before are not ours to count, unless it resumes
        self._started_ns = now_ns()  # by the local clock, which may be off
        self._strangers = Strangers(outbox, settings.visible_s, intake.moved)
        self._answers = Answers(outbox, intake, self._birth, self._strangers)
        self._lossy = not broker.offers.lossless_stream
        self._up = True
        self._timer: int | None = None
        self._inquiry = Inquiry(broker, outbox, intake, self._answers, self)
        self._waits = self._inquiry.waits
        asks = partial(FillsAlone, outbox, self._inquiry, self._started_ns, self.unheard)
        self._fills_alone, self._fills_back = asks(), asks(back=True)
        self._silent_orders = SilentOrders(outbox, settings.told_within_s)
        self._holdings = Holdings(outbox, intake)
        self._new = False  # nothing is known of before: the broker's positions are ours
        self._recheck: int | None = None
        self._activity = Activity(outbox, intake)
        self._quiet: int | None = None
        intake.after_answer = self._answered
        intake.missed = self._missed
        intake.others.lacking, intake.voids.lacking = self._lacking, self.taken_back
        self._strangers.ask = self._fills_alone.soon
        intake.after_report = self._reported
        outbox.sends = self.arm
        outbox.look_around = self.look_around
        outbox.ask_first, outbox.ask_fills = self.ask_first, self.ask_fills
        outbox.told, outbox.rounds = self.told, lambda: self._answers.rounds
        outbox.catch_up = self._inquiry.catch_up

    @property
    def up(self) -> bool:
        """Whether the event stream is up."""
        return self._up

    @property
    def resuming(self) -> bool:
        """Whether another life ended here, and the broker was not asked yet what became of it."""
        return self._inquiry.first is not None

    @property
    def looks(self) -> bool:
        """Whether what is not told has to be asked for now."""
        return self._lossy or self.behind or self._asked or not self._up

    def arm(self, spent_s: float = 0.0) -> None:
        """See to it that the next round comes, where there is something to look at, so long after
        the last one was asked; `spent_s`: how long ago that was."""
        self._birth.begin(self._outbox.now_s)
        if self._quiet is None and (self._activity.now or self._lossy):
            settings = self._settings
            pause_s = settings.reconcile_s if self._lossy else settings.reconcile_lossless_s
            self._quiet = self._outbox.later(pause_s, self._reconcile, standing=True)
        if not self.looks or self._timer is not None or self._round is not None:
            return
        outbox, settings = self._outbox, self._settings
        lately = self._activity.lately
        if self.behind or self._asked or lately or not self._up:
            ill = lately and (self._inquiry.unanswered or not self._up)
            hurried = self.behind or self._asked or ill
            pause_s = settings.look_down_s if hurried else max(settings.look_s - spent_s, 0.0)
            self._timer = outbox.later(pause_s, self._go)

    def ask(self) -> None:
        """Somebody does not trust what we know: ask for orders, fills and positions now, and again
        until all of it was answered once. Nothing is held up meanwhile."""
        self._asked = True
        if not self._outbox.closed and (self._round is None or not self._round.full):
            self.look_now()

    def look_around(self, order: Order, then: Callable[[], None]) -> None:
        """Ask now; at the end of a round that began no earlier, call `then` and let the order's
        owner act, whether anybody answered or not."""
        self._waits.add(order, then)
        if self._round is None:
            self.look_now()

    def ask_first(self, then: Callable[[], None]) -> bool:
        """Ask now, where something may have happened that nobody told, and call `then` when that is
        answered, or fails, or takes too long; False where there is nothing to ask."""
        if not self.looks or self._outbox.closed:
            return False
        waits = [then]

        def once() -> None:
            if waits:
                self._outbox.never(timer)
                waits.pop()()

        timer = self._outbox.later(self._settings.told_within_s, once)
        this = self._round
        if this is not None and this.leaving:  # several ask in one instant
            self._waits.join(None, once)
        else:  # what is under way was asked before this was wanted, and may not show it
            self._waits.add(None, once)
            self._again()
            self._begin(full=this is not None and this.full)
        return True

    def ask_fills(self) -> None:
        """Ask soon what was filled, where something may have been that nobody told."""
        if self.looks:
            self._fills_alone.soon()

    def told(self, rounds: int) -> bool:
        """Whether all that was filled before was told, when so many rounds had left: one that left
        after them was answered, or nothing need be asked."""
        return not self.looks or self._answers.known(rounds)

    def on_stream(self, state: StreamState) -> None:
        """The stream went down or came up."""
        if self._outbox.closed:
            return
        was_up, self._up = self._up, state.up
        if not state.up:
            if was_up:
                self._outbox.incident("stream_down", state.text or "the event stream is down")
                self._sooner()
        elif state.gap or not was_up:
            self.behind = True
            this = self._round
            if this is None or not this.full:
                self.look_now()
            else:  # it goes on: where gaps come faster than answers, none would ever end
                this.outdated = this.followed = True

    def _missed(self) -> None:
        """A report was lost on our side. Not at once: what it tells may fail us again."""
        self.behind = True
        if self._round is not None:
            self._round.outdated = True
        self._sooner()

    def _lacking(self, stranger: OrderState | None) -> None:
        """A fill of other hands was not told: of a `stranger`'s order, or nobody knows of whose
        (explored, hostile 413, native 204). What came with this is taken in first; whose it was is
        asked again when no answer can be too old for it."""
        if self.looks and stranger is not None:
            self._strangers.told(stranger)
        elif self.looks:
            if self._round is not None:  # it may have been answered before there was this to see
                self._round.followed = self._round.full
            asyncio.get_running_loop().call_soon(self.ask)
            self._check_in_time()

    def taken_back(self) -> None:
        """A fill was taken back, or must have been, and others may be of which nobody told. All
        fills are asked for now, where it is not the answer to that which shows this one; and all
        there is when no answer can be too old for it."""
        if self.looks:
            if not self._answers.back:
                self._fills_back.soon()
            self._check_in_time()

    def _check_in_time(self) -> None:
        self._outbox.never(self._recheck)
        self._recheck = self._outbox.later(self._settings.visible_s, self._check)

    def _sooner(self) -> None:
        """The next round is wanted before its time, and not before the one under way has ended."""
        if self._round is None:
            self._again()
            self.arm()

    def resume(self, merge: Callable[[Round], None], *, new: bool) -> None:
        """Another life ended here: the next round is a full one, `merge` takes its answers, and
        until then nothing that adds risk may be sent. `new`: nothing is known of it."""
        if not self._answers.resumes:
            self._inquiry.first, self.behind, self._new = merge, True, new
            self._answers.resumes = True

    def look_now(self) -> None:
        """Begin a round in place of the one under way."""
        self._again()
        self._begin()

    # --- one order --------------------------------------------------------------------------------

    def _answered(self, order: Order, found: OrderState | None) -> None:
        """The broker answered a command of an order's, or a look-up that `found` it so."""
        if self._outbox.closed:
            return
        core = order.core
        if found is not None:
            self._intake.end(order, found)
            if self.looks and core.cum_qty > core.told.qty and self._round is None:
                self.look_now()
        elif self._silent_orders.taken(order):
            self._birth.heard(self._intake.last_ns, self._outbox.now_s())
        self.arm()

    def _reported(self, order: Order) -> None:
        """An event told of an order."""
        if self._birth.ns is None:
            self._birth.heard(self._intake.last_ns, self._outbox.now_s())
        if self._silent_orders.timers:
            self._silent_orders.told(order)

    # --- what became of a round -------------------------------------------------------------------

    def through(self, this: Round, *, moved: bool, gap: bool) -> None:
        """What we know is as new as a full round; what that could not show is asked again."""
        self.behind, self._asked = this.outdated, this.followed
        positions: list[PositionState] = this.answers["positions"]
        again = self._holdings.compare(positions, moved=moved, gap=gap, new=self._new)
        self._new = False
        if again:
            self._check_in_time()

    def unheard(self) -> None:
        """Nobody answered what was filled: all is asked for, until it was answered once."""
        this = self._round
        self._asked = True
        if this is None:
            self._sooner()
        elif this.full:  # it may have been answered before there was this to see
            this.followed = True

    def ended(self, this: Round | None) -> None:
        """The next round begins at once where somebody waits for it, else in its time."""
        spent_s = 0.0 if this is None else self._outbox.now_s() - this.began_s
        followed = this is not None and this.followed
        self._again()
        self._inquiry.tell_waiting()
        if (followed or self._waits.next) and self._round is None:
            self.look_now()
        self.arm(spent_s)

    # --- when the next one comes ------------------------------------------------------------------

    @property
    def _round(self) -> Round | None:
        """The one under way."""
        return self._inquiry.round

    def _again(self) -> None:
        """Forget the round under way and the next one's time."""
        self._outbox.never(self._timer)
        self._timer = None
        self._inquiry.break_off()

    def _go(self) -> None:
        self._timer = None
        wanted = self.behind or self._asked or self._waits.now or not self._up
        if wanted or self._activity.lately:
            self._begin(full=not (self._activity.lately or self._waits.now))

    def _reconcile(self) -> None:
        """Compare everything, however healthy the stream seems; not while something is asked."""
        self._quiet = None
        # On a lossy one what others trade in our account may be told by nothing else.
        if (self._activity.now or self._lossy) and not self._outbox.last_call:
            if self._round is None:
                self._check()
            self.arm()

    def _check(self) -> None:
        """Ask for everything once, and compare."""
        self._outbox.never(self._recheck)
        self._recheck = None
        self._again()
        self._begin(full=True)

    def _begin(self, *, full: bool = False) -> None:
        full = full or self.behind or self._asked
        self._activity.begun()
        # Who holds something asks in order to protect it.
        pressing = full or not self._up or self._outbox.ledger.any_held
        self._inquiry.begin(self._started_ns, full=full, pressing=pressing)
