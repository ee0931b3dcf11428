"""The request budget of a session, sans I/O: two buckets, and a reserve for what reduces risk.

The gateway allows 200 requests in 60 seconds and, apart from those, 50 history requests in 30
seconds (30 in older copies of its pages, gateway-protocol 5, D3); whether its window slides is not
known. Ours slides, which keeps to either reading, and begins with the answer: when a request came
there is not known, only that it was before that, and the one after it may be quicker on its way.
The last of each bucket are kept for orders that protect, close or cancel, so that polling never
costs a stop (fault-model INV-16, RS-49).
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from ...trading.broker import Urgency
from ...trading.errors import UsageError


class Bucket(Enum):
    """What a request counts against."""

    GENERAL = "general"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Requests allowed in a window of seconds. `reserve` of the general ones and `history_reserve`
    of history's are kept for what reduces risk: a trailing stop is measured from a price that may
    have to be asked for. `limited_s`: how long nothing ordinary is sent after a 429 that did not
    say."""

    general: int = 200
    general_s: float = 60.0
    reserve: int = 20
    history: int = 30
    history_s: float = 30.0
    history_reserve: int = 3
    limited_s: float = 5.0

    def __post_init__(self) -> None:
        for name in ("general", "general_s", "history", "history_s", "limited_s"):
            if not getattr(self, name) > 0:
                value = getattr(self, name)
                raise UsageError(f"RateLimits.{name} is {value!r}; it must be above zero")
        for name, of in (("reserve", "general"), ("history_reserve", "history")):
            kept, most = getattr(self, name), getattr(self, of)
            if not 0 <= kept < most:
                raise UsageError(
                    f"RateLimits.{name} is {kept!r}; give 0 or more, and fewer than {of} ({most})"
                )


class RateBudget:
    """Counts what was sent. Times are the caller's, in seconds; one that was answered exactly a
    window ago counts no more, nor one that was sent then and not answered."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._sent: dict[Bucket, deque[float]] = {bucket: deque() for bucket in Bucket}
        self._until_s = 0.0  # after a 429

    def wait_s(self, bucket: Bucket, urgency: Urgency, now_s: float) -> float:
        """How long a request has to wait; 0 when it may go now.

        After a 429 ordinary requests wait as long as the gateway asked for. Those that reduce risk
        do not: the gateway may have room again before that, and a refusal costs nothing.
        """
        most, window_s = self._room(bucket, urgency)
        sent = self._sent[bucket]
        while sent and now_s - sent[0] >= window_s:
            sent.popleft()
        room_s = 0.0 if len(sent) < most else sent[len(sent) - most] + window_s - now_s
        blocked_s = self._until_s - now_s if urgency is Urgency.ORDINARY else 0.0
        return max(room_s, blocked_s, 0.0)

    def sent(self, bucket: Bucket, now_s: float) -> None:
        """A request goes."""
        self._sent[bucket].append(now_s)

    def answered(self, bucket: Bucket, sent_s: float, now_s: float) -> None:
        """The request that went then was answered, or is not waited for any more: it counts from
        now on."""
        self.never_left(bucket, sent_s)
        self._sent[bucket].append(now_s)

    def never_left(self, bucket: Bucket, sent_s: float) -> None:
        """The request that went then reached nobody: the gateway did not count it."""
        if sent_s in self._sent[bucket]:
            self._sent[bucket].remove(sent_s)

    def limited(self, retry_after_s: float | None, now_s: float) -> None:
        """The gateway answered 429: somebody else uses the account's budget too."""
        pause_s = self._limits.limited_s if retry_after_s is None else retry_after_s
        self._until_s = max(self._until_s, now_s + pause_s)

    def used(self, bucket: Bucket, now_s: float) -> int:
        """Requests that count at this moment."""
        window_s = self._room(bucket, Urgency.RISK_REDUCING)[1]
        return sum(now_s - each < window_s for each in self._sent[bucket])

    def _room(self, bucket: Bucket, urgency: Urgency) -> tuple[int, float]:
        limits, ordinary = self._limits, urgency is Urgency.ORDINARY
        if bucket is Bucket.HISTORY:
            return limits.history - limits.history_reserve * ordinary, limits.history_s
        return limits.general - limits.reserve * ordinary, limits.general_s
