"""What each endpoint calls its failures: the same number means different things elsewhere
(gateway-protocol 9)."""

from collections.abc import Mapping
from enum import Enum


class Failure(Enum):
    """What went wrong, whichever the endpoint."""

    ACCOUNT_NOT_FOUND = "AccountNotFound"
    REJECTED = "OrderRejected"
    NO_FUNDS = "InsufficientFunds"
    VIOLATION = "AccountViolation"
    OUTSIDE_HOURS = "OutsideTradingHours"
    UNKNOWN = "UnknownError"
    CONTRACT_NOT_FOUND = "ContractNotFound"
    CONTRACT_NOT_ACTIVE = "ContractNotActive"
    ORDER_NOT_FOUND = "OrderNotFound"
    POSITION_NOT_FOUND = "PositionNotFound"
    BAD_SIZE = "InvalidCloseSize"
    BAD_CREDENTIALS = "InvalidCredentials"
    KEY_DISABLED = "ApiKeyAuthenticationDisabled"
    BAD_SESSION = "InvalidSession"
    BAD_UNIT = "UnitInvalid"
    BAD_UNIT_NUMBER = "UnitNumberInvalid"
    BAD_LIMIT = "LimitInvalid"


_LOGIN = {
    Failure.BAD_CREDENTIALS: 3,
    Failure.UNKNOWN: 8,
    Failure.KEY_DISABLED: 10,
}
_CLOSE = {
    Failure.ACCOUNT_NOT_FOUND: 1,
    Failure.POSITION_NOT_FOUND: 2,
    Failure.CONTRACT_NOT_FOUND: 3,
    Failure.CONTRACT_NOT_ACTIVE: 4,
}
_CODES: Mapping[str, Mapping[Failure, int]] = {
    "auth/loginkey": _LOGIN,
    "auth/loginapp": _LOGIN,
    "auth/validate": {Failure.BAD_SESSION: 1, Failure.UNKNOWN: 4},
    "auth/logout": {Failure.BAD_SESSION: 1, Failure.UNKNOWN: 2},
    "contract/searchbyid": {Failure.CONTRACT_NOT_FOUND: 1},
    "history/retrievebars": {
        Failure.CONTRACT_NOT_FOUND: 1,
        Failure.BAD_UNIT: 2,
        Failure.BAD_UNIT_NUMBER: 3,
        Failure.BAD_LIMIT: 4,
    },
    "order/place": {
        Failure.ACCOUNT_NOT_FOUND: 1,
        Failure.REJECTED: 2,
        Failure.NO_FUNDS: 3,
        Failure.VIOLATION: 4,
        Failure.OUTSIDE_HOURS: 5,
        Failure.UNKNOWN: 7,
        Failure.CONTRACT_NOT_FOUND: 8,
        Failure.CONTRACT_NOT_ACTIVE: 9,
    },
    "order/modify": {
        Failure.ACCOUNT_NOT_FOUND: 1,
        Failure.ORDER_NOT_FOUND: 2,
        Failure.REJECTED: 3,
        Failure.UNKNOWN: 5,
    },
    "order/cancel": {
        Failure.ACCOUNT_NOT_FOUND: 1,
        Failure.ORDER_NOT_FOUND: 2,
        Failure.REJECTED: 3,
        Failure.UNKNOWN: 5,
    },
    "order/search": {Failure.ACCOUNT_NOT_FOUND: 1},
    "order/searchopen": {Failure.ACCOUNT_NOT_FOUND: 1},
    "order/v2/query": {Failure.ACCOUNT_NOT_FOUND: 1},
    "order/searchbyid": {Failure.ACCOUNT_NOT_FOUND: 1, Failure.ORDER_NOT_FOUND: 1},
    "position/searchopen": {Failure.ACCOUNT_NOT_FOUND: 1},
    "trade/search": {Failure.ACCOUNT_NOT_FOUND: 1},
    "position/closecontract": {**_CLOSE, Failure.REJECTED: 5, Failure.UNKNOWN: 7},
    "position/partialclosecontract": {
        **_CLOSE,
        Failure.BAD_SIZE: 5,
        Failure.REJECTED: 6,
        Failure.UNKNOWN: 8,
    },
}


def code_of(endpoint: str, failure: Failure) -> int:
    """The number of a failure at an endpoint (its path in lower case, without `/api/`).

    One for which the endpoint has none is its UnknownError; an endpoint without even that (those
    with no documented codes) answers 1.

    >>> code_of("order/place", Failure.REJECTED), code_of("order/modify", Failure.REJECTED)
    (2, 3)
    """
    codes = _CODES.get(endpoint, {})
    return codes.get(failure, codes.get(Failure.UNKNOWN, 1))


class Failed(Exception):
    """A business failure: HTTP 200 with `success: false`. `payload` may carry what is there all the
    same, such as the id of an order that was rejected."""

    def __init__(
        self, failure: Failure, text: str | None = None, payload: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(text or failure.value)
        self.failure = failure
        self.text = text
        self.payload = dict(payload or {})
