"""TOML tables that a user may override: read exactly, checked, and refused with file, key and
value.

Numbers of lesser strength (fees, hours, protection points) are data, never code; this is the one
way they come in. A decimal in TOML becomes a `Decimal`, so 0.1 means a tenth.

Rows are structs of msgspec's, not models of pydantic's: every run reads some of these tables, and
loading pydantic and making its models was a fifth of the time to a small backtest's result.
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .errors import ScenarioError, UsageError

_PLACE = re.compile(r"(?P<said>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.?([^.\[\]]+)")
_ABOUT_KEY = re.compile(r"Object (?P<how>missing required|contains unknown) field `(?P<key>.*)`")
_UNNAMED = "..."  # how msgspec writes a key of a mapping


class BadKey(ValueError):
    """What a row finds wrong with one of its keys."""

    def __init__(self, key: str, value: object, said: str) -> None:
        super().__init__(f"{key} is {value!r}: {said}")
        self.key = key


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of such a table: frozen, and a key that it does not know is an error."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            for each in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(each, Decimal) and not each.is_finite():
                    raise BadKey(name, each, "it has to be a finite number")


R = TypeVar("R", bound=Row)


def read_toml(path: Path | str) -> dict[str, Any]:
    """The tables of a TOML file, decimals exact.

    Raises `UsageError` where there is no such file and `ScenarioError` where it is no TOML; both
    name the file, the latter the line.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}; check the path") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ScenarioError(f"{path} is no TOML: {exc}") from exc


def checked(row: type[R], values: object, *, file: Path | str, key: str) -> R:
    """`values` as a `row`. Raises `ScenarioError` with file, key, value and what was expected."""
    try:
        return msgspec.convert(values, row)
    except msgspec.ValidationError as exc:
        raise ScenarioError(f"{file}: {_what_is_wrong(row, values, key, exc)}") from exc


def _what_is_wrong(row: type[Row], values: Any, key: str, error: msgspec.ValidationError) -> str:
    """What msgspec says, with the key in full and the value that stands there."""
    split = _PLACE.fullmatch(str(error))
    assert split is not None
    steps = _STEP.findall(split["path"] or "")
    about = _ABOUT_KEY.fullmatch(split["said"])
    where = ".".join([key, *(step for step in steps if step != _UNNAMED)])
    if about and about["how"] == "contains unknown":
        known = f"; known are {', '.join(row.__struct_encode_fields__)}" if not steps else ""
        return f"{where}.{about['key']} is not a key{known}"
    if about:
        return f"{where}.{about['key']}: Field required"
    if isinstance(error.__cause__, BadKey):
        return f"{where}.{error.__cause__}"
    if isinstance(error.__cause__, ValueError):
        return f"{where}: {split['said']}"
    for step in steps:
        if step != _UNNAMED:
            values = values[int(step) if isinstance(values, list) else step]
    return f"{where} is {values!r}: {split['said']}"


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables of tables: a key of `over` replaces the same key of the same table in `base`."""
    both = {name: dict(values) for name, values in base.items()}
    for name, values in over.items():
        known = both.get(name, {})
        both[name] = {**known, **values} if isinstance(values, Mapping) else values
    return both
