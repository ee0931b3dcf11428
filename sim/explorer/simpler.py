"""Simpler values of a fault: what a reader has less to think about."""

from collections.abc import Sequence

from pydantic import ValidationError

from ...scenarios.plan import TIMES, Fault
from ...scenarios.plan_kinds import MOMENTS
from ...scenarios.plan_time import time_text

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
    elif key in ("copies", "qty", "times", "fast", "slow") and isinstance(value, int):
        values += [value // 2] if value > 3 else []
    return [made for each in values if (made := _with(fault, key, each)) is not None]


def joined(faults: Sequence[Fault]) -> list[Fault]:
    """The same faults, and one of those that are alike and strike at equal steps of one count: the
    first two fills, every third read of four."""
    left: list[Fault] = []
    for fault in faults:
        before = left[-1] if left else None
        one = None if before is None else _one_of_two(before, fault)
        if one is None:
            left.append(fault)
        else:
            left[-1] = one
    return left


def _one_of_two(first: Fault, second: Fault) -> Fault | None:
    if first.moment not in ("call", "event") or first.duration is not None:
        return None
    if first.times == "all" or second.times != 1 or second.nth <= first.nth:
        return None
    alone = {"nth": 1, "times": 1, "every": 1}
    if first.alike(alone) != second.alike(alone):
        return None
    every = first.every if first.times > 1 else second.nth - first.nth
    if second.nth != first.nth + first.times * every:
        return None
    return first.model_copy(update={"times": first.times + 1, "every": every})


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
