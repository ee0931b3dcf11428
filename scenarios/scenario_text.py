"""Scenario files: TOML that a trader can read and write.

What is wrong with a file is said with file, line, key, value and the way out.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..trading.errors import ScenarioError, UsageError
from .plan import Plan
from .plan_text import fault_of, plan_to_toml
from .scenario import Scenario, Step

_TABLES = ("run", "instrument", "settings", "family", "checks")
_HEADER = re.compile(r"\s*\[+\s*(?P<name>[\w.]+)\s*\]+")


def read_scenario(path: Path | str) -> Scenario:
    """The scenario of a file; its name is the file's. Raises `UsageError` where there is no such
    file, `ScenarioError` for what is no scenario."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}; check the path") from exc
    except UnicodeDecodeError as exc:
        raise ScenarioError(f"{path} is no text in UTF-8: {exc}") from exc
    return scenario_from_toml(text, str(path))


def scenario_from_toml(text: str, file: str = "scenario") -> Scenario:
    """The scenario of a TOML text; `file` is its name in messages. Raises `ScenarioError`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ScenarioError(f"{file} is no TOML: {exc}") from exc
    name = Path(file).stem
    rows = values.pop("fault", [])
    if not isinstance(rows, list):
        raise ScenarioError(f"{file}: fault is {rows!r}; give tables, each under [[fault]]")
    faults = tuple(fault_of(row, number, file, text) for number, row in enumerate(rows, 1))
    for key in ("plan", "name"):
        if key in values:
            known = ", ".join((*_keys(Scenario), "fault"))
            raise ScenarioError(f"{file}: {key} is not a key; known are {known}")
    try:
        made = Scenario.model_validate({**values, "plan": Plan(faults, name), "name": name})
    except ValidationError as exc:
        raise ScenarioError(_problem(exc, values, file, text)) from exc
    hands = tuple(
        fault_of(step.hand, number, file, "") for number, step in enumerate(made.hands, 1)
    )
    return made.model_copy(update={"plan": Plan((*hands, *faults), name)})


def scenario_to_toml(scenario: Scenario) -> str:
    """The scenario as TOML; reading it gives the same one."""
    values = scenario.model_dump(exclude_defaults=True)
    tables = {key: values.pop(key) for key in _TABLES if key in values}
    steps = values.pop("do", [])
    blocks = [_lines(values)]
    for key, table in tables.items():
        blocks += _table(key, table)
    blocks += [f"[[do]]\n{_lines(step)}" for step in steps]
    written = scenario.plan.faults[len(scenario.hands) :]
    blocks.append(plan_to_toml(Plan(written)))
    return "\n".join(block for block in blocks if block)


# --- writing ------------------------------------------------------------------------------------


def _table(name: str, table: Mapping[str, Any]) -> list[str]:
    flat = {k: v for k, v in table.items() if not isinstance(v, Mapping) and k != "bands"}
    blocks = [f"[{name}]\n{_lines(flat)}"]
    for key, value in table.items():
        if isinstance(value, Mapping):
            blocks.append(f"[{name}.{key}]\n{_lines(value)}")
    return blocks + [f"[[{name}.bands]]\n{_lines(band)}" for band in table.get("bands", ())]


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(
        f"{key} = {_toml(value)}\n" for key, value in values.items() if value is not None
    )


def _toml(value: object) -> str:
    if isinstance(value, str) and "\n" in value.strip() and '"' not in value and "\\" not in value:
        return f'"""\n{value}"""'
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    # A JSON string is a TOML string but for one character, which JSON does not escape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


# --- what is wrong ------------------------------------------------------------------------------


def _problem(exc: ValidationError, values: Mapping[str, Any], file: str, text: str) -> str:
    first = exc.errors(include_url=False)[0]
    told = first.get("ctx", {})
    where = [part for part in first["loc"] if part not in ("str", "dict[str,...]")]
    if first["type"] in ("scenario", "plan", "time") and "key" in told:
        where += [*told.get("path", ()), told["key"]]
    place, inner = _found(values, where)
    head = f"{file}{_line(text, where, inner, told.get('value', ''))}: {place}"
    if first["type"] == "extra_forbidden":
        return f"{head} is not a key; known are {', '.join(_known(where))}"
    if first["type"] == "missing" or inner is _ABSENT:
        problem = "it must be given" if first["type"] == "missing" else first["msg"]
        return f"{head} is missing: {problem}"
    shown = told.get("value") or inner
    shown = repr(shown) if not isinstance(shown, str) or "\n" not in shown else ""
    return f"{head} is {shown}: {first['msg']}" if shown else f"{head}: {first['msg']}"


_ABSENT = object()


def _found(values: Any, where: list[Any]) -> tuple[str, Any]:
    """How a place in a file is called, and what stands there."""
    names: list[str] = []
    for part in where:
        if isinstance(part, int):
            names[-1] += f" {part + 1}"
        else:
            names.append(str(part))
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            values = _ABSENT
    return ": ".join(names), values


def _known(where: list[Any]) -> list[str]:
    model: type[BaseModel] = Scenario
    for part in where[:-1]:
        if isinstance(part, int):
            continue
        if part == "do":
            model = Step
            continue
        field = model.model_fields.get(str(part))
        kinds = (
            [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        )
        found = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        model = found[0] if found else model
    return [*_keys(model), "fault"] if model is Scenario else _keys(model)


def _keys(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if not field.exclude]


def _line(text: str, where: list[Any], inner: Any, value: str) -> str:
    """`:12` for the line of a key, or of its table's header; "" where the text does not show it."""
    if not where:
        return ""
    lines = text.splitlines()
    headers = [(n, match["name"]) for n, line in enumerate(lines) if (match := _HEADER.match(line))]
    start, end = 0, headers[0][0] if headers else len(lines)
    named = [part for part in where if isinstance(part, str)]
    key, table = named[-1], ".".join(named[:-1])
    nth = next((part for part in where if isinstance(part, int)), 0)
    opened = [n for n, name in headers if name == (table or key)]
    if opened:
        start = opened[min(nth, len(opened) - 1)]
        end = next((n for n, _ in headers if n > start), len(lines))
    elif table:
        return ""
    for n in range(start, end):
        if value and value in lines[n]:
            return f":{n + 1}"
    for n in range(start, end):
        if re.match(rf'\s*"?{re.escape(key)}"?\s*=', lines[n]):
            return f":{n + 1}"
    return f":{start + 1}" if opened else ""
