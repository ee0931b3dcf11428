"""The wire between client and exchange: four legs, each with its own latency.

Requests and responses may overtake each other and be overtaken by events, as REST exchanges are;
each of the two hub legs is in order: order events here, market data in `SimMarket`, whose messages
are a cursor and never entries of a heap.
"""

from collections.abc import Callable
from contextvars import Context
from enum import StrEnum

from .latency import LatencyModel, LatencyProfile
from .loop import VirtualLoop
from .loop_moments import Tie
from .streams import Bits, named_stream


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
    """Carries messages in virtual time; each leg draws from a stream of its own."""

    def __init__(self, loop: VirtualLoop, profile: LatencyProfile, seed: int) -> None:
        self._loop = loop
        self._legs: dict[Leg, tuple[LatencyModel, Bits]] = {
            leg: (getattr(profile, leg.value), named_stream(seed, f"latency.{leg.value}"))
            for leg in Leg
        }
        self._events = _InOrder()

    def latency_ns(self, leg: Leg) -> int:
        """Draw how long one message of a leg is on its way."""
        model, stream = self._legs[leg]
        return model.draw(stream)

    def send(
        self, leg: Leg, deliver: Callable[[], None], extra_ns: int = 0, ordered: bool = True
    ) -> None:
        """Call `deliver` when a message sent now arrives. It runs as the world, in no process.

        `extra_ns` is a delay beyond the leg's own. An event that is not `ordered` holds nobody up
        and may be overtaken.
        """
        at_ns = self._loop.now_ns + self.latency_ns(leg) + extra_ns
        if leg is Leg.EVENTS and ordered:
            at_ns = self._events.last_ns = max(at_ns, self._events.last_ns)
            self._loop.call_at_ns(
                at_ns, self._events.arrive, deliver, tie=_TIES[leg], context=Context()
            )
        else:
            self._loop.call_at_ns(at_ns, deliver, tie=_TIES[leg], context=Context())


class _InOrder:
    """A connection: nothing that goes over it overtakes, whatever schedule the loop has.

    `last_ns`: the last arrival so far.
    """

    def __init__(self) -> None:
        self.last_ns = 0

    def arrive(self, deliver: Callable[[], None]) -> None:
        deliver()
