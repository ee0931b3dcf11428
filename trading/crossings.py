"""The trader's side of prices that are waited for: levels as people write them, told once."""

from collections.abc import Callable

from .errors import UsageError
from .events import Crossing, MarketEvent
from .instrument import Instrument
from .levels import Levels
from .market import Channel, Market, Subscription
from .price import PriceLike


class Crossings:
    """Crossings in a desk's instrument, or in any. `put` takes what the desk's reader is told, and
    `subscribed` hears of the channel."""

    def __init__(
        self,
        market: Market,
        instrument: Instrument,
        subscribed: set[Channel],
        put: Callable[[Crossing], None],
    ) -> None:
        self._market = market
        self._instrument = instrument
        self._subscribed = subscribed
        self._put = put

    async def subscribe(
        self,
        *,
        above: PriceLike | None = None,
        below: PriceLike | None = None,
        name: str = "",
        instrument: Instrument | None = None,
    ) -> Callable[[], None]:
        """Get a `Crossing` the first time that the market is at `above` or higher, or at `below` or
        lower, from now on; once, then the subscription is over. Call what is returned to end it
        before. `name` comes with the event.

        Prices are the trades'; where the market tells no trades, the whole quote has to be there:
        the bid for `above`, the ask for `below`. What was traded while a feed was down is not seen.
        In a backtest rows that reach no level cost nearly nothing, where a quote or a trade that is
        subscribed to costs an event and the call of a handler.

        Raises `UsageError` where no level is given, or `above` is not above `below`, `OffGrid` for
        a level off the grid, `Refused` where the market tells neither trades nor quotes.
        """
        instrument = instrument or self._instrument
        levels = _levels(instrument, above, below)
        watch = _Watch(name, self._put)
        self._subscribed.add(Channel.CROSSINGS)
        watch.subscription = await self._market.subscribe(
            instrument, Channel.CROSSINGS, watch, levels=levels
        )

        def end() -> None:
            if not watch.over:
                watch.over = True
                assert watch.subscription is not None
                self._market.unsubscribe(watch.subscription)

        return end


class _Watch:
    """The sink of one subscription."""

    __slots__ = ("_name", "_put", "over", "subscription")

    def __init__(self, name: str, put: Callable[[Crossing], None]) -> None:
        self._name = name
        self._put = put
        self.over = False
        self.subscription: Subscription | None = None

    def __call__(self, event: MarketEvent) -> None:
        assert isinstance(event, Crossing)
        if not self.over:
            self.over = True
            event.name = self._name
            self._put(event)


def _levels(instrument: Instrument, above: PriceLike | None, below: PriceLike | None) -> Levels:
    """The levels in units. Raises as `subscribe` says."""
    if above is None and below is None:
        raise UsageError(
            "no level is given; write above='4510', below='4490', or both, and hear which is first"
        )
    levels = Levels(
        None if above is None else instrument.units(above),
        None if below is None else instrument.units(below),
    )
    if levels.above is not None and levels.below is not None and levels.above <= levels.below:
        raise UsageError(f"above {above} is not above below {below}; every price has reached one")
    return levels
