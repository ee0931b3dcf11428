"""The market port: where quotes, trades, depth and bars come from.

Like the broker port, calls return Futures and events come through synchronous sinks, in order, on
the loop's thread. Queues and `async for` are offered above the port (`Desk`), not in it.
"""

from asyncio import Future
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from .events import Bar, MarketEvent
from .instrument import Instrument
from .levels import Levels


class Channel(StrEnum):
    """What can be subscribed to. BARS needs a span, CROSSINGS levels."""

    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"
    BARS = "bars"
    CROSSINGS = "crossings"
    STATUS = "status"


class MarketOffers(Struct, frozen=True):
    """What a market can tell, and whether its quotes carry sizes."""

    channels: frozenset[Channel]
    quote_sizes: bool


class Subscription(Struct, frozen=True):
    """What was subscribed; hand it back to unsubscribe. `span_ns` is 0 but for bars."""

    instrument: Instrument
    channel: Channel
    span_ns: int
    number: int


class Market(Protocol):
    """A source of market data."""

    @property
    def offers(self) -> MarketOffers: ...

    def subscribe(
        self,
        instrument: Instrument,
        channel: Channel,
        sink: Callable[[MarketEvent], None],
        *,
        span_ns: int = 0,
        levels: Levels | None = None,
    ) -> "Future[Subscription]":
        """Send what happens from now on to `sink`. Refused for a channel that is not offered.

        Bars are told at their end plus the feed's latency; spans without a trade give no bar. Of
        CROSSINGS the first trade that reaches one of `levels` is told, or the first quote where
        trades are not offered, and nothing after it: the subscription is over then.
        """

    def unsubscribe(self, subscription: Subscription) -> "Future[None]":
        """End a subscription; the sink hears nothing of it afterwards."""

    def history(self, instrument: Instrument, span_ns: int, count: int) -> "Future[Sequence[Bar]]":
        """The last `count` finished bars before now, oldest first; fewer where there are no
        more."""

    def find(self, name: str) -> "Future[Instrument]":
        """The instrument of a name (`ES`, `ESH4`). Refused when the market has none such."""
