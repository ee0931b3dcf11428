"""Whether an order must be looked up, when next, and what look-ups have proved so far.

A look-up that fails proves nothing. One that finds nothing proves something only when it began long
enough after the order should have arrived, and then only together with others (fault-model,
INV-09).
"""

from .sending.backoff import doubled
from .settings import OrderSettings


class Doubt:
    """What is not known of one order. `exists`: it must be looked up before anything else is done.

    `first`: before a cancel, too, because what is in doubt is a cancel, or everything; once a
    look-up was in vain a cancel goes without, which is safe to repeat: one that got no answer, or
    does not find what was taken, and is too old to show it.
    `failures`: look-ups in a row that got no answer. `deadline_s`: when the order should have
    arrived at the latest, on the loop's clock. `risk_reducing`: it is asked for as often as a
    refused request is made again. `resumed`: it is of another life, and nothing was asked of it in
    this one. `missed_s`: when the last look-up that found nothing began.
    """

    __slots__ = (
        "_looks",
        "_misses",
        "_most_s",
        "_settings",
        "_vain",
        "deadline_s",
        "exists",
        "failures",
        "first",
        "missed_s",
        "resumed",
    )

    def __init__(self, settings: OrderSettings, deadline_s: float, *, risk_reducing: bool) -> None:
        self.exists = self.first = False
        self.resumed = False
        self.missed_s: float | None = None
        self._vain = False  # the last one told a cancel nothing
        self.deadline_s = deadline_s
        self._settings = settings
        most_s = settings.look_most_s
        self._most_s = min(most_s, settings.retry_most_s) if risk_reducing else most_s
        self._looks = 0
        self._misses = 0
        self.failures = 0

    @property
    def settled_within_s(self) -> float:
        """How long a caller waits for it to end."""
        return self._settings.settled_within_s

    @property
    def pause_s(self) -> float:
        """How long to wait before the next look-up."""
        if not self._looks:
            return 0.0
        # Whom nobody answers is not answered sooner for asking more often (RS-50).
        most_s = self._settings.look_most_s if self.silent else self._most_s
        return doubled(min(self._settings.look_first_s, self._most_s), most_s, self._looks)

    @property
    def silent(self) -> bool:
        """Whether so many look-ups in a row had no answer that nobody seems to be there."""
        return self.failures > self._settings.breaker_tries

    @property
    def vain_s(self) -> float:
        """How long a cancel waits after look-ups in vain; 0 where the last one was not."""
        return self.pause_s if self._vain else 0.0

    def arise(self, *, first: bool = False) -> None:
        """Look up at once."""
        self.exists = True
        self.first = self.first or first
        self._looks = 0

    def arise_later(self, *, first: bool = False) -> None:
        """Look up after the first pause, unless an event settles it before."""
        self.arise(first=first)
        self._looks = 1

    def resume(self) -> None:
        """Look up at once: whoever knew how the order stands is gone."""
        self.arise(first=True)
        self.resumed = True

    def failed(self) -> None:
        """The look-up got no answer."""
        self.exists, self.first, self._vain = True, False, True
        self._looks += 1
        self.failures += 1

    def overdue(self) -> None:
        """What was sent last, a look-up perhaps, is waited for no more."""
        self.arise()
        self.first = False

    def missed(self, began_s: float) -> bool:
        """The broker has no such order; True when that proves that it never arrived."""
        self._vain, self.first = self.first, False
        # Who could not look for long is not made to wait long for the look that decides.
        self._looks = 1 if self.failures else self._looks + 1
        self.failures = 0
        self.missed_s = began_s
        if began_s - self.deadline_s >= self._settings.visible_s:
            self._misses += 1
        return self._misses >= self._settings.misses
