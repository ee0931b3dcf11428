"""What clients send, read and checked: bodies with names in any case, prices that are JSON numbers.

A body that cannot be read is a `BadBody`; the server answers 400 with its problem. Unknown members
are ignored (gateway-protocol 2).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_BELOW_A_MICROSECOND_NS = 999
_DIGITS_MOST = 28  # of the server's decimals

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class BadBody(Exception):
    """A body that no endpoint can take; `errors` by the member's name, for the problem."""

    def __init__(self, text: str, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(text)
        self.errors = dict(errors or {})


class Number(Decimal):
    """A JSON number, exactly as it was written; text of digits is none."""


class Body(Struct, frozen=True, rename=lambda name: name.replace("_", "")):
    """Members are matched in lower case."""


class Nothing(Body, frozen=True):
    """An endpoint that needs nothing."""


class LoginKey(Body, frozen=True):
    user_name: str
    api_key: str


class LoginApp(Body, frozen=True):
    user_name: str
    password: str
    device_id: str | None = None
    app_id: str | None = None
    verify_key: str | None = None


class Accounts(Body, frozen=True):
    only_active_accounts: bool = False


class ContractSearch(Body, frozen=True):
    live: bool
    search_text: str | None = None


class ContractId(Body, frozen=True):
    contract_id: str


class ContractsAvailable(Body, frozen=True):
    live: bool


class Bars(Body, frozen=True):
    contract_id: str
    live: bool
    start_time: str
    end_time: str
    unit: Int32
    unit_number: Int32
    limit: Int32
    include_partial_bar: bool = False


class Bracket(Body, frozen=True):
    ticks: Int32
    type: Int32


class Place(Body, frozen=True):
    account_id: Int32
    contract_id: str
    type: Int32
    side: Int32
    size: Int32
    limit_price: Number | None = None
    stop_price: Number | None = None
    trail_price: Number | None = None
    custom_tag: str | None = None
    stop_loss_bracket: Bracket | None = None
    take_profit_bracket: Bracket | None = None
    linked_order_id: Int64 | None = None


class Modify(Body, frozen=True):
    account_id: Int32
    order_id: Int64
    size: Int32 | None = None
    limit_price: Number | None = None
    stop_price: Number | None = None
    trail_price: Number | None = None


class OneOrder(Body, frozen=True):
    account_id: Int32
    order_id: Int64


class OfAccount(Body, frozen=True):
    account_id: Int32


class Orders(Body, frozen=True):
    account_id: Int32
    start_timestamp: str
    end_timestamp: str | None = None


class Trades(Body, frozen=True):
    account_id: Int32
    start_timestamp: str | None = None
    end_timestamp: str | None = None


class QueryFilter(Body, frozen=True):
    account_id: Int32
    statuses: list[Int32] | None = None
    contract_id: str | None = None
    created_after: str | None = None
    created_before: str | None = None


class Query(Body, frozen=True):
    filter: QueryFilter
    page_size: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    page_offset: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    sort_by: Annotated[int, Meta(ge=0, le=1)] = 0
    sort_direction: Annotated[int, Meta(ge=0, le=1)] = 1
    include_total_count: bool = False


class Close(Body, frozen=True):
    account_id: Int32
    contract_id: str


class PartialClose(Body, frozen=True):
    account_id: Int32
    contract_id: str
    size: Int32


B = TypeVar("B", bound=Body)


def read_body(raw: bytes, kind: type[B]) -> B:
    """A request's body as `kind`. No body counts as an empty object. Raises `BadBody`."""
    try:
        fields = _DECODER.decode(raw.removeprefix(b"\xef\xbb\xbf")) if raw.strip() else {}
    except (ValueError, RecursionError, InvalidOperation):  # msgspec's errors are ValueErrors
        raise BadBody("The body is no JSON.") from None
    if not isinstance(fields, dict):
        raise BadBody("The body is no JSON object.")
    try:
        return msgspec.convert(_low(fields), kind, dec_hook=_number)
    except RecursionError:  # deep enough for the decoder and too deep for us
        raise BadBody("The body is too deep.") from None
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        member = where.strip("`").removeprefix("$.") or "$"
        raise BadBody("One or more validation errors occurred.", {member: [what]}) from None


def moment_ns(text: str, member: str) -> int:
    """A time of a request in ns since the epoch; one without a zone is UTC. Raises `BadBody`."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise BadBody(
            "One or more validation errors occurred.", {member: [f"{text[:80]!r} is no time"]}
        ) from None


def until_ns(text: str, member: str) -> int:
    """As `moment_ns`, of a time that ends a window: the last moment that is written so, because a
    stamp has more digits than what is read of one. What was made at a stamp is in a window that
    ends there."""
    return moment_ns(text, member) + _BELOW_A_MICROSECOND_NS


def _low(value: Any) -> Any:
    """The same with every name in lower case, all the way down; bodies are not deep."""
    if isinstance(value, dict):
        return {str(name).lower(): _low(each) for name, each in value.items()}
    return [_low(each) for each in value] if isinstance(value, list) else value


def _number(kind: type, value: Any) -> Any:
    if kind is not Number or isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"Expected a number, got `{type(value).__name__}`")
    number = Number(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -_DIGITS_MOST <= exponent <= _DIGITS_MOST:
        raise ValueError("The number is out of range")
    if number and abs(number.adjusted()) > _DIGITS_MOST:
        raise ValueError("The number is out of range")
    return number
