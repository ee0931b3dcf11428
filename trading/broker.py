"""The broker port: the one seam between a trader and whoever holds the account.

Commands are plain functions that return a Future, so that an adapter needs no task of its own. A
command ends in one of three ways: its result, `Refused` (nothing is working), or `OutcomeUnknown`
(it may be working). A question ends in its answer, or raises: what was not answered proves nothing.
Every call carries an urgency and a deadline, after which it ends in `OutcomeUnknown`; without one
it waits. Events come through synchronous sinks, in order, on the loop's thread.
Behaviour follows what is offered, never the broker's name.
"""

from asyncio import Future
from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum
from typing import Protocol

from msgspec import Struct

from .instrument import Instrument
from .order import (
    Execution,
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderState,
    PositionState,
)
from .words import OrdType, TimeInForce


class Urgency(IntEnum):
    """How a call is treated when the rate budget is short: risk-reducing ones use the reserve."""

    ORDINARY = 0
    RISK_REDUCING = 1


class Offers(Struct, frozen=True, kw_only=True):
    """What a broker can do.

    `modify_in_place`: a change keeps the order's identity. `lossless_stream`: no order event is
    ever missing while the stream is up, so that nobody needs to look for what was not told; how
    late one may be is not said by it. `sure_stops`: a stop is always set off by the trade that
    reaches it, so that nobody needs to watch whether it was; no broker that is reached over a wire
    can say that.

    `native_brackets`: the broker can keep a stop and a target for an entry itself
    (`OrderRequest.attached`). `auto_oco`: whether this account has that switched on; then an entry
    may carry them, they are told as orders of their own with the entry as `parent_id`, and one that
    fills takes the other away. Off, such an entry is refused; None: the broker does not say.
    `attached_ticks_least`: the least distance of such a stop from the fill.
    """

    ord_types: frozenset[OrdType]
    tifs: frozenset[TimeInForce]
    modify_in_place: bool
    native_brackets: bool
    lossless_stream: bool
    auto_oco: bool | None = None
    attached_ticks_least: int = 1
    sure_stops: bool = False


class Ack(Struct, frozen=True):
    """The broker has the order and this is its id; fills may have come before."""

    order_id: str


class AccountState(Struct, frozen=True, kw_only=True):
    """An account's money, exact, in `currency`. `cash` has realised profit and fees in it."""

    name: str
    currency: str
    cash: Decimal
    realised: Decimal
    open_profit: Decimal
    fees: Decimal
    time_ns: int


class StreamState(Struct, frozen=True):
    """The event stream came up or went down; after a gap what we know is stale until asked
    again."""

    up: bool
    gap: bool
    text: str = ""


BrokerEvent = ExecutionReport | PositionState | AccountState | StreamState


class Broker(Protocol):
    """One account at one broker."""

    @property
    def account_name(self) -> str: ...

    @property
    def offers(self) -> Offers: ...

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        """Send every later event to `sink`, in order."""

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        """Enter an order. Raises through the future: `Refused`, `OutcomeUnknown`."""

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        """Change a working order. Done means taken, not that nothing was filled meanwhile."""

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        """Take a working order away. Done means taken; what was filled before stays filled."""

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        """Close a position at market, or `qty` contracts of it, by an order of the broker's own.

        Working orders are left alone, attached ones as well. Refused when there is nothing to
        close.
        """

    def open_orders(
        self,
        instrument: Instrument | None = None,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        """Orders that are working, oldest first; suspended ones are not among them."""

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[OrderState | None]":
        """One order by the broker's id or by our tag; None when the broker has none such."""

    def orders_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        """Orders entered at or after a moment, whatever their state, oldest first."""

    def executions_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[Execution]]":
        """Fills at or after a moment, oldest first, those among them that were taken back since."""

    def positions(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[PositionState]]":
        """Open positions; an instrument that is flat is not listed."""

    def account(
        self,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[AccountState]":
        """The account's money now."""
