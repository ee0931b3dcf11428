"""A breaker: when nobody answers any more, calls stop for a while and one goes ahead as a probe.

Only silence counts: no answer in time, a server that failed, nobody reached. A refusal is an
answer, and so is 429: the way there works (fault-model, INV-23).
"""

from enum import Enum


class BreakerState(Enum):
    """CLOSED lets all through, OPEN none; HALF_OPEN waits for the answer to its one probe, as long
    as it was open: a probe of which nobody says anything must not hold up all the others until its
    own deadline."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


CLOSED = BreakerState.CLOSED  # looked up once: every command asks


class Breaker:
    """One breaker, sans I/O; times are the loop's, in seconds.

    `tries`: silent calls in a row that open it; `open_s`: how long until the probe, and from one
    probe to the next. Whoever is answered a question says so with `heard`: somebody is there, and
    the probe need not wait for its time.
    """

    def __init__(self, tries: int, open_s: float) -> None:
        self.state = BreakerState.CLOSED
        self._tries = tries
        self._open_s = open_s
        self._silent = 0
        self._until_s = 0.0
        self._probes: list[float] = []  # on their way: when each left

    def wait_s(self, now_s: float) -> float:
        """How long a call has to wait: 0 when it may go now."""
        if self.state is CLOSED:
            return 0.0
        return max(self._until_s - now_s, 0.0)

    def going(self, now_s: float) -> None:
        """A call goes; after a wait it is a probe, and `landed` ends it."""
        if self.state is CLOSED:
            return
        self.state = BreakerState.HALF_OPEN
        self._until_s = now_s + self._open_s
        self._probes.append(now_s)

    def landed(self, went_s: float) -> None:
        """A probe that left then ended, however it did."""
        self._probes.remove(went_s)

    def heard(self, now_s: float) -> bool:
        """A question got an answer: True where the next probe may go now. Not while the answer to
        one is due: that says more."""
        due = any(went_s > now_s - self._open_s for went_s in self._probes)
        may = self.state is not CLOSED and not due
        if may:
            self._until_s = 0.0
        return may

    def answered(self) -> bool:
        """A call got an answer of any kind; True when that closed the breaker."""
        self._silent = 0
        closes = self.state is not CLOSED
        self.state = BreakerState.CLOSED
        return closes

    def silent(self, now_s: float) -> bool:
        """A call got no answer; True when that opened the breaker for the first time."""
        self._silent += 1
        opens = self.state is CLOSED and self._silent >= self._tries
        if opens:
            self._until_s = now_s + self._open_s
        if opens or self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.OPEN  # what a probe was waited for is a part of the pause
        return opens
