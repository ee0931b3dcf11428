"""JSON whose numbers are exact: a Decimal is written digit for digit, never with an exponent."""

from decimal import Decimal
from typing import Any

import msgspec

from .price import price_text

_ENCODER = msgspec.json.Encoder()


def wire_json(value: Any) -> bytes:
    """A value of dicts, lists, text, whole numbers and Decimals as JSON. A float is an error.

    >>> wire_json({"limitPrice": Decimal("0.0000005"), "size": 2, "stopPrice": Decimal("1E+2")})
    b'{"limitPrice":0.0000005,"size":2,"stopPrice":100}'
    """
    return _ENCODER.encode(_exact(value))


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_exact(each) for each in value]
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; what is sent is a Decimal or a whole number")
    return msgspec.Raw(price_text(value).encode()) if isinstance(value, Decimal) else value
