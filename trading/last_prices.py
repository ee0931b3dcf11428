"""The newest prices that a desk was told of, by instrument."""

from typing import Any

from .events import Bar, MarketEvent, Quote, Trade
from .instrument import Instrument
from .price import Price
from .words import Side


class LastPrices:
    """Keeps the newest quote, trade and bar of each instrument; None before the first."""

    def __init__(self) -> None:
        self._quotes: dict[str, Quote] = {}
        self._trades: dict[str, Trade] = {}
        self._bars: dict[str, Bar] = {}

    def see(self, event: MarketEvent) -> None:
        """Take a market event in."""
        symbol = event.instrument.symbol
        if isinstance(event, Quote):
            self._quotes[symbol] = event
        elif isinstance(event, Trade):
            self._trades[symbol] = event
        elif isinstance(event, Bar):
            self._bars[symbol] = event

    def newest(self, kind: type) -> dict[str, Any]:
        """The newest quotes, trades or bars by symbol, for whoever sees very many of them."""
        newest: dict[type, dict[str, Any]] = {
            Quote: self._quotes,
            Trade: self._trades,
            Bar: self._bars,
        }
        return newest[kind]

    def quote(self, instrument: Instrument) -> Quote | None:
        return self._quotes.get(instrument.symbol)

    def trade(self, instrument: Instrument) -> Trade | None:
        return self._trades.get(instrument.symbol)

    def entry(self, instrument: Instrument, side: Side) -> Price | None:
        """What a market order of a side would get now: the other side of the newest quote, else the
        last trade, else the last bar's close."""
        quote = self.quote(instrument)
        if quote is not None:
            return quote.ask if side is Side.BUY else quote.bid
        return self.last(instrument)

    def trigger(self, instrument: Instrument, side: Side) -> Price | None:
        """What a stop of a side is set off by: the last trade, else the side of the newest quote
        that a closing order would meet, else the last bar's close."""
        trade, quote = self.trade(instrument), self.quote(instrument)
        if trade is None and quote is not None:
            return quote.ask if side is Side.BUY else quote.bid
        return self.last(instrument)

    def last(self, instrument: Instrument) -> Price | None:
        """The newest trade's price, else the last bar's close."""
        trade = self.trade(instrument)
        if trade is not None:
            return trade.price
        bar = self._bars.get(instrument.symbol)
        return None if bar is None else bar.close
