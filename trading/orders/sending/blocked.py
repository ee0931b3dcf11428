"""Pauses after requests that reached nobody, or after so many looks that nobody answered: they end
when somebody is reached.

Such a pause grows while the way is blocked, and may have just begun when it is free again. Whoever
is answered, to a question as well, knows that it is, and what protects or takes risk away need not
wait for the rest of its pause (fault-model, INV-02: T_over is as long as two slow requests). Each
answer lets one go, and its own answer the next: a crowd that waits would fill the way again. None
goes sooner than the first pause, and none for which the broker named a time (INV-24).
"""

import asyncio
from collections.abc import Callable

from ...broker import Urgency
from ..commands import Do
from ..handle import Order
from ..settings import OrderSettings
from .timers import Timers
from .urgency import urgency_of

_FOR_LOOKS = (Do.LOOK, Do.CANCEL)
"""What waits for as long as look-ups of its order that nobody answers are apart."""


class Blocked:
    """Those pauses that what reduces risk is kept in, oldest first."""

    def __init__(self, timers: Timers, settings: OrderSettings) -> None:
        self._timers = timers
        self._settings = settings
        # By the number of its timer: when it may ring at the earliest, and what it was given.
        self._kept: dict[int, tuple[float, Callable[[], None], str]] = {}

    def later(
        self, pause_s: float, call: Callable[[], None], order: Order, do: Do, about: str
    ) -> int:
        """As `Timers.later`, for an order's next request, or that of another in its place."""
        number = self._timers.later(pause_s, call, about)
        self._forget()
        unsent = order.core.unsent
        named = unsent.retry_after_s is not None
        waits = do in _FOR_LOOKS and order.core.doubt.silent
        blocked = (unsent.count or waits) and not named
        if blocked and urgency_of(order, do) is Urgency.RISK_REDUCING:
            first_s = asyncio.get_running_loop().time() + self._settings.retry_s
            self._kept[number] = (first_s, call, about)
        return number

    def __len__(self) -> int:
        return len(self._kept)

    def free(self) -> None:
        """Somebody was answered: the one that waits for longest goes."""
        while self._kept:
            number = next(iter(self._kept))
            if self._timers.hasten(number, *self._kept.pop(number)):
                return

    def _forget(self) -> None:
        """Those that ended by themselves; an outage may last, and none outlives the longest."""
        while self._kept and not self._timers.runs(number := next(iter(self._kept))):
            del self._kept[number]
