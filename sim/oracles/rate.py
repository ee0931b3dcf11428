"""INV-16 and 23: how much is asked of a broker, and how little of one that does not answer."""

from collections import deque

from ...trading.broker import Urgency
from ...trading.errors import NotSent, Refused, SessionExpired
from ...trading.orders.sending.breaker import BreakerState
from .bounds import in_ns
from .knowable import SLOW_NS
from .oracle import Oracle
from .port import Answered, Delivered, Sent
from .scene import Scene


class WithinRate(Oracle):
    """INV-16, its count: within any `rate_s` no more than `rate_most` requests leave, and ordinary
    ones only while `rate_reserve` of these are left. Premise: requests that met ten or more others.

    How long a risk-reducing request waits behind ordinary ones is the session's, beyond this port.
    """

    name = "INV-16"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._times: deque[int] = deque()
        self._span_ns = in_ns(scene.bounds.rate_s)
        self._said_ns: int | None = None

    def on_command(self, event: Sent) -> None:
        self._count(event)

    def on_question(self, event: Sent) -> None:
        self._count(event)

    def _count(self, event: Sent) -> None:
        times, since_ns = self._times, event.time_ns - self._span_ns
        times.append(event.time_ns)
        while times[0] <= since_ns:
            times.popleft()
        self.premise += len(times) > 10
        pressing = event.urgency is Urgency.RISK_REDUCING
        bounds = self._scene.bounds
        most = bounds.rate_most - (0 if pressing else bounds.rate_reserve)
        said_ns = self._said_ns
        if len(times) > most and (said_ns is None or said_ns <= times[0]):
            self._said_ns = event.time_ns
            kind = "risk-reducing" if pressing else "ordinary"
            self._scene.violate(
                self.name,
                f"{kind} {event.do} is request {len(times)} within {bounds.rate_s} s, of {most}",
            )


class BreaksOff(Oracle):
    """INV-23: once so many requests in a row had no answer, for ordinary and for risk-reducing ones
    apart, one at a time goes out until one is answered; one that was not within a second is a trial
    no more. Nor does the manager take for silent who is not: a breaker that it shows open, when a
    request leaves, was opened by as many silences in a row as its settings say. Another life of the
    client begins to count anew. Premise: such silences, and answers of 429.

    No answer: nobody was reached, or nobody knows what became of it. A refusal is an answer, and so
    are 401 and 429. Questions are paced by clocks of their own and not counted: those for all there
    is by rounds, one for an order by pauses that double, and what it tells may be what protection
    waits for; how often it may be asked is INV-24's. That risk-reducing requests go on while
    ordinary ones wait is judged by INV-01 to 03.

    Whoever acts on an event may not have heard yet of what ended in that instant: what he sends
    then is judged by the silences before it (explored, all, hostile 131).
    """

    name = "INV-23"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._lives = 0
        self._early: list[tuple[int, str]] = []  # sent in the instant of the silence before it
        self._new_life()

    def _new_life(self) -> None:
        self._silence = {urgency: _Silence() for urgency in Urgency}
        self._opened = dict.fromkeys(Urgency, False)  # by silences, and not seen closed since then
        self._probes: dict[Urgency, list[Sent]] = {urgency: [] for urgency in Urgency}

    def on_command(self, event: Sent) -> None:
        self._look_for_a_new_life()
        self._look_at_breakers(event.time_ns)
        if self._broken(event.urgency):
            self._probe(event)

    def _look_for_a_new_life(self) -> None:
        if len(self._scene.managers) != self._lives:
            self._lives = len(self._scene.managers)
            self._new_life()

    def _look_at_breakers(self, now_ns: int) -> None:
        manager = self._scene.manager
        if manager is None:
            return
        shown = manager.figures.breakers()
        for urgency in Urgency:
            is_open = shown[urgency.name.lower()] != BreakerState.CLOSED.value
            silent = self._silence[urgency].most(now_ns)
            if is_open and not self._opened[urgency]:
                self._scene.violate(
                    self.name,
                    f"{_kind(urgency)} requests wait for a broker that answers; {silent} in a row "
                    f"had no answer",
                )
            # One that was opened wrongly is said once.
            self._opened[urgency] = is_open or silent >= manager.settings.breaker_tries

    def _broken(self, urgency: Urgency) -> bool:
        return self._silence[urgency].least >= self._scene.bounds.silences_most

    def _probe(self, sent: Sent) -> None:
        since_ns = sent.time_ns - SLOW_NS
        due = [probe for probe in self._probes[sent.urgency] if probe.time_ns > since_ns]
        self._probes[sent.urgency] = probes = [*due, sent]
        if len(probes) > 1:
            silence, kind = self._silence[sent.urgency], _kind(sent.urgency)
            text = (
                f"{sent.do} left while the answer to an earlier trial was due; "
                f"{silence.least} {kind} requests in a row had none"
            )
            if silence.before(sent.time_ns) < self._scene.bounds.silences_most:
                self._early.append((sent.time_ns, text))
            else:
                self._scene.violate(self.name, text)

    def on_report(self, event: Delivered) -> None:
        self._acted(event)

    def on_stream(self, event: Delivered) -> None:
        self._acted(event)

    def on_account(self, event: Delivered) -> None:
        self._acted(event)

    def _acted(self, event: Delivered) -> None:
        self._early = [early for early in self._early if early[0] != event.time_ns]

    def on_step(self, now_ns: int) -> None:
        while self._early and self._early[0][0] < now_ns:
            self._scene.violate(self.name, self._early.pop(0)[1])

    def at_end(self) -> None:
        self.on_step(self._scene.now_ns() + 1)

    def on_outcome(self, event: Answered) -> None:
        self._look_for_a_new_life()
        urgency, error, manager = event.sent.urgency, event.error, self._scene.manager
        probes = self._probes[urgency]
        self._probes[urgency] = [probe for probe in probes if probe is not event.sent]
        silence, before = self._silence[urgency], self._silence[urgency].least
        silence.heard(event.time_ns, answered=_is_answer(error))
        self.premise += before < silence.least == self._scene.bounds.silences_most
        self.premise += isinstance(error, NotSent) and error.limited
        if manager is not None and silence.most(event.time_ns) >= manager.settings.breaker_tries:
            self._opened[urgency] = True


class _Silence:
    """How many requests in a row had no answer. What ends in one instant the manager hears of in
    any order: `least` is as if the answers among it came last, `most` as if they came where most
    are left in a row (explored, a mutant, hostile 82)."""

    def __init__(self) -> None:
        self.least = 0
        self._most = 0
        self._now_ns = self._within = 0  # the instant of the newest end, and silent ones in it
        self._answered = False  # … and whether one of it was an answer

    def heard(self, now_ns: int, *, answered: bool) -> None:
        """A request ended."""
        self._most = self.most(now_ns)
        if now_ns != self._now_ns:
            self._now_ns, self._within, self._answered = now_ns, 0, False
        self._answered = self._answered or answered
        self._within += not answered
        self._most += not answered
        self.least = 0 if self._answered else self.least + 1

    def before(self, now_ns: int) -> int:
        """The least of them, without what ended in this instant."""
        here = self._within if now_ns == self._now_ns and not self._answered else 0
        return self.least - here

    def most(self, now_ns: int) -> int:
        """As many as there may have been, at a time that is no earlier than the newest end."""
        over = self._answered and now_ns > self._now_ns
        return self._within if over else self._most


def _is_answer(error: BaseException | None) -> bool:
    """Whether somebody was there, if only to say no."""
    if isinstance(error, NotSent):
        return error.limited or isinstance(error, SessionExpired)
    return error is None or isinstance(error, Refused)


def _kind(urgency: Urgency) -> str:
    return urgency.name.lower().replace("_", "-")
