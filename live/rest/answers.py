"""What became of a request, by what the wire said: done, refused, not sent, unknown. One table.

A business refusal is HTTP 200 with `success: false` and a code that belongs to its endpoint
(gateway-protocol 9). What never reached a handler (429, 401, a refused connection) is `NotSent`;
what left and whose answer was lost, cut or no JSON is `OutcomeUnknown`: a write may have been acted
upon, and of a question nothing was learnt.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from ...trading.errors import DryfillError, NotSent, OutcomeUnknown, Refused, SessionExpired
from ...trading.words import Reason
from ..hubs.records import DECIMALS

_WRITES = frozenset(
    {
        "Order/place",
        "Order/modify",
        "Order/cancel",
        "Position/closeContract",
        "Position/partialCloseContract",
    }
)
"""Requests that change something at the broker."""

_PENDING: Mapping[str, int] = {
    "Order/place": 6,
    "Order/modify": 4,
    "Order/cancel": 4,
    "Position/closeContract": 6,
    "Position/partialCloseContract": 7,
}
"""The code that says neither yes nor no: the order is in flight, look again."""

_REASONS: Mapping[tuple[str, int], Reason] = {
    ("Order/place", 3): Reason.INSUFFICIENT_FUNDS,
    ("Order/place", 5): Reason.MARKET_CLOSED,
    ("Order/modify", 2): Reason.UNKNOWN_ORDER,
    ("Order/cancel", 2): Reason.UNKNOWN_ORDER,
    ("Order/cancel", 3): Reason.TOO_LATE,
    ("Order/searchById", 1): Reason.UNKNOWN_ORDER,
    ("Position/closeContract", 2): Reason.UNKNOWN_ORDER,
    ("Position/partialCloseContract", 2): Reason.UNKNOWN_ORDER,
    ("Position/partialCloseContract", 5): Reason.QUANTITY_OUT_OF_RANGE,
}
_TEXTS: tuple[tuple[str, Reason], ...] = (
    ("brackets cannot be used", Reason.BRACKET_REFUSED),
    ("invalid stop loss t", Reason.BRACKET_REFUSED),  # ticks, type
    ("invalid take profit t", Reason.BRACKET_REFUSED),
    ("not aligned to tick size", Reason.PRICE_OFF_TICK),
    ("without a last price", Reason.NO_LAST_PRICE),
    ("invalid stop price", Reason.SELL_STOP_NOT_BELOW_LAST),
    ("custom tag", Reason.DUPLICATE_TAG),
    ("customtag", Reason.DUPLICATE_TAG),
)
"""Codes and texts as reasons of ours; the text decides where the code says only "rejected"."""

_NAMES: Mapping[str, Mapping[int, str]] = {
    "Auth/loginKey": {
        1: "UserNotFound",
        2: "PasswordVerificationFailed",
        3: "InvalidCredentials",
        4: "AppNotFound",
        5: "AppVerificationFailed",
        6: "InvalidDevice",
        7: "AgreementsNotSigned",
        8: "UnknownError",
        9: "ApiSubscriptionNotFound",
        10: "ApiKeyAuthenticationDisabled",
    },
    "Auth/validate": {1: "InvalidSession", 2: "SessionNotFound", 3: "ExpiredToken"},
    "Contract/searchById": {1: "ContractNotFound"},
    "History/retrieveBars": {
        1: "ContractNotFound",
        2: "UnitInvalid",
        3: "UnitNumberInvalid",
        4: "LimitInvalid",
    },
    "Order/place": {
        1: "AccountNotFound",
        2: "OrderRejected",
        3: "InsufficientFunds",
        4: "AccountViolation",
        5: "OutsideTradingHours",
        6: "OrderPending",
        7: "UnknownError",
        8: "ContractNotFound",
        9: "ContractNotActive",
        10: "AccountRejected",
    },
    "Order/modify": {
        1: "AccountNotFound",
        2: "OrderNotFound",
        3: "Rejected",
        4: "Pending",
        5: "UnknownError",
        6: "AccountRejected",
        7: "ContractNotFound",
    },
    "Order/cancel": {
        1: "AccountNotFound",
        2: "OrderNotFound",
        3: "Rejected",
        4: "Pending",
        5: "UnknownError",
        6: "AccountRejected",
    },
    "Order/searchById": {1: "OrderNotFound"},
    "Position/closeContract": {
        1: "AccountNotFound",
        2: "PositionNotFound",
        3: "ContractNotFound",
        4: "ContractNotActive",
        5: "OrderRejected",
        6: "OrderPending",
        7: "UnknownError",
        8: "AccountRejected",
    },
    "Position/partialCloseContract": {
        1: "AccountNotFound",
        2: "PositionNotFound",
        3: "ContractNotFound",
        4: "ContractNotActive",
        5: "InvalidCloseSize",
        6: "OrderRejected",
        7: "OrderPending",
        8: "UnknownError",
        9: "AccountRejected",
    },
}
_WHO = "DRYFILL_LIVE_USER_NAME and DRYFILL_LIVE_API_KEY, or the keyring, say who logs in"
_WAYS_OUT: Mapping[tuple[str, int], str] = {
    ("Auth/loginKey", 1): _WHO,
    ("Auth/loginKey", 2): _WHO,
    ("Auth/loginKey", 3): _WHO,
    ("Auth/loginKey", 7): "sign them on the firm's page",
    ("Auth/loginKey", 9): "take API access out on the firm's page",
    ("Auth/loginKey", 10): "allow keys on the firm's page",
}
_ACCOUNT_NOT_FOUND = {1: "AccountNotFound"}  # what every other call about an account may say


def code_name(endpoint: str, code: int) -> str:
    """A code in the gateway's own word, else its number."""
    return _NAMES.get(endpoint, _ACCOUNT_NOT_FOUND).get(code, f"code {code}")


def judge(endpoint: str, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The members of an answer that says success; else raises what became of the request.

    `endpoint` as in "Order/place". Numbers in the answer are exact Decimals.
    """
    if status == 401:
        raise SessionExpired(f"{endpoint}: 401, the token is not taken any more")
    if status == 429:
        after_s = retry_after_s(headers)
        raise NotSent(f"{endpoint}: 429, too many requests", retry_after_s=after_s, limited=True)
    if status in (400, 404):
        text = body[:200].decode(errors="replace")
        raise Refused(f"{endpoint}: {status}: {text or 'no text'}")
    if status != 200:
        raise lost(endpoint, f"{status}")
    try:
        answer = DECIMALS.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise lost(endpoint, f"200 with a body that is no JSON ({error})") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        raise lost(endpoint, "200 with a body that is no answer")
    if answer["success"]:
        return answer
    raise _refusal(endpoint, answer)


def lost(endpoint: str, how: str) -> OutcomeUnknown:
    """The error of a request that left, and whose answer did not come as one."""
    means = "it may have been acted upon" if endpoint in _WRITES else "nothing was learnt"
    return OutcomeUnknown(f"{endpoint}: {how}; {means}")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that the gateway asks us to wait: a number or an HTTP date, measured from its own
    `Date`; None where it says nothing that can be read."""
    low = {name.lower(): value for name, value in headers.items()}
    text = low.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    at, now = http_date(text), http_date(low.get("date", ""))
    if at is None or now is None:
        return None
    return max((at - now).total_seconds(), 0.0)


def _refusal(endpoint: str, answer: Mapping[str, Any]) -> DryfillError:
    code, text = answer.get("errorCode"), answer.get("errorMessage")
    code = code if isinstance(code, int) else -1
    said = f"{endpoint}: {code_name(endpoint, code)}" + (f": {text}" if text else "")
    way_out = _WAYS_OUT.get((endpoint, code))
    said += f"; {way_out}" if way_out else ""
    if code == _PENDING.get(endpoint):
        return OutcomeUnknown(f"{said}; it is in flight")
    reason = _REASONS.get((endpoint, code), Reason.NONE)
    low = str(text or "").lower()
    reason = next((known for part, known in _TEXTS if part in low), reason)
    return Refused(said, reason=reason)


def http_date(text: str) -> datetime | None:
    """A date as HTTP headers write it; None for text that is none. Without a zone it is UTC."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
