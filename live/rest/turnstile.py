"""Whose turn it is: requests wait here for room in the session's budget, in order.

What reduces risk goes before everything that is ordinary, and each kind first come first served.
Nothing is counted before it goes, so that whoever gives up while he waits costs no room.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from ...trading.broker import Urgency
from .rate_budget import Bucket, RateBudget


class Waiting:
    """One request at the turnstile. `over`: it went, or was taken away; `went_s`: when."""

    __slots__ = ("bucket", "go", "over", "went_s")

    def __init__(self, bucket: Bucket, go: Callable[[], None]) -> None:
        self.bucket = bucket
        self.go = go
        self.over = False
        self.went_s = 0.0


class Turnstile:
    """Lets requests through as the budget has room. `waiting` counts those that wait."""

    def __init__(self, budget: RateBudget) -> None:
        self.budget = budget
        self._queues: dict[tuple[Bucket, Urgency], deque[Waiting]] = {
            (bucket, urgency): deque()
            for bucket in Bucket
            for urgency in sorted(Urgency, reverse=True)
        }
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        return sum(not each.over for queue in self._queues.values() for each in queue)

    def enter(self, bucket: Bucket, urgency: Urgency, go: Callable[[], None]) -> Waiting:
        """Call `go` when it is this request's turn: now, where there is room and nobody before."""
        waiting = Waiting(bucket, go)
        self._queues[bucket, urgency].append(waiting)
        self._turn()
        return waiting

    def leave(self, waiting: Waiting) -> None:
        """Somebody does not wait any more; nothing happens where he is through."""
        waiting.over = True

    def never_left(self, waiting: Waiting) -> None:
        """A request that went reached nobody: its room is another's. An outage of the way there
        would else be followed by one of our own making."""
        self.budget.never_left(waiting.bucket, waiting.went_s)
        self._turn()

    def answered(self, waiting: Waiting) -> None:
        """A request that went has ended, and reached somebody, or may have."""
        now_s = asyncio.get_running_loop().time()
        self.budget.answered(waiting.bucket, waiting.went_s, now_s)

    def limited(self, retry_after_s: float | None) -> None:
        """The gateway said 429."""
        self.budget.limited(retry_after_s, asyncio.get_running_loop().time())

    def close(self) -> None:
        """Nobody goes any more."""
        if self._timer is not None:
            self._timer.cancel()
        for queue in self._queues.values():
            queue.clear()

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waits_s = [self._let_go(bucket, urgency, loop.time()) for bucket, urgency in self._queues]
        next_s = min((wait_s for wait_s in waits_s if wait_s is not None), default=None)
        if next_s is not None:
            self._timer = loop.call_later(next_s, self._turn)

    def _let_go(self, bucket: Bucket, urgency: Urgency, now_s: float) -> float | None:
        """Let those go that have room; how long the next one has to wait, None where none waits."""
        queue = self._queues[bucket, urgency]
        while queue:
            if queue[0].over:
                queue.popleft()
                continue
            wait_s = self.budget.wait_s(bucket, urgency, now_s)
            if wait_s > 0:
                return wait_s
            waiting = queue.popleft()
            waiting.over, waiting.went_s = True, now_s
            self.budget.sent(bucket, now_s)
            waiting.go()
        return None
