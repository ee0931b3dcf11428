"""The market's prices on their way to the stops that follow them."""

from .errors import UsageError
from .events import MarketEvent, Quote, Trade
from .instrument import Instrument
from .market import Channel, Market
from .orders.manager import OrderManager


class StopPrices:
    """Lets an instrument's prices reach its brackets: the trades', or the quotes' where the market
    tells no trades."""

    def __init__(self, market: Market, manager: OrderManager) -> None:
        self._market = market
        self._manager = manager
        self._followed: set[str] = set()  # symbols

    async def follow(self, instrument: Instrument) -> None:
        """From now on. Raises `UsageError` where the market tells neither trades nor quotes."""
        offered = self._market.offers.channels
        channel = next((c for c in (Channel.TRADES, Channel.QUOTES) if c in offered), None)
        if channel is None:
            raise UsageError(
                f"a stop of {instrument.symbol} cannot follow the market: it tells neither trades "
                f"nor quotes, only {', '.join(sorted(offered)) or 'nothing'}; use a fixed stop"
            )
        if instrument.symbol not in self._followed:
            await self._market.subscribe(instrument, channel, self._on_price)
            self._followed.add(instrument.symbol)

    async def follow_all(self) -> None:
        """Let prices reach the brackets of another life, where their stops follow them."""
        for bracket in self._manager.view.brackets:
            if bracket.plan.rules.follows:
                await self.follow(bracket.instrument)

    def _on_price(self, event: MarketEvent) -> None:
        for bracket in self._manager.view.brackets_of(event.instrument):
            if isinstance(event, Trade):
                bracket.on_price(event.price)
            elif isinstance(event, Quote):
                would_close = event.bid if bracket.plan.side.sign > 0 else event.ask
                if would_close is not None:
                    bracket.on_price(would_close)
