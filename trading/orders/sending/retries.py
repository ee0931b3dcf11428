"""Requests made again: what never left, how often an entry is, and cancels that changed nothing.

A request that reached nobody is proof that nothing works by it, so that it may be made again. It is
not made again at once, and not by all clients at the same moment: the pause doubles, and a share of
it is drawn (fault-model, INV-24).
"""

from ...words import Reason
from ..commands import Command, Do
from ..settings import OrderSettings
from .backoff import NOT_NOW, doubled


def unsent_pause_s(
    settings: OrderSettings, nth: int, retry_after_s: float | None, draw: float
) -> float:
    """The pause after the `nth` request in a row (from 1) that never left; never shorter than the
    broker asked for. `draw` is a number from 0 to below 1; the longest pause is shorter by what it
    may add.

    >>> unsent_pause_s(OrderSettings(), 2, None, 0.5)
    0.5625
    >>> unsent_pause_s(OrderSettings(), 9, None, 0.0)
    0.8
    >>> unsent_pause_s(OrderSettings(), 2, 7.0, 0.5)
    7.0
    """
    most_s = max(settings.retry_most_s / (1 + settings.jitter), settings.retry_s)
    pause_s = doubled(settings.retry_s, most_s, nth) * (1 + settings.jitter * draw)
    return max(pause_s, retry_after_s or 0.0)


class Unsent:
    """Requests of one order in a row that never left. `pause_s` is kept before the next one.

    `retry_after_s`: what the broker asked for last; None where it asked for nothing.
    """

    __slots__ = ("_first_s", "_settings", "count", "pause_s", "retry_after_s")

    def __init__(self, settings: OrderSettings) -> None:
        self._settings = settings
        self._first_s = 0.0
        self.count = 0
        self.pause_s = 0.0
        self.retry_after_s: float | None = None

    def happened(self, retry_after_s: float | None, draw: float, now_s: float) -> None:
        """One more never left."""
        if not self.count:
            self._first_s = now_s
        self.count += 1
        self.retry_after_s = retry_after_s
        self.pause_s = unsent_pause_s(self._settings, self.count, retry_after_s, draw)

    def entry_goes_on(self, now_s: float) -> bool:
        """Whether an entry is sent once more, after the pause: the market moves on meanwhile."""
        late_s = now_s + self.pause_s - self._first_s
        return self.count < self._settings.entry_tries and late_s <= self._settings.entry_within_s


def served(unsent: Unsent | None) -> Unsent | None:
    """The same when the next one leaves: the pause was kept, and is not kept a second time."""
    if unsent is not None:
        unsent.pause_s = 0.0
    return unsent


def eased(unsent: Unsent | None) -> Unsent | None:
    """What is left of it once the broker was heard of the order: the way is free again. What the
    broker asked us to wait for holds."""
    return None if unsent is None or unsent.retry_after_s is None else unsent


class Cancels:
    """Cancels of one order that did not take it away. `pause_s` is kept before the next one, from
    the moment at which the last was known to have changed nothing; `patience_s`: how long an answer
    to this one is waited for, a cancel being safe to repeat, and `look_s` the same for the look
    that follows one: that is a part of the pause, and does not make it longer."""

    __slots__ = ("_not_now", "_overdue", "_settings", "_since_s", "_taken", "_too_late", "_tries")

    def __init__(self, settings: OrderSettings) -> None:
        self._settings = settings
        self._tries = 0
        self._overdue = 0  # in a row
        self._not_now = self._too_late = False  # the reason: the market's state, or so it was said
        self._since_s: float | None = None  # when that was known, or the look began that showed it
        self._taken = False  # the broker took the last one, and nothing shows that it did not act

    @property
    def patience_s(self) -> float:
        first_s = self._settings.cancel_again_s
        return doubled(first_s, max(first_s, self._settings.retry_most_s), self._overdue + 1)

    @property
    def look_s(self) -> float:
        bounds = self._settings
        return min(max(self.pause_s, bounds.retry_s), bounds.told_within_s)

    @property
    def spent(self) -> bool:
        """As many as the settings allow, and the last one changed nothing either."""
        return self._tries >= self._settings.cancel_tries and not self._taken

    @property
    def pause_s(self) -> float:
        if not self._tries:
            return 0.0
        bounds = self._settings
        if self.spent:
            return bounds.closed_retry_s
        most_s = bounds.closed_retry_s if self._not_now else bounds.retry_most_s
        return doubled(bounds.retry_s, most_s, self._tries)

    @property
    def not_now(self) -> bool:
        """Whether the market's state was the reason of the last refusal."""
        return self._not_now

    def command(self, unsent_s: float, vain_s: float) -> Command:
        """The next one. `unsent_s`: the pause for one that never left, 0 where it did; `vain_s`:
        see `Doubt`."""
        if unsent_s:
            return Command(Do.CANCEL, unsent_s)
        return Command(Do.CANCEL, max(self.pause_s, vain_s), since_s=self._since_s)

    def overdue(self) -> None:
        """One was not answered in time: the next goes at once."""
        self._overdue += 1
        self._since_s = None

    def unknown(self) -> None:
        """One was answered, and not with what became of it."""
        self._since_s = None

    def taken(self) -> None:
        """The broker took one."""
        self._overdue = 0
        self._tries += 1
        self._not_now = self._too_late = False
        self._taken = True
        self._since_s = None

    def in_vain(self, looked_s: float) -> None:
        """A look that began then shows that the order works, whatever became of the last one. What
        was refused as too late for an order that works was not too late: not now, then."""
        self._not_now = self._not_now or self._too_late
        self._taken = False
        if self._since_s is None:
            self._since_s = looked_s

    def refused(self, reason: Reason, now_s: float) -> None:
        """The broker refused one."""
        self._overdue = 0
        self._tries += 1
        self._taken = False
        self._since_s = now_s
        self._not_now = reason in NOT_NOW
        self._too_late = reason is Reason.TOO_LATE

    def renew(self) -> None:
        """Start over, without a pause."""
        self._tries = 0
