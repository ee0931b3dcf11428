"""The last price of an instrument: as the market hub told it, else as the newest bar has it."""

from collections.abc import Awaitable, Callable

from ...trading.instrument import Instrument
from ...trading.price import Price
from ..rest.terms import Terms


class LastPrices:
    """Last prices by symbol. `ask` fetches one that nobody told, None where the gateway has none.

    What was asked for is good for that one question: a market moves on untold.
    """

    def __init__(self, ask: Callable[[Instrument, Terms], Awaitable[Price | None]]) -> None:
        self._told: dict[str, Price] = {}
        self._asked: dict[str, Price] = {}
        self._ask = ask

    def tell(self, instrument: Instrument, price: Price) -> None:
        """The market hub told a trade, or the last price of a quote."""
        self._told[instrument.symbol] = price

    def forget(self) -> None:
        """The market hub is down: what it told grows old unseen."""
        self._told.clear()

    def untold(self, instrument: Instrument) -> None:
        """The market hub tells this one no more; what it told last grows old."""
        self._told.pop(instrument.symbol, None)

    def known(self, symbol: str) -> Price | None:
        """The best that is known without asking."""
        told = self._told.get(symbol)
        return self._asked.get(symbol) if told is None else told  # a price may be zero

    async def of(self, instrument: Instrument, how: Terms) -> Price | None:
        """The last price, asked for on these terms where the hub does not tell it."""
        told = self._told.get(instrument.symbol)
        if told is not None:
            return told
        found = await self._ask(instrument, how)
        if found is not None:
            self._asked[instrument.symbol] = found
        return found
