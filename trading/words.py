"""The words shared by the trader's side and the exchange's: enumerations and two marks of absence.

Numbers are FIX's where FIX has one that is a digit; names are FIX's throughout (style-examples'
glossary). An enumeration that goes over a wire is translated at that wire, never here.
"""

from enum import IntEnum

NO_PRICE = -(2**63)
"""In a column of prices: a side or a bar that is not there. The smallest 64-bit integer."""

UNKNOWN_SIZE = -1
"""A size the source does not give. Not zero: a fill rule for it must be named."""


class Side(IntEnum):
    """Buy or sell (FIX 54)."""

    BUY = 1
    SELL = 2

    sign: int
    """+1 for a buy, -1 for a sell: what one contract does to the position."""
    opposite: "Side"

    def __init__(self, number: int) -> None:
        # Attributes and no properties: every event asks.
        self.sign = 1 if number == 1 else -1


Side.BUY.opposite, Side.SELL.opposite = Side.SELL, Side.BUY


class OrdType(IntEnum):
    """How an order finds its price (FIX 40; 5 to 7 as ProjectX counts them)."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    TRAILING_STOP = 5
    JOIN_BID = 6
    JOIN_ASK = 7


class TimeInForce(IntEnum):
    """How long an order works (FIX 59). IOC is what CME calls FAK: fill what can be, cancel the
    rest."""

    DAY = 0
    GTC = 1
    IOC = 3


class ContingencyType(IntEnum):
    """What a fill of one order does to those that it is linked with (FIX 1385).

    OCO, one cancels the other. OTO, one triggers the other. OUO, one updates the other: by as many
    contracts, or by the same share of its quantity.
    """

    OCO = 1
    OTO = 2
    OUO_ABSOLUTE = 3
    OUO_PROPORTIONAL = 4


class OrdStatus(IntEnum):
    """The state of an order (FIX 39; letters become numbers above 9).

    SUSPENDED: the broker keeps it back; a stop or target attached to an entry waits for its fill.
    """

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    PENDING_CANCEL = 6
    REJECTED = 8
    SUSPENDED = 9
    PENDING_NEW = 10
    EXPIRED = 12
    PENDING_REPLACE = 14

    terminal: bool
    """True where no further execution may follow."""

    def __init__(self, number: int) -> None:
        # An attribute and no property: every event asks several times.
        self.terminal = number in (2, 4, 8, 12)


class ExecType(IntEnum):
    """What has just happened to an order (FIX 150; letters become numbers above 9).

    TRADE_CANCEL: the venue took a fill back, as if it had never been (a bust).

    CANCEL_REJECTED and REPLACE_REJECTED stand for FIX's OrderCancelReject (35=9, 434): the request
    was refused and the order is as it was.
    """

    NEW = 0
    CANCELED = 4
    REPLACED = 5
    REJECTED = 8
    SUSPENDED = 9
    EXPIRED = 12
    TRADE = 15
    TRADE_CANCEL = 17
    TRIGGERED = 21
    CANCEL_REJECTED = 40
    REPLACE_REJECTED = 41


class Liquidity(IntEnum):
    """Whether a fill took or provided (FIX 851)."""

    NONE = 0
    ADDED = 1
    REMOVED = 2


class TradingStatus(IntEnum):
    """The state of the market (FIX 326 in our numbering; market-facts 3).

    PRE_OPEN takes, changes and cancels orders but matches none; NO_CANCEL, its end, takes orders
    only; OPEN matches; HALT cancels only; CLOSE ends day orders.
    """

    CLOSE = 0
    PRE_OPEN = 1
    NO_CANCEL = 2
    OPEN = 3
    HALT = 4


class Reason(IntEnum):
    """Why an order or a request was refused (FIX 103/102/58; the number is CME's where it has one).

    market-facts 4. Below 1000: reasons of ours, where the exchange has no number.
    """

    NONE = 0
    UNKNOWN_ORDER = 1
    TOO_LATE = 2
    NO_LAST_PRICE = 3
    INSUFFICIENT_FUNDS = 4
    NOT_SUPPORTED = 5
    DUPLICATE_TAG = 6
    NO_LIQUIDITY = 7
    DAY_ENDED = 8
    SELF_MATCH = 9
    BRACKET_REFUSED = 10
    MARKET_CLOSED = 1003
    PRICE_NOT_POSITIVE = 1012
    NO_OPPOSITE = 2013
    PRICE_OFF_TICK = 2014
    SELL_STOP_NOT_BELOW_LAST = 2060
    BUY_STOP_NOT_ABOVE_LAST = 2061
    QUANTITY_OUT_OF_RANGE = 2115
    TYPE_NOT_ALLOWED_NOW = 2130
