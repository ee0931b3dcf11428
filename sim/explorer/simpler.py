"""Simpler values of a fault: what a reader has less to think about."""

from pydantic import ValidationError

from ...scenarios.plan import Fault
from ...scenarios.plan_kinds import MOMENTS
from ...scenarios.plan_time import time_text

TIMES = (
    "after",
    "duration",
    "request",
    "response",
    "retry_after",
    "gap",
    "window",
    "delay",
    "lag",
    "thaw",
    "behind",
    "ahead",
)

_NICE = tuple(digit * 10**power for power in range(12, 5, -1) for digit in (5, 2, 1))
"""1 ms, 2 ms, 5 ms … 5000 s, falling."""


def simpler(fault: Fault, key: str) -> list[Fault]:
    """The same fault with a simpler value of one key, the simplest first; [] where it has none."""
    value, default = getattr(fault, key), Fault.model_fields[key].default
    if value == default or key in MOMENTS:
        return []
    values: list[object] = [default]
    if key in TIMES:
        values += [nice for nice in _NICE if value > nice >= value // 3]
    elif key in ("copies", "qty", "times") and isinstance(value, int):
        values += [value // 2] if value > 3 else []
    return [made for each in values if (made := _with(fault, key, each)) is not None]


def _with(fault: Fault, key: str, value: object) -> Fault | None:
    """The fault with another value; None where it would be none then."""
    written = {**fault.model_dump(exclude_defaults=True)}
    del written[key]
    if value != Fault.model_fields[key].default:
        written[key] = time_text(value) if key in TIMES and isinstance(value, int) else value
    try:
        return Fault.model_validate(written)
    except ValidationError:
        return None
