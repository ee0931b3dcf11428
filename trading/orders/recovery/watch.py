"""Look, do not wait: asking the broker for what the stream may not have told.

Nobody can act on what he was not told. On a stream that may lose events, while it is down, and
after a gap, orders and fills are asked for: one round of questions at a time, its answers taken in
by the same rules as events. What a round asked before something newer came in cannot undo it.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from ...broker import Broker, StreamState, Urgency
from ...errors import DryfillError
from ...order import OrderState, PositionState
from ..handle import Order
from ..intake import Intake
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .activity import Activity
from .answers import Answers
from .birth import Birth
from .holdings import Holdings
from .knocking import Knocking
from .questions import questions
from .round import Round, Waits
from .silent_orders import SilentOrders
from .strangers import Strangers


class Watch:
    """Decides when to look, and merges what was found.

    `behind`: after a gap, or a start, and until a full round is through: what we know is stale, and
    nothing that adds risk may be sent (fault-model, INV-19). `first`: who merges the round after a
    start, in place of this; None when it is through.
    """

    first: Callable[[Round], None] | None = None

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
        self._unanswered = self._silent = False  # the last round: in a part, and all of it
        self._broker = broker
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
        self._round: Round | None = None
        self._waits = Waits()
        self._silent_orders = SilentOrders(outbox, settings.told_within_s)
        self._holdings = Holdings(outbox, intake)
        self._new = False  # nothing is known of before: the broker's positions are ours
        self._recheck: int | None = None
        self._activity = Activity(outbox, intake)
        self._quiet: int | None = None
        intake.after_answer = self._answered
        intake.missed = self._missed
        intake.lacking = self._lacking
        intake.after_report = self._reported
        outbox.sends = self.arm
        outbox.look_around = self.look_around
        outbox.ask_first = self.ask_first
        outbox.told, outbox.rounds = self.told, lambda: self._answers.rounds
        outbox.catch_up = self.catch_up

    @property
    def up(self) -> bool:
        """Whether the event stream is up."""
        return self._up

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
            ill = lately and (self._unanswered or not self._up)
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

    def told(self, rounds: int) -> bool:
        """Whether all that was filled before was told, when so many rounds had left: one that left
        after them was answered, or nothing need be asked."""
        return not self.looks or self._answers.known(rounds)

    def catch_up(self) -> None:
        """Take in what was answered so far: somebody waits no longer for the rest."""
        this = self._round
        if this is not None and this.timer is not None and this.answers and self.first is None:
            self._outbox.never(this.timer)
            self._take_early(this)

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
        """A fill of other hands shows that something was not told: one before it, of an order of a
        `stranger`'s, or whose it is (explored, hostile 413, native 204). What came with it is taken
        in before that is asked, and it is asked once more when no answer can be too old to show it.
        """
        if self.looks:
            if stranger is not None:
                self._strangers.told(stranger, self._outbox.now_s())
            if self._round is not None:  # it may have been answered before there was this to see
                self._round.followed = self._round.full
            asyncio.get_running_loop().call_soon(self.ask)
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
            self.first, self.behind, self._new = merge, True, new
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

    # --- a round ----------------------------------------------------------------------------------

    def _again(self) -> None:
        """Forget the round under way and the next one's time."""
        self._outbox.never(self._timer)
        if self._round is not None:
            self._outbox.never(self._round.timer)
        self._round = self._timer = None

    def _go(self) -> None:
        self._timer = None
        wanted = self.behind or self._asked or self._waits.now or not self._up
        if wanted or self._activity.lately:
            self._begin()

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
        intake, outbox, answers = self._intake, self._outbox, self._answers
        known = [o for o in outbox.orders.working() if o.core.accepted and not o.core.flight]
        epochs = {order.cl_ord_id: order.core.epoch for order in known}
        full = full or self.behind or self._asked
        this = self._round = Round(answers.rounds, full, epochs, intake.last_ns, outbox.now_s())
        self._activity.begun()
        asyncio.get_running_loop().call_soon(answers.left_us, this)
        self._waits.begun()
        # Who holds something asks in order to protect it.
        pressing = this.full or not self._up or outbox.ledger.any_held
        this.unasked = questions(
            self._broker,
            answers.since_ns(self._started_ns),
            full=this.full,
            urgency=Urgency.RISK_REDUCING if pressing else Urgency.ORDINARY,
            deadline_s=self._settings.read_deadline_s,
        )
        if self._silent:  # one is enough to hear whether anybody is there (INV-16)
            # In the first round no order is asked after yet, whose answer would be heard, too.
            pause_s = None if self.first is not None else self._settings.look_first_s
            Knocking(this, outbox, self._came).begin(pause_s, self._ask_rest)
        else:
            self._ask_rest(this)

    def _ask_rest(self, this: Round) -> None:
        """Ask what was not asked yet."""
        self._outbox.never(this.timer)
        rest, this.unasked, this.timer = this.unasked, [], None
        for name, call in rest:
            self._ask(this, name, call())

    def _ask(self, this: Round, name: str, future: "asyncio.Future[Any]") -> None:
        this.left += 1
        future.add_done_callback(partial(self._came, this, name))

    def _came(self, this: Round, name: str, done: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if self._outbox.closed:
            return
        try:
            self._outbox.asked(error)
            if this is self._round:
                self._take(this, name, done, error)
            elif name != "positions" and error is None and self.first is None:
                # Of a round that was broken off nothing proves what is not there any more. What was
                # filled was filled, and an order that it shows is there, or over.
                this.answers = {name: done.result()}
                self._answers.take_in(this)
        except Exception as fault:  # noqa: BLE001  isolated here (DESIGN 3); the next round asks again
            self._outbox.supervision.told(fault, f"a look for {name}", "")
            self._end()

    def _take(
        self, this: Round, name: str, done: "asyncio.Future[Any]", error: BaseException | None
    ) -> None:
        this.left -= 1
        if error is None:
            this.answers[name] = done.result()
            if this.unasked:
                self._ask_rest(this)
                if self.first is None:
                    self._answers.take_in(this, self._waits.fills_known)
        elif not isinstance(error, DryfillError):
            self._outbox.incident("broker_error", f"asked for {name}: {error!r}")
        this.failed = this.failed or error is not None
        if not this.left or (this.failed and self.first is not None):
            self._close(this)
        elif this.timer is None and self.first is None:
            wait_s = self._settings.look_first_s
            this.timer = self._outbox.later(wait_s, lambda: self._take_early(this))

    def _take_early(self, this: Round) -> None:
        """Some answers take their time, and what the others showed is true whatever they say: it is
        taken in, and again with the rest, which then has only to say what is new. A round that
        failed in a part is not waited for: what is missing is asked again, and sooner."""
        this.timer = None
        try:
            if this.failed:
                self._close(this)
            else:
                self._answers.take_in(this, self._waits.fills_known)
                self._answers.look_up_hidden(this)
        except Exception as fault:  # noqa: BLE001  as above: it is tried again with the rest
            self._outbox.supervision.told(fault, "a part of a look", "")

    def _close(self, this: Round) -> None:
        """All that will be answered is. What was not is no evidence of anything."""
        self._unanswered = this.failed
        self._silent = this.silence(self._outbox.now_s(), self._settings.told_within_s)
        if not this.failed:
            self._merge(this)
        elif self.first is None:
            self._answers.apply(this, self._waits.fills_known)
        self._end()

    def _end(self) -> None:
        this = self._round
        spent_s = 0.0 if this is None else self._outbox.now_s() - this.began_s
        followed = this is not None and this.followed
        self._again()
        for order, then in self._waits.ended():
            then()
            if order is None:
                continue
            try:
                self._intake.go_on(order)
            except Exception as fault:  # noqa: BLE001  as above
                about = order.cl_ord_id
                self._outbox.supervision.failed(fault, "what follows a look", about)
        if (followed or self._waits.next) and self._round is None:
            self._begin()
        self.arm(spent_s)

    def _merge(self, this: Round) -> None:
        moved = self._intake.last_ns > this.last_ns
        gap = self.behind
        if self.first is not None:
            self.first(this)
            self.first = None
        else:
            self._answers.apply(this, self._waits.fills_known)
        if this.full:
            lacking = self._strangers.lack(self._outbox.now_s())
            self.behind, self._asked = this.outdated, this.followed or lacking
            positions: list[PositionState] = this.answers["positions"]
            again = self._holdings.compare(positions, moved=moved, gap=gap, new=self._new)
            self._new = False
            if again:
                self._check_in_time()
