"""How long contracts stood without a confirmed stop, as the manager knew it.

Of orders that belong to an entry, its stop and its targets; what is held without a bracket was not
meant to be protected. The manager hears of a fill, and of a stop that works, later than they
happen: the exchange's own number (the report's *unprotected time*) is the truth, this one is what
can be known while it happens.
"""

from ...words import OrdStatus
from ..handle import Order

_SUSPENDED = OrdStatus.SUSPENDED  # a stop that the broker keeps ready guards nothing yet


class Held:
    """One intent: what is held through its orders, and which of them are stops."""

    __slots__ = ("bare", "began_s", "intent", "net", "open", "since_s", "stops")

    def __init__(self, intent: str) -> None:
        self.intent = intent
        self.net = 0
        self.bare = 0  # contracts
        self.began_s = 0.0  # when it became bare
        self.since_s = 0.0  # since when it is bare by so many
        self.open = 0  # orders of it that are not over
        self.stops: list[Order] = []


class BareTime:
    """Contract-seconds and the longest span; times are the loop's."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._contract_s = 0.0
        self._longest_s = 0.0

    def sent(self, intent: str, duty: str, order: Order) -> Held:
        """An order of an intent is sent."""
        held = self._held.get(intent)
        if held is None:
            held = self._held[intent] = Held(intent)
        held.open += 1
        if duty == "stop":
            held.stops.append(order)
        return held

    def changed(self, held: Held, contracts: int, now_s: float) -> None:
        """So many contracts more (an entry) or fewer (what closes) are held, or a stop changed."""
        held.net += contracts
        covered = 0
        for stop in held.stops:
            core = stop.core
            if core.accepted and core.wish.working and core.venue_status is not _SUSPENDED:
                covered += core.leaves_qty
        before, held.bare = held.bare, max(held.net - covered, 0)
        if held.bare == before:
            return
        if before:
            self._contract_s += before * (now_s - held.since_s)
            if not held.bare:
                self._longest_s = max(self._longest_s, now_s - held.began_s)
        else:
            held.began_s = now_s
        held.since_s = now_s

    def over(self, held: Held, order: Order) -> None:
        """An order of it is over, and its fills were told here."""
        held.open -= 1
        if order in held.stops:
            held.stops.remove(order)
        self._let_go(held)

    def others_closed(self, intent: str, contracts: int, now_s: float) -> None:
        """Others closed so many contracts of what an intent holds: a flatten, or other hands."""
        held = self._held.get(intent)
        if held is not None:
            self.changed(held, -contracts, now_s)
            self._let_go(held)

    def voided(self, intent: str, contracts: int, now_s: float) -> None:
        """A fill of an order that was over is taken back: so many contracts more are held through
        an intent, below zero fewer."""
        held = self._held.get(intent)
        if held is None and contracts > 0:
            held = self._held[intent] = Held(intent)
        if held is not None:
            self.changed(held, contracts, now_s)
            self._let_go(held)

    def _let_go(self, held: Held) -> None:
        if not held.open and held.net <= 0:
            self._held.pop(held.intent, None)

    def contracts(self) -> int:
        """Contracts that are bare now."""
        return sum(held.bare for held in self._held.values())

    def contract_s(self, now_s: float) -> float:
        """Contracts times seconds, those included that are bare now."""
        running = sum(h.bare * (now_s - h.since_s) for h in self._held.values() if h.bare)
        return self._contract_s + running

    def longest_s(self, now_s: float) -> float:
        """The longest time that one intent was bare, by however many contracts."""
        running = (now_s - h.began_s for h in self._held.values() if h.bare)
        return max(self._longest_s, *running, 0.0)
