"""Whether there is anything to look at: now, and after it was over.

An order's end may not know of its last fill (F23), and the report of that fill may be lost on the
way. So the looking goes on until a round has begun with nothing told since the one before it.
"""

from ..intake import Intake
from ..sending.outbox import Outbox


class Activity:
    """Of one manager. `begun` is called when a round begins."""

    def __init__(self, outbox: Outbox, intake: Intake) -> None:
        self._outbox = outbox
        self._intake = intake
        self._last_ns = self._before_ns = 0  # the newest that was told as the last two rounds began

    def begun(self) -> None:
        self._before_ns, self._last_ns = self._last_ns, self._intake.last_ns

    @property
    def now(self) -> bool:
        """Whether something works or is held."""
        return self._outbox.orders.any_working or self._outbox.ledger.any_held

    @property
    def lately(self) -> bool:
        """Whether something does, or something was told between the last two rounds or since."""
        return self._intake.last_ns != self._before_ns or self.now
