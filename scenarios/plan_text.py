"""Plans as text: TOML that a trader can write, and JSON for machines.

What is wrong with a plan is said with file, line, key, value and the way out.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..trading.errors import ScenarioError, UsageError
from .plan import Fault, Plan
from .plan_kinds import KINDS
from .plan_run import RunHead

_TOP = ("name", "strict", "run", "fault")
_HEADER = re.compile(r"\s*\[\[\s*fault\s*\]\]")
_RUN = re.compile(r"\s*\[\s*run\s*\]")


def make_plan(*faults: Mapping[str, object], name: str = "", strict: bool = True) -> Plan:
    """A plan from keys and values as they stand in a file. Raises `ScenarioError`.

    >>> make_plan({"kind": "drop", "event": "fill", "nth": 2}).faults[0].nth
    2
    """
    return _plan({"name": name, "strict": strict, "fault": list(faults)}, "plan", "")


def read_plan(path: Path | str) -> Plan:
    """The plan of a file, by its ending `.toml` or `.json`.

    Raises `UsageError` where there is no such file, `ScenarioError` for what is no plan.
    """
    path = Path(path)
    readers = {".toml": plan_from_toml, ".json": plan_from_json}
    if path.suffix not in readers:
        raise UsageError(f"{path} ends in {path.suffix!r}; a plan ends in .toml or .json")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}; check the path") from exc
    except UnicodeDecodeError as exc:
        raise ScenarioError(f"{path} is no text in UTF-8: {exc}") from exc
    return readers[path.suffix](text, str(path))


def plan_from_toml(text: str, file: str = "plan") -> Plan:
    """The plan of a TOML text; `file` is its name in messages. Raises `ScenarioError`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ScenarioError(f"{file} is no TOML: {exc}") from exc
    return _plan(values, file, text)


def plan_from_json(text: str, file: str = "plan") -> Plan:
    """The plan of a JSON text, the same keys as in TOML. Raises `ScenarioError`."""
    try:
        values = json.loads(text)
    except ValueError as exc:
        raise ScenarioError(f"{file} is no JSON: {exc}") from exc
    if not isinstance(values, dict):
        raise ScenarioError(f"{file} holds {values!r}; a plan is an object with a list 'fault'")
    return _plan(values, file, "")


def plan_to_toml(plan: Plan) -> str:
    """The plan as TOML; reading it gives the same plan."""
    blocks = [_lines(_top(plan))]
    if plan.run is not None:
        blocks.append(f"[run]\n{_lines(_values(plan.run))}")
    blocks += [f"[[fault]]\n{_lines(_values(fault))}" for fault in plan.faults]
    return "\n".join(block for block in blocks if block)


def plan_to_json(plan: Plan) -> str:
    """The plan as JSON; reading it gives the same plan."""
    head = {} if plan.run is None else {"run": _values(plan.run)}
    faults = [_values(fault) for fault in plan.faults]
    return json.dumps({**_top(plan), **head, "fault": faults}, indent=1)


# --- writing ------------------------------------------------------------------------------------


def _top(plan: Plan) -> dict[str, Any]:
    top: dict[str, Any] = {"name": plan.name} if plan.name else {}
    return top if plan.strict else {**top, "strict": False}


def _values(table: Fault | RunHead) -> dict[str, Any]:
    return table.model_dump(exclude_defaults=True)


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: object) -> str:
    # A JSON string is a TOML string but for one character, which JSON does not escape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


# --- reading ------------------------------------------------------------------------------------


def _plan(values: Mapping[str, Any], file: str, text: str) -> Plan:
    for key in values:
        if key not in _TOP:
            raise ScenarioError(
                f"{file}: {key} is not a key of a plan; known are {', '.join(_TOP)}"
            )
    name, strict, rows = values.get("name", ""), values.get("strict", True), values.get("fault", [])
    for key, value, kind in (("name", name, str), ("strict", strict, bool), ("fault", rows, list)):
        if not isinstance(value, kind):
            raise ScenarioError(f"{file}: {key} is {value!r}; give a {kind.__name__}")
    faults = [fault_of(row, number, file, text) for number, row in enumerate(rows, 1)]
    return Plan(tuple(faults), name, strict, _head(values.get("run"), file, text))


def _head(row: object, file: str, text: str) -> RunHead | None:
    if row is None:
        return None
    if not isinstance(row, Mapping):
        raise ScenarioError(f"{file}: run is {row!r}; give a table of keys and values")
    try:
        return RunHead.model_validate(dict(row))
    except ValidationError as exc:
        key, problem = _first(exc, "what")
        if problem is None:
            problem = f" is not a key; known are {', '.join(RunHead.model_fields)}"
        elif key in row:
            problem = f" is {row[key]!r}: {problem}"
        where = f"{file}{_line_of_run(text, key)}: run: {key}"
        raise ScenarioError(f"{where}{problem}") from exc


def fault_of(row: object, number: int, file: str, text: str) -> Fault:
    """The fault of a table of a file, the `number`-th; `text` is the file's. Raises
    `ScenarioError`."""
    if not isinstance(row, Mapping):
        raise ScenarioError(f"{file}: fault {number} is {row!r}; give a table of keys and values")
    if "kind" not in row:
        known = ", ".join(KINDS)
        where = f"{file}{_line(text, number, None)}: fault {number}"
        raise ScenarioError(f"{where} has no kind; give one of {known}")
    try:
        return Fault.model_validate(dict(row))
    except ValidationError as exc:
        raise ScenarioError(_problem(exc, row, number, file, text)) from exc


def _problem(
    exc: ValidationError, row: Mapping[Any, Any], number: int, file: str, text: str
) -> str:
    key, problem = _first(exc, "kind")
    where = f"{file}{_line(text, number, key)}: fault {number} ({row['kind']}): {key}"
    if problem is None:
        known = ", ".join(Fault.model_fields)
        return f"{where} is not a key; known are {known}"
    got = f" is {row[key]!r}" if key in row else " is missing"
    return f"{where}{got}: {problem}"


def _first(exc: ValidationError, otherwise: str) -> tuple[str, str | None]:
    """The key of the first thing that is wrong, and what is; None for a key that is unknown."""
    first = exc.errors(include_url=False)[0]
    key = str(first["loc"][0] if first["loc"] else first.get("ctx", {}).get("key", otherwise))
    return key, None if first["type"] == "extra_forbidden" else first["msg"]


def _line(text: str, number: int, key: str | None) -> str:
    """`:12` for the line of a fault's key, or of its header; "" where the text does not show it."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _HEADER.match(line)]
    if len(starts) < number:
        return ""
    start = starts[number - 1]
    end = starts[number] if len(starts) > number else len(lines)
    return _line_within(lines, start, end, key)


def _line_of_run(text: str, key: str) -> str:
    """`:3` for the line of a key of the head, or of its header."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if _RUN.match(line)), None)
    if start is None:
        return ""
    faults = (n for n, line in enumerate(lines) if n > start and _HEADER.match(line))
    return _line_within(lines, start, next(faults, len(lines)), key)


def _line_within(lines: list[str], start: int, end: int, key: str | None) -> str:
    if key is not None:
        name = re.compile(rf'\s*"?{re.escape(key)}"?\s*=')
        for n in range(start, end):
            if name.match(lines[n]):
                return f":{n + 1}"
    return f":{start + 1}"
