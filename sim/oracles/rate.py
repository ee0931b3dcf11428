"""INV-16 and 23: how much is asked of a broker, and how little of one that does not answer."""

from collections import deque

from ...trading.broker import Urgency
from ...trading.errors import NotSent, OutcomeUnknown
from .bounds import in_ns
from .contract import BrokerSaid
from .knowable import SLOW_NS
from .oracle import Oracle
from .port import Answered, Sent
from .scene import Scene


class WithinRate(Oracle):
    """INV-16, its count: within any `rate_s` no more than `rate_most` requests leave, and ordinary
    ones only while `rate_reserve` of these are left. For each fill that was taken back in that time
    `rate_void` more may leave, the four questions of two comparisons: at once, and when no answer
    can be too old any more (docs/decisions/0021). Premise: requests that met ten or more others.

    How long a risk-reducing request waits behind ordinary ones is the session's, beyond this port.
    """

    name = "INV-16"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._times: deque[int] = deque()
        self._voids: deque[int] = deque()  # when fills were taken back
        self._span_ns = in_ns(scene.bounds.rate_s)
        self._said_ns: int | None = None

    def on_command(self, event: Sent) -> None:
        self._count(event)

    def on_question(self, event: Sent) -> None:
        self._count(event)

    def on_broker(self, said: BrokerSaid) -> None:
        if said.voids:
            self._voids.append(said.report.time_ns)

    def _count(self, event: Sent) -> None:
        times, voids, since_ns = self._times, self._voids, event.time_ns - self._span_ns
        times.append(event.time_ns)
        while times[0] <= since_ns:
            times.popleft()
        while voids and voids[0] <= since_ns:
            voids.popleft()
        self.premise += len(times) > 10
        pressing = event.urgency is Urgency.RISK_REDUCING
        bounds = self._scene.bounds
        most = bounds.rate_most - (0 if pressing else bounds.rate_reserve)
        most += bounds.rate_void * len(voids)
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
    no more. Another life of the client begins to count anew. Premise: such silences.

    No answer: nobody was reached, or nobody knows what became of it. A refusal is an answer, and so
    is 429. Questions are paced by clocks of their own and not counted: those for all there is by
    rounds, one for an order by pauses that double, and what it tells may be what protection waits
    for; how often it may be asked is INV-24's. That risk-reducing requests go on while ordinary
    ones wait is judged by INV-01 to 03.
    """

    name = "INV-23"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._lives = 0
        self._new_life()

    def _new_life(self) -> None:
        self._silent = dict.fromkeys(Urgency, 0)
        self._probes: dict[Urgency, list[Sent]] = {urgency: [] for urgency in Urgency}

    def on_command(self, event: Sent) -> None:
        self._look_for_a_new_life()
        if self._broken(event.urgency):
            self._probe(event)

    def _look_for_a_new_life(self) -> None:
        if len(self._scene.managers) != self._lives:
            self._lives = len(self._scene.managers)
            self._new_life()

    def _broken(self, urgency: Urgency) -> bool:
        return self._silent[urgency] >= self._scene.bounds.silences_most

    def _probe(self, sent: Sent) -> None:
        since_ns = sent.time_ns - SLOW_NS
        due = [probe for probe in self._probes[sent.urgency] if probe.time_ns > since_ns]
        self._probes[sent.urgency] = probes = [*due, sent]
        if len(probes) > 1:
            kind = sent.urgency.name.lower().replace("_", "-")
            self._scene.violate(
                self.name,
                f"{sent.do} left while the answer to an earlier trial was due; "
                f"{self._silent[sent.urgency]} {kind} requests in a row had none",
            )

    def on_outcome(self, event: Answered) -> None:
        self._look_for_a_new_life()
        urgency, error = event.sent.urgency, event.error
        probes = self._probes[urgency]
        self._probes[urgency] = [probe for probe in probes if probe is not event.sent]
        limited = isinstance(error, NotSent) and error.limited
        if isinstance(error, OutcomeUnknown | NotSent) and not limited:
            self._silent[urgency] += 1
            self.premise += self._silent[urgency] == self._scene.bounds.silences_most
        else:
            self._silent[urgency] = 0
