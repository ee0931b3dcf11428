"""Instruments in which nothing is opened any more: somebody else closed what was held there.

A broker that closes a position by force, a daily loss limit for instance, takes the orders away,
too (race-scenarios RS-20). Whatever the reason, whoever trades on opens what was just closed. The
trader ends a lock; so does a restart, which compares everything.
"""

from ...errors import RefusedByUs
from ...instrument import Instrument
from ...words import Reason


class Locks:
    """`locked`: why, by the instrument's symbol."""

    def __init__(self) -> None:
        self.locked: dict[str, str] = {}

    def lock(self, instrument: Instrument, reason: str) -> None:
        """From now on nothing is opened in it."""
        self.locked[instrument.symbol] = reason

    def release(self) -> None:
        """Trade everything again."""
        self.locked.clear()

    def check(self, instrument: Instrument) -> None:
        """Raise `RefusedByUs` for an order that may open something in a locked instrument."""
        reason = self.locked.get(instrument.symbol)
        if reason is not None:
            raise RefusedByUs(
                f"{instrument.symbol} is locked: {reason}; only what closes passes, or release()",
                reason=Reason.NONE,
            )
