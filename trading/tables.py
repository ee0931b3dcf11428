"""TOML tables that a user may override: read exactly, checked, and refused with file, key and
value.

Numbers of lesser strength (fees, hours, protection points) are data, never code; this is the one
way they come in. A decimal in TOML becomes a `Decimal`, so 0.1 means a tenth.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import ScenarioError, UsageError


class Row(BaseModel):
    """A row of such a table: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
        return row.model_validate(values)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join([key, *(str(part) for part in first["loc"])])
        if first["type"] == "extra_forbidden":
            known = ", ".join(row.model_fields)
            raise ScenarioError(f"{file}: {where} is not a key; known are {known}") from exc
        got = "" if first["type"] == "missing" else f" is {first['input']!r}"
        raise ScenarioError(f"{file}: {where}{got}: {first['msg']}") from exc


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables of tables: a key of `over` replaces the same key of the same table in `base`."""
    both = {name: dict(values) for name, values in base.items()}
    for name, values in over.items():
        known = both.get(name, {})
        both[name] = {**known, **values} if isinstance(values, Mapping) else values
    return both
