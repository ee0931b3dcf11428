"""Settings from a TOML table and from the environment: every value checked where it is written.

Nothing is guessed: an unknown name is refused with the nearest one, a value of the wrong kind with
its place. What a number may be is the settings class's own business; its error gets the place in
front.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from ..errors import ScenarioError, UsageError

PREFIX = "DRYFILL_ORDERS_"
TABLE = "orders"


def from_file(kind: type[Any], path: str | Path) -> dict[str, Any]:
    """What a TOML file gives in its table `[orders]`; other tables are somebody else's.

    Raises `UsageError` where the file cannot be read and `ScenarioError` with file, line and value
    where it is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} is no TOML: {error}") from error
    table = tables.get(TABLE)
    if not isinstance(table, dict):
        raise ScenarioError(f"{path} has no table [{TABLE}]; put the settings below such a line")
    known = get_type_hints(kind)
    for name, value in table.items():
        at = f"{path}, line {_line_of(text, name)}"
        if name not in known:
            raise ScenarioError(f"{at}: there is no setting {name}{_nearest(name, known)}")
        try:
            table[name] = msgspec.convert(value, known[name])
        except msgspec.ValidationError as error:
            said = _wanted(known[name])
            raise ScenarioError(f"{at}: {name} is {value!r}: {said}") from error
    try:
        kind(**table)
    except UsageError as error:
        raise ScenarioError(f"{path}: {error}") from error
    return table


def from_environment(kind: type[Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """What variables such as `DRYFILL_ORDERS_RETRY_S` give. Raises `UsageError` with the variable
    and its value."""
    known, found = get_type_hints(kind), {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        name, text = variable.removeprefix(PREFIX).lower(), environ[variable]
        if name not in known:
            raise UsageError(
                f"{variable}={text}: there is no setting {name}{_nearest(name, known)}"
            )
        try:
            found[name] = msgspec.convert(text.strip(), known[name], strict=False)
        except msgspec.ValidationError as error:
            said = _wanted(known[name])
            raise UsageError(f"{variable} is {text!r}: {said}") from error
    return found


def _wanted(kind: Any) -> str:
    names = {float: "a valid number", int: "a valid integer", bool: "a valid boolean"}
    return f"give {names[kind] if kind in names else ' or '.join(get_args(kind))}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "; docs/order-settings.md lists them all"


def _line_of(text: str, name: str) -> str:
    """The line on which a key of the table stands; `?` where it is written in some unusual way."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^]]*?)\s*\]+", line)
        if header:
            inside = header[1].strip("\"'") == TABLE
        elif inside and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line):
            return str(number)
    return "?"
