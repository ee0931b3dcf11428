"""What a position would realise now."""

from decimal import Decimal

from ..exchange import Exchange
from .account import Account
from .money import total


def open_profit(account: Account, exchange: Exchange) -> Decimal:
    """What closing everything at the last price would realise, before fees.

    Where nothing was traded yet: at the bid of what is long and the ask of what is short; where
    nothing is quoted either, at what the oldest lot cost.
    """
    profits = []
    for symbol, holding in account.holdings.items():
        if holding.sign:
            book = exchange.book(symbol)
            side = book.bid if holding.sign > 0 else book.ask
            mark = book.last_price if book.last_price is not None else side and side[0]
            profits.append(holding.open_profit(holding.lots[0].units if mark is None else mark))
    return total(*profits)
