"""Whether there is anything to look at: now, and after it was over.

An order's end may not know of its last fill (F23), and the report of that fill may be lost on the
way. So the looking goes on until three rounds in succession have begun with nothing told between.
"""

from collections import deque

from ..intake import Intake
from ..sending.outbox import Outbox


class Activity:
    """Of one manager. `begun` is called when a round begins."""

    def __init__(self, outbox: Outbox, intake: Intake) -> None:
        self._outbox = outbox
        self._intake = intake
        self._told_ns = deque([0, 0, 0], maxlen=3)  # the newest, as each of the last rounds began

    def begun(self) -> None:
        self._told_ns.append(self._intake.last_ns)

    @property
    def now(self) -> bool:
        """Whether something works or is held."""
        return self._outbox.orders.any_working or self._outbox.ledger.any_held

    @property
    def lately(self) -> bool:
        """Whether something does, or something was told since the first of the last rounds."""
        return self._intake.last_ns != self._told_ns[0] or self.now
