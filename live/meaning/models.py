"""What the gateway's models say, read strictly from loose input: every field has one reader.

Numbers may come as strings, unknown members are passed over, and a code that nobody knows is kept
as its number. What cannot be read raises `Unreadable` with field and value; nothing is guessed.
Names and codes: gateway-protocol 6, 8 and 10.4. Prices are exact Decimals, times ns UTC.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from msgspec import Struct

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE_MOST = 2**63 - 1


class Unreadable(ValueError):
    """A model with a field that is missing or says nothing."""


class OrderModel(Struct, frozen=True, kw_only=True):
    """An order. `fill_volume` is None where the gateway left it out; `trail_ticks` a distance."""

    id: int
    account_id: int
    contract_id: str
    status: int
    type: int
    side: int
    size: int
    created_ns: int | None
    updated_ns: int | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    fill_volume: int | None
    filled_price: Decimal | None
    custom_tag: str | None
    parent_id: int | None
    linked_id: int | None
    trail_ticks: int | None


class TradeModel(Struct, frozen=True, kw_only=True):
    """A fill (the gateway's half turn). `profit` is None on a fill that opens."""

    id: int
    account_id: int
    contract_id: str
    created_ns: int
    price: Decimal
    profit: Decimal | None
    fees: Decimal | None
    commissions: Decimal | None
    side: int
    size: int
    voided: bool
    order_id: int


class PositionModel(Struct, frozen=True, kw_only=True):
    """A position: `type` 1 long, 2 short, `size` never negative; 0 when it was closed."""

    id: int | None
    account_id: int
    contract_id: str
    created_ns: int | None
    type: int
    size: int
    average_price: Decimal | None


class AccountModel(Struct, frozen=True, kw_only=True):
    """An account. `simulated` is None where the gateway left it out."""

    id: int
    name: str
    balance: Decimal | None
    can_trade: bool
    simulated: bool | None


class QuoteModel(Struct, frozen=True, kw_only=True):
    """A quote, perhaps of one side only: what is None did not change. It never has sizes."""

    symbol: str | None
    best_bid: Decimal | None
    best_ask: Decimal | None
    last_price: Decimal | None
    updated_ns: int | None


class TapeModel(Struct, frozen=True, kw_only=True):
    """A trade on the tape; `type` 0: the buyer was the aggressor, 1: the seller."""

    price: Decimal
    volume: int
    type: int | None
    time_ns: int


class DepthModel(Struct, frozen=True, kw_only=True):
    """A change of one level; `volume` is the total at the price, `type` a DomType."""

    price: Decimal
    volume: int
    type: int
    time_ns: int


class ContractModel(Struct, frozen=True, kw_only=True):
    """A contract. `tick_value` is money for a tick of one contract; `symbol_id` the root's id."""

    id: str
    name: str
    description: str | None
    tick_size: Decimal
    tick_value: Decimal
    active: bool
    symbol_id: str | None


class BarModel(Struct, frozen=True, kw_only=True):
    """A bar of history; `start_ns` is its open."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


def whole(value: Any) -> int:
    """A whole number, perhaps as text or with a fraction of zero."""
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    number = exact(value)
    if number != number.to_integral_value() or abs(number) > _WHOLE_MOST:
        raise ValueError("no whole number")
    return int(number)


def exact(value: Any) -> Decimal:
    """A finite decimal number, perhaps as text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("no number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError("no number") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError("no finite number of a size that prices have")
    return number


def text(value: Any) -> str:
    """Text that is not empty; a number is its digits."""
    if isinstance(value, int | str) and not isinstance(value, bool) and str(value).strip():
        return str(value)
    raise ValueError("no text")


def moment(value: Any) -> int:
    """ISO 8601 as ns since the epoch, to the 100 ns that the gateway sends; without an offset it
    is UTC.

    >>> moment("2026-11-20T15:00:02.1000007+00:00") % 10**9
    100000700
    """
    if not isinstance(value, str):
        raise ValueError("no time")
    body, digits = value.strip(), ""
    head, dot, rest = body.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        body = head + rest[len(digits) :]
    at = datetime.fromisoformat(body)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    since = at - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return seconds * 10**9 + int((digits + "0" * 9)[:9])


def truth(value: Any) -> bool:
    """A truth value, perhaps as 0 and 1 or as text."""
    known = {"true": True, "1": True, "false": False, "0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise ValueError("neither true nor false")
    return found


Reader = Callable[[Any], Any]
_Field = tuple[str, str, Reader, bool]  # ours, theirs, how it is read, whether it must be there
_MUST, _MAY = True, False

_OWNED: list[_Field] = [
    ("account_id", "accountid", whole, _MUST),
    ("contract_id", "contractid", text, _MUST),
]
_FIELDS: Mapping[type[Struct], list[_Field]] = {
    OrderModel: [
        ("id", "id", whole, _MUST),
        *_OWNED,
        ("status", "status", whole, _MUST),
        ("type", "type", whole, _MUST),
        ("side", "side", whole, _MUST),
        ("size", "size", whole, _MUST),
        ("created_ns", "creationtimestamp", moment, _MAY),
        ("updated_ns", "updatetimestamp", moment, _MAY),
        ("limit_price", "limitprice", exact, _MAY),
        ("stop_price", "stopprice", exact, _MAY),
        ("fill_volume", "fillvolume", whole, _MAY),
        ("filled_price", "filledprice", exact, _MAY),
        ("custom_tag", "customtag", text, _MAY),
        ("parent_id", "parentorderid", whole, _MAY),
        ("linked_id", "linkedorderid", whole, _MAY),
        ("trail_ticks", "traildistance", whole, _MAY),
    ],
    TradeModel: [
        ("id", "id", whole, _MUST),
        *_OWNED,
        ("created_ns", "creationtimestamp", moment, _MUST),
        ("price", "price", exact, _MUST),
        ("profit", "profitandloss", exact, _MAY),
        ("fees", "fees", exact, _MAY),
        ("commissions", "commissions", exact, _MAY),
        ("side", "side", whole, _MUST),
        ("size", "size", whole, _MUST),
        ("voided", "voided", truth, _MUST),
        ("order_id", "orderid", whole, _MUST),
    ],
    PositionModel: [
        ("id", "id", whole, _MAY),
        *_OWNED,
        ("created_ns", "creationtimestamp", moment, _MAY),
        ("type", "type", whole, _MUST),
        ("size", "size", whole, _MUST),
        ("average_price", "averageprice", exact, _MAY),
    ],
    AccountModel: [
        ("id", "id", whole, _MUST),
        ("name", "name", text, _MUST),
        ("balance", "balance", exact, _MAY),
        ("can_trade", "cantrade", truth, _MUST),
        ("simulated", "simulated", truth, _MAY),
    ],
    QuoteModel: [
        ("symbol", "symbol", text, _MAY),
        ("best_bid", "bestbid", exact, _MAY),
        ("best_ask", "bestask", exact, _MAY),
        ("last_price", "lastprice", exact, _MAY),
        ("updated_ns", "lastupdated", moment, _MAY),
    ],
    TapeModel: [
        ("price", "price", exact, _MUST),
        ("volume", "volume", whole, _MUST),
        ("type", "type", whole, _MAY),
        ("time_ns", "timestamp", moment, _MUST),
    ],
    ContractModel: [
        ("id", "id", text, _MUST),
        ("name", "name", text, _MUST),
        ("description", "description", text, _MAY),
        ("tick_size", "ticksize", exact, _MUST),
        ("tick_value", "tickvalue", exact, _MUST),
        ("active", "activecontract", truth, _MUST),
        ("symbol_id", "symbolid", text, _MAY),
    ],
    BarModel: [
        ("start_ns", "t", moment, _MUST),
        ("open", "o", exact, _MUST),
        ("high", "h", exact, _MUST),
        ("low", "l", exact, _MUST),
        ("close", "c", exact, _MUST),
        ("volume", "v", whole, _MUST),
    ],
    DepthModel: [
        ("price", "price", exact, _MUST),
        ("volume", "volume", whole, _MUST),
        ("type", "type", whole, _MUST),
        ("time_ns", "timestamp", moment, _MUST),
    ],
}

M = TypeVar("M", bound=Struct)


def read_model(kind: type[M], low: Mapping[str, Any]) -> M:
    """A model from its members, keys in lower case (see `shapes.models`).

    Raises `Unreadable` naming the member and its value.
    """
    found: dict[str, Any] = {}
    for ours, theirs, reader, must in _FIELDS[kind]:
        value = low.get(theirs)
        if value is None or value == "":
            if must:
                raise Unreadable(f"{kind.__name__}: {theirs} is missing")
            found[ours] = None
            continue
        try:
            found[ours] = reader(value)
        except (ValueError, OverflowError) as error:
            raise Unreadable(f"{kind.__name__}: {theirs} is {value!r:.80}: {error}") from None
    return kind(**found)
