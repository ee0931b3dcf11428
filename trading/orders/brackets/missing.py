"""Orders in doubt that nobody finds when protection is given up (docs/decisions/0023).

A stop in doubt has its substitute, and that is refused because the market is beyond it. A stop that
works would have been set off by then, and told of: as a rule it never arrived, and what is held
loses for as long as the proof takes. So it is looked up once more, at once, and where nobody finds
it, it is missing: what is held is closed beside it. Where nobody answers, that waits until a stop
was tried as often as it may be. Should the missing one have been filled after all, and nobody told,
the excess is given back like any other.
"""

from collections.abc import Iterable

from ..exits.closing import Sender
from .leg import Leg


class Missing:
    """Which legs are. `since_s`: when protection was given up, None while it was not."""

    def __init__(self, sender: Sender) -> None:
        self.since_s: float | None = None
        self._sender = sender

    def begin(self, legs: Iterable[Leg]) -> bool:
        """Protection is given up: look for what is in doubt now. Whether anything is."""
        self.since_s = self._sender.now_s()
        untold = [order for leg in legs for order in leg.standing if order.core.untold]
        for order in untold:
            if order.core.uncertain:  # else its answer is waited for no more by then
                order.core.doubt.arise()
                self._sender.hurry(order)
        return bool(untold)

    def look(self, legs: Iterable[Leg], *, gave_up: bool) -> None:
        """See which are missing by now; `gave_up`: a stop was tried as often as it may be."""
        if self.since_s is None:
            return
        for leg in legs:
            looked = [order.core.doubt.missed_s for order in leg.standing]
            found = any(at is None or at < self.since_s for at in looked)
            leg.missing = gave_up or not found
