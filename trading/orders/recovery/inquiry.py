"""One round of questions at a time: asked, and its answers taken in as they come.

What was answered is true whatever the rest says, so that it is taken in before that is there, and
again with it. Only after a start, while nothing is known, all answers are taken together.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ...broker import Broker, Urgency
from ...errors import DryfillError
from ..intake import Intake
from ..sending.outbox import Outbox
from .answers import Answers
from .knocking import Knocking
from .questions import questions
from .round import Round, Waits


class Asker(Protocol):
    """Who wants to know. `behind`: what we know is stale."""

    behind: bool

    def through(self, this: Round, *, moved: bool, gap: bool) -> None:
        """A full round was answered whole; `moved`: something came in since it began; `gap`: what
        we knew before was stale."""

    def ended(self, this: Round | None) -> None:
        """The round is over, be it answered, or given up for a fault of ours."""

    def unheard(self) -> None:
        """A question for fills alone had no answer."""


class Inquiry:
    """Carries a round out.

    `round`: the one under way. `unanswered`, `silent`: the last one was, in a part, and all of it.
    `first`: who takes the answers of the round after a start, in place of this; None when it is
    through. `waits`: who is told of its end.
    """

    first: Callable[[Round], None] | None = None

    def __init__(
        self, broker: Broker, outbox: Outbox, intake: Intake, answers: Answers, asker: Asker
    ) -> None:
        self.round: Round | None = None
        self.unanswered = self.silent = False
        self._begun = self._begun_back = 0
        self.waits = Waits()
        self._broker = broker
        self._outbox = outbox
        self._intake = intake
        self._answers = answers
        self._asker = asker
        self._settings = outbox.settings

    def begin(self, started_ns: int, *, full: bool, pressing: bool) -> None:
        """Ask for what is new; `full`: for all that there is, since we `started` at least."""
        outbox, answers = self._outbox, self._answers
        this = self.round = self._leaving(started_ns, full=full, back=full)
        self.waits.begun()
        this.unasked = questions(
            self._broker,
            this.since_ns,
            answers.back_ns(this.since_ns),
            full=full,
            urgency=Urgency.RISK_REDUCING if pressing else Urgency.ORDINARY,
            deadline_s=self._settings.read_deadline_s,
        )
        if self.silent:  # one is enough to hear whether anybody is there (INV-16)
            # In the first round no order is asked after yet, whose answer would be heard, too.
            pause_s = None if self.first is not None else self._settings.look_first_s
            Knocking(this, outbox, self._came).begin(pause_s, self._ask_rest)
        else:
            self._ask_rest(this)

    def ask_fills(self, started_ns: int, *, back: bool) -> None:
        """Ask what was filled and nothing else, beside the round under way; `back`: as far back as
        one may be taken back. Its answer is taken in as one of a round that was broken off: what
        was filled was filled."""
        if self.first is not None:  # nothing is known yet, and answers are no use one by one
            self._asker.unheard()
            return
        this = self._leaving(started_ns, full=False, back=back)
        this.alone = True
        answer = self._broker.executions_since(
            self._answers.back_ns(this.since_ns) if back else this.since_ns,
            urgency=Urgency.RISK_REDUCING,
            deadline_s=self._settings.read_deadline_s,
        )
        answer.add_done_callback(partial(self._came, this, "fills"))

    def begun(self, *, back: bool) -> int:
        """How many rounds and questions for fills alone began; `back`: of those that ask for what
        may have been taken back."""
        return self._begun_back if back else self._begun

    def break_off(self) -> None:
        """Forget the round under way: what it is still answered proves only what is there."""
        if self.round is not None:
            self._outbox.never(self.round.timer)
            self.round = None

    def catch_up(self) -> None:
        """Take in what was answered so far: somebody waits no longer for the rest."""
        this = self.round
        if this is not None and this.timer is not None and this.answers and self.first is None:
            self._outbox.never(this.timer)
            self._take_early(this)

    def tell_waiting(self) -> None:
        """A round has ended: who waited for that acts."""
        for order, then in self.waits.ended():
            then()
            if order is None:
                continue
            try:
                self._intake.go_on(order)
            except Exception as fault:  # noqa: BLE001  isolated here (DESIGN 3), as below
                about = order.cl_ord_id
                self._outbox.supervision.failed(fault, "what follows a look", about)

    # --- how --------------------------------------------------------------------------------------

    def _leaving(self, started_ns: int, *, full: bool, back: bool) -> Round:
        """A round that begins now, or a question alone."""
        intake, outbox, answers = self._intake, self._outbox, self._answers
        known = [o for o in outbox.orders.working() if o.core.accepted and not o.core.flight]
        epochs = {order.cl_ord_id: order.core.epoch for order in known}
        this = Round(answers.rounds, full, epochs, intake.last_ns, outbox.now_s())
        this.since_ns, this.back = answers.since_ns(started_ns), back
        self._begun += 1
        self._begun_back += back
        asyncio.get_running_loop().call_soon(answers.left_us, this)
        return this

    def _ask_rest(self, this: Round) -> None:
        """Ask what was not asked yet."""
        self._outbox.never(this.timer)
        rest, this.unasked, this.timer = this.unasked, [], None
        for name, call in rest:
            this.left += 1
            call().add_done_callback(partial(self._came, this, name))

    def _came(self, this: Round, name: str, done: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if self._outbox.closed:
            return
        try:
            self._outbox.asked(error)
            if this is self.round:
                self._take(this, name, done, error)
            elif this.alone and error is not None:
                self._asker.unheard()
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
                    self._answers.take_in(this, self.waits.fills_known)
        elif not isinstance(error, DryfillError):
            self._outbox.incident("broker_error", f"asked for {name}: {error!r}")
        this.failed = this.failed or error is not None
        if not this.left or (this.failed and self.first is not None):
            self._close(this)
        elif this.timer is None and self.first is None:
            wait_s = self._settings.look_first_s
            this.timer = self._outbox.later(wait_s, lambda: self._take_early(this))

    def _take_early(self, this: Round) -> None:
        """Some answers take their time: what the others showed is taken in, and again with the
        rest, which then has only to say what is new. A round that failed in a part is not waited
        for: what is missing is asked again, and sooner."""
        this.timer = None
        try:
            if this.failed:
                self._close(this)
            else:
                self._answers.take_in(this, self.waits.fills_known)
                self._answers.look_up_hidden(this)
        except Exception as fault:  # noqa: BLE001  as above: it is tried again with the rest
            self._outbox.supervision.told(fault, "a part of a look", "")

    def _close(self, this: Round) -> None:
        """All that will be answered is. What was not is no evidence of anything."""
        self.unanswered = this.failed
        self.silent = this.silence(self._outbox.now_s(), self._settings.told_within_s)
        if not this.failed:
            self._merge(this)
        elif self.first is None:
            self._answers.apply(this, self.waits.fills_known)
        self._end()

    def _merge(self, this: Round) -> None:
        moved, gap = self._intake.last_ns > this.last_ns, self._asker.behind
        if self.first is not None:
            self._answers.back = True
            self.first(this)
            self._answers.back, self.first = False, None
        else:
            self._answers.apply(this, self.waits.fills_known)
        if this.full:
            self._asker.through(this, moved=moved, gap=gap)

    def _end(self) -> None:
        this = self.round
        self.break_off()
        self._asker.ended(this)
