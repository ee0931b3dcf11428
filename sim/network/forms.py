"""One hub record in other forms: unreadable ones (F16), and ones that say the same (F15).

A record is text with its end; what comes out is such text too, or text that stands for bytes that
are none (as with "surrogateescape").
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...trading.exact_json import wire_json

_END = "\x1e"
_DECIMALS = msgspec.json.Decoder(float_hook=msgspec.Raw)
_NO_TEXT = "\udcff\udcfe"  # two bytes that are no UTF-8


def written(record: str, form: str) -> str:
    """A record in one of the plan's forms."""
    return _FORMS[form](record)


def _truncated(record: str) -> str:
    return record[: len(record) // 2] + _END


def _nonsense(record: str) -> str:
    return "\x00<html>502 Bad Gateway" + _END


def _empty(record: str) -> str:
    return _END


def _bytes(record: str) -> str:
    return _NO_TEXT + record


def _number(text: str) -> Callable[[str], str]:
    """Its size, or its balance, is a number that JSON does not have or nobody can hold."""

    def spoil(record: str) -> str:
        fields = _fields(record)
        name = "size" if "size" in _model(fields) else "balance"
        _model(fields)[name] = msgspec.Raw(text.encode())
        return _text(fields)

    return spoil


def _types(record: str) -> str:
    fields = _fields(record)
    return _text({**fields, "arguments": [{name: [] for name in _model(fields)}]})


def _shaped(shape: Callable[[dict[str, Any]], list[Any]]) -> Callable[[str], str]:
    """The arguments made anew of the model."""

    def reshape(record: str) -> str:
        fields = _fields(record)
        return _text({**fields, "arguments": shape(_model(fields))})

    return reshape


def _told(model: dict[str, Any]) -> dict[str, Any]:
    return {"action": 1, "data": model}


def _as_text(model: dict[str, Any]) -> list[Any]:
    return [_told({name: _digits(value) for name, value in model.items()})]


def _digits(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | msgspec.Raw):
        return value
    return str(value) if isinstance(value, int) else bytes(value).decode()


def _other_case(model: dict[str, Any]) -> list[Any]:
    return [{"Action": 1, "DATA": {name[0].upper() + name[1:]: v for name, v in model.items()}}]


def _with_unknown(model: dict[str, Any]) -> list[Any]:
    more = {"algoId": 7, "legs": [{"id": 1}], "note": "☂", "exchange": None}
    return [{**_told({**more, **model}), "v": 2}]


def _with_nulls(model: dict[str, Any]) -> list[Any]:
    """What it can do without is null."""
    spare = ("symbolId", "commissions", "contractDisplayName", "linkedOrderId", "isVisible")
    return [_told({**model, **{name: None for name in spare if name in model}})]


_FORMS: Mapping[str, Callable[[str], str]] = {
    "truncated": _truncated,
    "types": _types,
    "nan": _number("NaN"),
    "huge": _number("1e309"),
    "empty": _empty,
    "bytes": _bytes,
    "nonsense": _nonsense,
    "flat": _shaped(lambda model: [model]),
    "list": _shaped(lambda model: [[_told(model)]]),
    "many": _shaped(lambda model: [[_told(model), _told(model)]]),
    "after-id": _shaped(lambda model: [model.get("id"), model]),
    "text-numbers": _shaped(_as_text),
    "other-case": _shaped(_other_case),
    "unknown": _shaped(_with_unknown),
    "nulls": _shaped(_with_nulls),
}


def _fields(record: str) -> dict[str, Any]:
    fields: dict[str, Any] = _DECIMALS.decode(record.removesuffix(_END))
    return fields


def _model(fields: dict[str, Any]) -> dict[str, Any]:
    (argument,) = fields["arguments"]
    model: dict[str, Any] = argument.get("data", argument)
    return model


def _text(fields: dict[str, Any]) -> str:
    return wire_json(fields).decode() + _END
