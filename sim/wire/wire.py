"""The wire between client and exchange: four legs, each with its own latency.

Requests and responses may overtake each other and be overtaken by events, as REST exchanges are;
each of the two hub legs is in order: order events here, market data in `SimMarket`, whose messages
are a cursor and never entries of a heap. Where there are connections, each of their directions is a
`Line`.
"""

from collections.abc import Callable
from contextvars import Context
from enum import StrEnum

from ..loop.moments import Tie
from ..loop.timers import Timers
from ..streams import named_stream
from .draws import draws
from .latency import Constant, LatencyModel, LatencyProfile


class Leg(StrEnum):
    """A direction of the wire."""

    REQUEST = "request"
    RESPONSE = "response"
    EVENTS = "events"
    FEED = "feed"


_TIES = {
    Leg.REQUEST: Tie.ORDER,
    Leg.RESPONSE: Tie.REPORT,
    Leg.EVENTS: Tie.REPORT,
    Leg.FEED: Tie.FEED,
}


class Wire:
    """Carries messages in its timers' time; each leg draws from a stream of its own."""

    def __init__(self, loop: Timers, profile: LatencyProfile, seed: int) -> None:
        self._loop = loop
        self._models: dict[Leg, LatencyModel] = {leg: getattr(profile, leg.value) for leg in Leg}
        self._draws: dict[Leg, Callable[[], int]] = {
            leg: draws(model, named_stream(seed, f"latency.{leg.value}")).__next__
            for leg, model in self._models.items()
        }
        self._events = self.line(Leg.EVENTS)

    def line(self, leg: Leg) -> "Line":
        """One direction of a connection of its own, as slow as a leg."""
        return Line(self._loop, self._draws[leg], _TIES[leg])

    def latency_ns(self, leg: Leg) -> int:
        """Draw how long one message of a leg is on its way."""
        return self._draws[leg]()

    def constant_ns(self, leg: Leg) -> int | None:
        """How long every message of a leg is on its way; None where it is drawn."""
        model = self._models[leg]
        return model.ns if isinstance(model, Constant) else None

    def send(
        self, leg: Leg, deliver: Callable[[], None], extra_ns: int = 0, ordered: bool = True
    ) -> None:
        """Call `deliver` when a message sent now arrives. It runs as the world, in no process.

        `extra_ns` is a delay beyond the leg's own. An event that is not `ordered` holds nobody up
        and may be overtaken.
        """
        if leg is Leg.EVENTS and ordered:
            self._events.send(deliver, extra_ns)
        else:
            at_ns = self._loop.now_ns + self._draws[leg]() + extra_ns
            self._loop.call_at_ns(at_ns, deliver, tie=_TIES[leg], context=Context())


class Line:
    """One direction of a connection: nothing that goes over it overtakes, whatever schedule the
    loop has. `latency_ns` draws how long a message is on its way."""

    def __init__(self, loop: Timers, latency_ns: Callable[[], int], tie: Tie) -> None:
        self._loop = loop
        self._latency_ns = latency_ns
        self._tie = tie
        self._last_ns = 0  # the last arrival so far

    def send(self, deliver: Callable[[], None], extra_ns: int = 0) -> None:
        """Call `deliver`, as the world, when a message sent now arrives."""
        at_ns = max(self._loop.now_ns + self._latency_ns() + extra_ns, self._last_ns)
        self._last_ns = at_ns
        self._loop.call_at_ns(at_ns, self._arrive, deliver, tie=self._tie, context=Context())

    def _arrive(self, deliver: Callable[[], None]) -> None:
        deliver()
