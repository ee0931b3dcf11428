"""What project-x-py's OrderManager takes and gives: its numbers, its answers, its errors.

Names and numbers are that library's (4.4.1) and the ProjectX gateway's; prices in answers are
floats there, so they are here. Everything exact is on our own side of the facade.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum

from ..trading.errors import DryfillError, UsageError
from ..trading.order import OrderState
from ..trading.words import OrdStatus, OrdType, Side


class OrderSide(IntEnum):
    """Buy or sell, as ProjectX counts them."""

    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    """Kinds of orders, as ProjectX counts them."""

    LIMIT = 1
    MARKET = 2
    STOP_LIMIT = 3
    STOP = 4
    TRAILING_STOP = 5
    JOIN_BID = 6
    JOIN_ASK = 7


class OrderStatus(IntEnum):
    """States of an order, as ProjectX counts them; a partly filled order is OPEN."""

    NONE = 0
    OPEN = 1
    FILLED = 2
    CANCELLED = 3
    EXPIRED = 4
    REJECTED = 5
    PENDING = 6
    PENDING_CANCELLATION = 7
    SUSPENDED = 8


class NoCounterpart(UsageError):
    """A method of that library that asks for something which Dryfill does otherwise."""


class ProjectXOrderError(DryfillError):
    """An order call did not do what it was asked; the message says why, `__cause__` is our own
    error with the broker's reason."""


class ArgumentError(ProjectXOrderError, UsageError):
    """What was asked breaks a rule, of a call's arguments or of prices; nothing was sent."""


class OrderSubmissionUncertainError(ProjectXOrderError):
    """No answer: the order may be working. It is being looked up; do not send it again."""


@dataclass(frozen=True, slots=True)
class OrderPlaceResponse:
    """The broker has the order. A refusal is an error, so `success` is always true."""

    orderId: int  # noqa: N815  the wire's own spelling, which ported code reads
    success: bool = True
    errorCode: int = 0  # noqa: N815
    errorMessage: str | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class BracketOrderResponse:
    """How a bracket stands when the call returns. `success`: all that was filled is protected, or
    the entry works and will be. Ids are None for what is not sent yet."""

    success: bool
    entry_order_id: int | None
    stop_order_id: int | None
    target_order_id: int | None
    entry_price: float
    stop_loss_price: float
    take_profit_price: float
    entry_response: OrderPlaceResponse | None
    stop_response: OrderPlaceResponse | None
    target_response: OrderPlaceResponse | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the broker has it, in the wire's spelling."""

    id: int
    accountId: int | str  # noqa: N815
    contractId: str  # noqa: N815
    creationTimestamp: str  # noqa: N815
    updateTimestamp: str | None  # noqa: N815
    status: int
    type: int
    side: int
    size: int
    symbolId: str | None = None  # noqa: N815
    fillVolume: int | None = None  # noqa: N815
    limitPrice: float | None = None  # noqa: N815
    stopPrice: float | None = None  # noqa: N815
    filledPrice: float | None = None  # noqa: N815
    customTag: str | None = None  # noqa: N815

    @property
    def is_open(self) -> bool:
        return self.status == OrderStatus.OPEN

    @property
    def is_filled(self) -> bool:
        return self.status == OrderStatus.FILLED

    @property
    def is_cancelled(self) -> bool:
        return self.status == OrderStatus.CANCELLED


_TYPES = {
    OrdType.MARKET: OrderType.MARKET,
    OrdType.LIMIT: OrderType.LIMIT,
    OrdType.STOP: OrderType.STOP,
    OrdType.STOP_LIMIT: OrderType.STOP_LIMIT,
    OrdType.TRAILING_STOP: OrderType.TRAILING_STOP,
    OrdType.JOIN_BID: OrderType.JOIN_BID,
    OrdType.JOIN_ASK: OrderType.JOIN_ASK,
}
_STATUSES = {
    OrdStatus.PENDING_NEW: OrderStatus.PENDING,
    OrdStatus.NEW: OrderStatus.OPEN,
    OrdStatus.PARTIALLY_FILLED: OrderStatus.OPEN,
    OrdStatus.PENDING_REPLACE: OrderStatus.OPEN,
    OrdStatus.FILLED: OrderStatus.FILLED,
    OrdStatus.CANCELED: OrderStatus.CANCELLED,
    OrdStatus.EXPIRED: OrderStatus.EXPIRED,
    OrdStatus.REJECTED: OrderStatus.REJECTED,
    OrdStatus.PENDING_CANCEL: OrderStatus.PENDING_CANCELLATION,
}


def status_of(status: OrdStatus) -> OrderStatus:
    """Our state in that library's number."""
    return _STATUSES[status]


def side_of(side: Side) -> int:
    """Our side in that library's number."""
    return int(OrderSide.BUY if side is Side.BUY else OrderSide.SELL)


def order_of(state: OrderState, account: int | str, contract_id: str, tag: str | None) -> Order:
    """An order as the broker told it, in that library's shape. The broker's time of the last change
    stands for both stamps; our port knows no other."""
    stamp = datetime.fromtimestamp(state.time_ns // 1000 / 1_000_000, UTC).isoformat()
    return Order(
        id=int(state.order_id),
        accountId=account,
        contractId=contract_id,
        creationTimestamp=stamp,
        updateTimestamp=stamp,
        status=_STATUSES[state.ord_status],
        type=_TYPES[state.ord_type],
        side=side_of(state.side),
        size=state.order_qty,
        symbolId=state.instrument.root,
        fillVolume=state.cum_qty,
        limitPrice=_float(state.price),
        stopPrice=_float(state.stop_px),
        filledPrice=_float(state.avg_px),
        customTag=tag,
    )


def _float(price: Decimal | None) -> float | None:
    return None if price is None else float(price)
