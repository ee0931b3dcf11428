"""Commands that wait for an answer, and since when nobody was answered at all.

One slow or lost request leaves time reachable, because another would have been answered. Where the
next one that left reached nobody, none would have been: the time in which the first waited was not
reachable either (fault-model 2: reachable is when order entry would have answered within 1 s).
"""

from ...trading.errors import Refused
from .knowable import SLOW_NS
from .port import Answered, Sent


class Unanswered:
    """Commands under way, oldest first, but for those after which another was answered in time."""

    def __init__(self) -> None:
        self._waiting: dict[int, Sent] = {}

    def sent(self, command: Sent) -> None:
        """A command leaves the client."""
        self._waiting[id(command)] = command

    def answered(self, event: Answered) -> None:
        """A command ended, and did not reach nobody."""
        sent = event.sent
        self._waiting.pop(id(sent), None)
        prompt = event.time_ns <= sent.time_ns + SLOW_NS
        if prompt and (event.error is None or isinstance(event.error, Refused)):
            # Somebody was there, who would have answered in their time, too.
            while self._waiting and self._oldest.time_ns <= sent.time_ns:
                del self._waiting[id(self._oldest)]

    def reached_nobody(self, command: Sent) -> int:
        """A command ended so; since when no other was answered, as far as any was tried."""
        self._waiting.pop(id(command), None)
        if self._waiting and self._oldest.time_ns + SLOW_NS <= command.time_ns:
            return self._oldest.time_ns
        return command.time_ns

    @property
    def _oldest(self) -> Sent:
        return next(iter(self._waiting.values()))
