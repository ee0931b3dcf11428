"""The gateway's limits on requests: so many in a sliding window, for each user and bucket.

Whether the real window slides and whether it counts for a token or a user is not known
(gateway-protocol 5); it slides here, and counts for a user.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` requests within `window_s` seconds."""

    most: int
    window_s: float


GATEWAY_LIMITS: Mapping[str, Limit] = {"history": Limit(50, 30.0), "others": Limit(200, 60.0)}
"""By bucket, as the newer documentation says (gateway-protocol 5, D3)."""


@dataclass(slots=True)
class RateWindows:
    """What was admitted lately. `limits` None: everything is."""

    limits: Mapping[str, Limit] | None
    _admitted: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def admit(self, user: str, bucket: str, now_s: float) -> bool:
        """Whether a request may pass; one that may not does not count."""
        if self.limits is None:
            return True
        limit = self.limits[bucket]
        times = self._admitted.setdefault((user, bucket), deque())
        while times and times[0] <= now_s - limit.window_s:
            times.popleft()
        if len(times) >= limit.most:
            return False
        times.append(now_s)
        return True
