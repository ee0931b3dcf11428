"""From project-x-py's arguments to ours: contracts, prices, orders, errors; one place for each."""

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeVar

from ..trading.desk import Desk
from ..trading.errors import DryfillError, OutcomeUnknown, UsageError
from ..trading.instrument import Instrument
from ..trading.instruments import MONTH_CODES
from ..trading.order import OrderSpec
from ..trading.orders.handle import Order
from ..trading.price import Price, Ticks
from ..trading.words import OrdType, Side
from .project_x_shapes import (
    ArgumentError,
    OrderPlaceResponse,
    OrderSide,
    OrderSubmissionUncertainError,
    OrderType,
    ProjectXOrderError,
)

T = TypeVar("T")

_KINDS = {
    OrderType.MARKET: (OrdType.MARKET, ()),
    OrderType.LIMIT: (OrdType.LIMIT, ("limit_price",)),
    OrderType.STOP: (OrdType.STOP, ("stop_price",)),
    OrderType.STOP_LIMIT: (OrdType.STOP_LIMIT, ("limit_price", "stop_price")),
    OrderType.TRAILING_STOP: (OrdType.TRAILING_STOP, ("trail_price",)),
    OrderType.JOIN_BID: (OrdType.JOIN_BID, ()),
    OrderType.JOIN_ASK: (OrdType.JOIN_ASK, ()),
}
"""Each type of theirs as ours, and the prices it must have."""


class Calls:
    """One desk, as that library's calls name things."""

    def __init__(self, desk: Desk, instruments: Iterable[Instrument]) -> None:
        self.desk = desk
        self.known = [desk.instrument, *instruments]
        self.read_s = desk.manager.settings.read_deadline_s
        self._contracts: dict[str, str] = {}  # the caller's spelling, by our symbol
        self._tags: dict[str, str] = {}  # the caller's custom tags, by our client tag

    def instrument(self, contract_id: str, account_id: object = None) -> Instrument:
        """The instrument of a contract id (`CON.F.US.MNQ.Z26`), a symbol or a root.

        Raises `ArgumentError` for one that the facade was not given, and for another account.
        """
        self.account(account_id)
        for instrument in self.known:
            if contract_id in _names(instrument) or _is_contract(contract_id, instrument):
                self._contracts[instrument.symbol] = contract_id
                return instrument
        known = ", ".join(each.symbol for each in self.known)
        raise ArgumentError(
            f"contract {contract_id!r} is none of those here ({known}); "
            f"give OrderManager(desk, instruments=[...]) the others"
        )

    def account(self, account_id: object) -> None:
        """Raise `ArgumentError` for an account that is not the desk's; None means the desk's."""
        name = self.desk.broker.account_name
        if account_id is not None and str(account_id) != name:
            raise ArgumentError(
                f"account {account_id!r} is not this desk's, {name!r}; "
                f"make an OrderManager for each account"
            )

    def contract_id(self, instrument: Instrument) -> str:
        """An instrument as the caller last called it."""
        return self.spelling(instrument.symbol)

    def spelling(self, symbol: str) -> str:
        """A symbol of ours as the caller last called its contract."""
        return self._contracts.get(symbol, symbol)

    def spec(
        self,
        instrument: Instrument,
        order_type: int,
        side: int,
        size: int,
        prices: Mapping[str, float | None],
    ) -> OrderSpec:
        """The order that was asked for, prices moved to the nearest tick, `trail_price` a distance.

        Raises `ArgumentError` for numbers that mean nothing and for a price that is missing.
        """
        ord_type, needs = _KINDS[_number(OrderType, order_type, "order_type")]
        for name in needs:
            if prices.get(name) is None:
                raise ArgumentError(f"a {OrderType(order_type).name} order needs {name}")
        given = {name: self.price(instrument, prices[name]) for name in needs}
        trail = given.get("trail_price")
        return OrderSpec(
            side=side_from(side),
            qty=quantity(size),
            ord_type=ord_type,
            limit=given.get("limit_price"),
            stop=given.get("stop_price"),
            trail=None if trail is None else distance(instrument, trail),
        )

    def price(self, instrument: Instrument, value: float | None) -> Price | None:
        """A price on the grid, the nearest tick; None stays None. 0 is a price."""
        return None if value is None else instrument.price(value, rounding="nearest")

    def order(self, order_id: object) -> Order:
        """The order of ours with this id of the broker's. Raises `ProjectXOrderError` where the
        order manager knows none such: a foreign order, or one long over."""
        order = self.desk.manager.view.order(str(order_id))
        if order is None:
            raise ProjectXOrderError(f"order {order_id} is none that this order manager knows")
        return order

    def keep_tag(self, order: Order, custom_tag: str | None) -> None:
        """Remember the caller's own tag of an order; what is sent is ours, which no other order
        ever carried."""
        if custom_tag is not None:
            self._tags[order.cl_ord_id] = custom_tag

    def tag(self, cl_ord_id: str) -> str | None:
        """The caller's tag of an order, else what was sent."""
        return self._tags.get(cl_ord_id) or cl_ord_id or None


async def carry(call: Awaitable[T]) -> T:
    """A call's answer, its errors in that library's classes."""
    try:
        return await call
    except OutcomeUnknown as error:
        raise OrderSubmissionUncertainError(str(error)) from error
    except ProjectXOrderError:
        raise
    except UsageError as error:
        raise ArgumentError(str(error)) from error
    except DryfillError as error:
        raise ProjectXOrderError(str(error)) from error


def link(calls: Calls, one: object, other: object) -> None:
    """Tie two of our orders: a fill of one cancels or shrinks the other."""
    calls.desk.link(calls.order(one), calls.order(other))


def placed(order: Order | None) -> OrderPlaceResponse | None:
    """The answer of an order that the broker has; None while it has no number."""
    if order is None or order.order_id is None:
        return None
    return OrderPlaceResponse(int(order.order_id))


def number(order: Order | None) -> int | None:
    """The broker's number of an order."""
    return None if order is None or order.order_id is None else int(order.order_id)


def side_from(side: int) -> Side:
    """Our side of that library's number."""
    return Side.BUY if _number(OrderSide, side, "side") is OrderSide.BUY else Side.SELL


def quantity(size: int) -> int:
    """A size that is one. Raises `ArgumentError` otherwise."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ArgumentError(f"size is {size!r}; give a whole number of contracts from 1")
    return size


def distance(instrument: Instrument, price: Price) -> Ticks:
    """A distance in price as one in ticks."""
    return Ticks(instrument.units(price) // instrument.tick_units(0))


def _number(kind: Any, value: int, name: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f"{each.value} {each.name}" for each in kind)
        raise ArgumentError(f"{name} is {value!r}; it is one of {known}") from None


def _names(instrument: Instrument) -> tuple[str, ...]:
    return (instrument.symbol, instrument.root)


def _is_contract(contract_id: str, instrument: Instrument) -> bool:
    """Whether a gateway's contract id means an instrument: its root, and its month where the
    instrument has one."""
    parts = contract_id.split(".")
    if len(parts) != 5 or parts[:2] != ["CON", "F"]:
        return False
    if parts[3] != (instrument.projectx or instrument.root):
        return False
    month = instrument.month
    if month is None:
        return instrument.symbol == instrument.root
    return parts[4] == f"{MONTH_CODES[month.month - 1]}{month.year % 100:02d}"
