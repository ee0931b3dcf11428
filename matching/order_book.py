"""A book of many people's orders, matched by price and then time: what it is told and what it says.

The engine of a backtest knows one trader's orders and a recorded market (`engine.py`); here every
order is in the book, the recorded ones of order-by-order data, those of agents, and one's own, so
that an order's place in its queue is known and no model has to assume it. The reference is
`reference/order_book.py`; `native/src/order_book.rs` does the same. docs/order-book.md.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from ..trading.words import NO_PRICE, ExecType, Reason, Side

QTY_MAX = 2**31 - 1
"""The most contracts that an order may have."""

NOBODY = 0
"""The owner of an order whose owner is not known; it matches with everybody's."""


class MessageKind(IntEnum):
    """What a row of `Messages` asks for.

    LIMIT: trades with what it reaches, what is left rests. IOC: trades with what it reaches, what
    is left is cancelled. MARKET: the same at any price. REDUCE takes `qty` contracts off an order,
    which keeps its place, or ends it where it has no more. CANCEL ends it. REPLACE gives it another
    price and `qty` still working: it keeps its place where the price stays and the quantity does
    not grow, and otherwise comes as if it were new (market-facts 4, [16]).
    """

    LIMIT = 1
    IOC = 2
    MARKET = 3
    REDUCE = 4
    CANCEL = 5
    REPLACE = 6


class SelfMatch(IntEnum):
    """What happens where an order would trade with another of its owner.

    CANCEL_RESTING: that one is cancelled and the aggressor goes on, as the exchange does without
    another instruction (market-facts 4, [18]). CANCEL_AGGRESSOR: what is left of the aggressor is
    cancelled. ALLOW: they trade.
    """

    ALLOW = 0
    CANCEL_RESTING = 1
    CANCEL_AGGRESSOR = 2


class Messages(NamedTuple):
    """Messages as columns of 64-bit integers, all of one length, in the order of their arrival.

    A row has what its kind needs, whatever stands in the others: `side`, `price`, `qty` and `owner`
    for LIMIT and IOC, without `price` for MARKET, `qty` for REDUCE, `price` and `qty` for REPLACE.
    `owner` None: nobody's are known.
    """

    kind: Any
    order_id: Any
    side: Any
    price: Any
    qty: Any
    owner: Any = None


class BookReport(Struct, frozen=True, gc=False):
    """What a message did that it did not say itself.

    TRADE: `order_id`, the aggressor, traded `qty` at `price` with `against_id`, which rested;
    `leaves_qty` and `against_leaves` are what the two still want. CANCELED: `qty` contracts were
    taken away, since nothing was left to trade with (NO_LIQUIDITY, `against_id` 0) or the owner
    would have traded with an own order, `against_id` (SELF_MATCH). REJECTED: an order with the id
    of one that rests. CANCEL_REJECTED (of a REDUCE, too) and REPLACE_REJECTED: no such order rests;
    `side` is None then.
    """

    exec_type: ExecType
    order_id: int
    side: Side | None
    price: int
    qty: int
    leaves_qty: int
    owner: int
    against_id: int = 0
    against_leaves: int = 0
    against_owner: int = NOBODY
    reason: Reason = Reason.NONE


class ReportColumns(NamedTuple):
    """Reports as columns of 64-bit integers: `row` of the message, and the fields of `BookReport`,
    enumerations by their numbers, no side as 0."""

    row: Any
    exec_type: Any
    order_id: Any
    side: Any
    price: Any
    qty: Any
    leaves_qty: Any
    owner: Any
    against_id: Any
    against_leaves: Any
    against_owner: Any
    reason: Any


class RestingOrder(Struct, frozen=True):
    """An order in the book."""

    order_id: int
    owner: int
    side: Side
    price: int
    leaves_qty: int


class Level(NamedTuple):
    """All that rests at one price."""

    price: int
    qty: int
    orders: int


class OrderBook(Protocol):
    """One instrument's book. Prices in units, quantities in contracts, ids and owners whole numbers
    of 64 bits. An id is one order's while that rests; afterwards it may be another's.

    A call answers with what it brought about and did not say itself, in order. Values that no order
    can have raise ValueError, and nothing is changed.
    """

    def limit(
        self, order_id: int, side: Side, price: int, qty: int, owner: int = NOBODY
    ) -> Sequence[BookReport]:
        """Trade with what it reaches; what is left rests behind all others at its price."""

    def ioc(
        self, order_id: int, side: Side, price: int, qty: int, owner: int = NOBODY
    ) -> Sequence[BookReport]:
        """Trade with what it reaches; what is left is cancelled."""

    def market(
        self, order_id: int, side: Side, qty: int, owner: int = NOBODY
    ) -> Sequence[BookReport]:
        """Trade at any price; what is left is cancelled."""

    def reduce(self, order_id: int, qty: int) -> Sequence[BookReport]:
        """Take `qty` contracts off an order, or all it has; it keeps its place."""

    def cancel(self, order_id: int) -> Sequence[BookReport]:
        """Take an order away."""

    def replace(self, order_id: int, price: int, qty: int) -> Sequence[BookReport]:
        """Change an order's price, and its quantity still working."""

    def submit_many(self, messages: Messages) -> ReportColumns:
        """Each message in turn, as its call would do it.

        Raises ValueError with the row of the first message that no order can have, before anything
        is changed.
        """

    def best(self, side: Side) -> Level | None:
        """The best price of a side."""

    def levels(self, side: Side) -> tuple[Level, ...]:
        """A side's prices, the best first."""

    def orders(self, side: Side) -> tuple[RestingOrder, ...]:
        """A side's orders, by price and then time."""

    def ahead(self, order_id: int) -> int | None:
        """How many contracts stand before an order at its price; None: it does not rest."""

    def __len__(self) -> int: ...

    def check(self) -> None:
        """Walk every invariant of the book and assert it."""


def fault_of(kind: int, side: int, price: int, qty: int) -> str | None:
    """What no message can have, in words; None: nothing."""
    if not MessageKind.LIMIT <= kind <= MessageKind.REPLACE:
        return f"kind is {kind}; give one of MessageKind, 1 to 6"
    comes = kind <= MessageKind.MARKET
    if comes and side not in (1, 2):
        return f"side is {side}; give 1 (buy) or 2 (sell)"
    if kind in (MessageKind.LIMIT, MessageKind.IOC, MessageKind.REPLACE) and price == NO_PRICE:
        return "price is NO_PRICE; only a MARKET order has none"
    if kind != MessageKind.CANCEL and not 1 <= qty <= QTY_MAX:
        return f"qty is {qty}; give 1 to {QTY_MAX}"
    return None
