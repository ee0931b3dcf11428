"""The state of an order that a trader sees: the broker's, or that a request is under way."""

from ..words import OrdStatus
from .commands import Do

NOT_AT_WORK = frozenset(s for s in OrdStatus if s.terminal or s is OrdStatus.SUSPENDED)
"""States in which nothing can be filled now."""


def shown(status: OrdStatus, flight: Do | None, *, accepted: bool, wanted: bool) -> OrdStatus:
    """`status` is the broker's, `flight` our request on its way; `wanted`: it should work on."""
    if status.terminal or not accepted:
        return status
    if flight is Do.CANCEL or not wanted:
        return OrdStatus.PENDING_CANCEL
    if flight is Do.MODIFY:
        return OrdStatus.PENDING_REPLACE
    return entered(status, accepted=accepted)


def entered(status: OrdStatus, *, accepted: bool) -> OrdStatus:
    """The broker's state; NEW where an answer came before the report of its entry, or that was
    lost: the broker took the order."""
    return OrdStatus.NEW if accepted and status is OrdStatus.PENDING_NEW else status
