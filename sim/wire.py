"""The wire between client and exchange: four legs, each with its own latency.

Requests and responses may overtake each other and be overtaken by events, as REST exchanges are; each
of the two hub legs (order events, market data) is in order.
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
_IN_ORDER = frozenset({Leg.EVENTS, Leg.FEED})


class Wire:
    """Carries messages in virtual time; each leg draws from a stream of its own."""

    def __init__(self, loop: VirtualLoop, profile: LatencyProfile, seed: int) -> None:
        self._loop = loop
        self._legs: dict[Leg, tuple[LatencyModel, Bits]] = {
            leg: (getattr(profile, leg.value), named_stream(seed, f"latency.{leg.value}"))
            for leg in Leg
        }
        self._last_ns = dict.fromkeys(Leg, 0)

    def arrival_ns(self, leg: Leg, sent_ns: int) -> int:
        """When a message sent at `sent_ns` arrives; draws once, and keeps a hub leg in order."""
        model, stream = self._legs[leg]
        at_ns = sent_ns + model.draw(stream)
        if leg in _IN_ORDER:
            at_ns = self._last_ns[leg] = max(at_ns, self._last_ns[leg])
        return at_ns

    def send(self, leg: Leg, deliver: Callable[[], None]) -> None:
        """Call `deliver` when a message sent now arrives. It runs as the world, in no process."""
        at_ns = self.arrival_ns(leg, self._loop.now_ns)
        self._loop.call_at_ns(at_ns, deliver, tie=_TIES[leg], context=Context())
