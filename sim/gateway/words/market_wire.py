"""What the market hub says of a contract, as arguments of its events (gateway-protocol 10.4)."""

from decimal import Decimal
from typing import Any

from ....trading.events import Bar, Quote, Trade
from ....trading.instrument import Instrument
from ....trading.words import Side
from ..venue.tape_rows import DayFigures
from ..venue.venue import Ticker
from .wire_models import WireProfile, contract_id, stamp, symbol_id

_BEST_ASK, _BEST_BID = 3, 4


def quote_arguments(ticker: Ticker, shown_ns: int) -> list[Any]:
    """A GatewayQuote: the last quote and the day's figures. There are no sizes on the wire."""
    grid, quote, day = ticker.instrument, ticker.quote, ticker.day
    at = stamp(shown_ns)
    data = {
        "symbol": symbol_id(grid),
        "symbolName": grid.symbol,
        "lastPrice": _price(grid, day.last),
        "bestBid": None if quote is None else quote.bid,
        "bestAsk": None if quote is None else quote.ask,
        **_change(grid, day),
        "open": _price(grid, day.open),
        "high": _price(grid, day.high),
        "low": _price(grid, day.low),
        "volume": day.volume,
        "lastUpdated": at,
        "timestamp": at,
    }
    return [ticker.contract_id, data]


def trade_arguments(trade: Trade, shown_ns: int, profile: WireProfile) -> list[Any]:
    """A GatewayTrade. One trade each: a client takes one of several and loses the rest."""
    data = {
        "symbolId": symbol_id(trade.instrument),
        "price": trade.price,
        "timestamp": stamp(shown_ns),
        "type": 1 if trade.aggressor is Side.SELL else 0,
        "volume": max(trade.size, 0),
    }
    return [contract_id(trade.instrument), _tape(data, profile)]


def depth_arguments(quote: Quote, shown_ns: int, profile: WireProfile) -> list[list[Any]]:
    """GatewayDepth events of a quote: the best bid and the best ask are all that a tape has."""
    sides = ((_BEST_BID, quote.bid, quote.bid_size), (_BEST_ASK, quote.ask, quote.ask_size))
    made = []
    for kind, price, size in sides:
        if price is not None and size is not None:
            data = {
                "timestamp": stamp(shown_ns),
                "type": kind,
                "price": price,
                "volume": size,
                "currentVolume": size,
            }
            made.append([contract_id(quote.instrument), _tape(data, profile)])
    return made


def bar_model(bar: Bar, shown_ns: int) -> dict[str, Any]:
    """A history bar; `t` is its open."""
    return {
        "t": stamp(shown_ns),
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume,
        "d": None,
        "k": None,
    }


def _change(grid: Instrument, day: DayFigures) -> dict[str, Any]:
    if day.last is None or not day.close_before:
        return {"change": None, "changePercent": None}
    moved = day.last - day.close_before
    percent = (Decimal(100 * moved) / day.close_before).quantize(Decimal("0.0001"))
    return {"change": grid.decimal(moved), "changePercent": percent}


def _price(grid: Instrument, units: int | None) -> Decimal | None:
    return None if units is None else grid.decimal(units)


def _tape(data: dict[str, Any], profile: WireProfile) -> Any:
    return [data] if profile.tape == "list" else data
