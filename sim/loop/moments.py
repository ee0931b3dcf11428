"""What happens at one nanosecond, in which order, and who else than a timer has moments."""

from enum import IntEnum
from typing import Protocol

# Later than any moment of any market; a limit that limits nothing.
HORIZON_NS = 2**63 - 1


class Tie(IntEnum):
    """Order at one nanosecond (DESIGN 6); within a rank sources, then the order asked."""

    SESSION = 0
    MARKET = 1
    ORDER = 2
    REPORT = 3
    FEED = 4
    TIMER = 5


class Source(Protocol):
    """Something with moments of its own that keeps them out of the loop's heap: exchange, feed.

    `tie` is read once, when the source is added. The loop asks every source before each step, so
    `next_moment` must be cheap, and must not change anything.
    """

    @property
    def tie(self) -> Tie: ...

    def next_moment(self, limit_ns: int) -> int | None:
        """The earliest time, at most `limit_ns` and not in the past, at which there is work."""

    def advance(self, to_ns: int) -> None:
        """Do the work that is due at `to_ns`, the loop's time now and the moment just named."""
