"""Why the broker said no, in its words."""

from ...trading.words import Reason

_SAID = {
    Reason.SELL_STOP_NOT_BELOW_LAST: "a sell stop must be below the last trade",
    Reason.BUY_STOP_NOT_ABOVE_LAST: "a buy stop must be above the last trade",
    Reason.MARKET_CLOSED: "the market is closed or halted",
    Reason.NO_OPPOSITE: "there is nothing on the other side to trade with",
    Reason.TYPE_NOT_ALLOWED_NOW: "this is not allowed in the market's present state",
    Reason.TOO_LATE: "too late: the order is over",
    Reason.UNKNOWN_ORDER: "no such order",
    Reason.QUANTITY_OUT_OF_RANGE: "the quantity is out of range",
    Reason.NO_LAST_PRICE: "there is no last price yet",
    Reason.PRICE_NOT_POSITIVE: "the price must be above zero",
    Reason.NO_LIQUIDITY: "there was nothing to trade with at its price",
    Reason.NOT_SUPPORTED: "this order does not have that, or not on this side",
    Reason.DAY_ENDED: "the trading day ended",
    Reason.BRACKET_REFUSED: "the account takes no such bracket",
    Reason.SELF_MATCH: "it would have traded with another order of the account",
}


def said(reason: Reason) -> str:
    """A reason in the broker's words."""
    return _SAID.get(reason, reason.name)
