"""Every timeout, bound and retry of the order manager, in one validated place."""

from dataclasses import dataclass, fields
from math import isfinite

from ..errors import UsageError

_COUNTS = (
    "misses",
    "cancel_tries",
    "stop_tries",
    "exit_tries",
    "finished_most",
    "held_most",
    "executions_most",
)
_ORDERED = (
    ("look_first_s", "look_most_s"),
    ("retry_s", "retry_most_s"),
    ("retry_most_s", "closed_retry_s"),
    ("exit_patience_s", "closed_retry_s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettings:
    """Bounds of the order manager. Seconds where the name ends in `_s`; counts otherwise.

    `look_first_s`, `look_most_s`: the first and the longest wait between look-ups of an order whose
    fate is not known; each wait doubles the last. `visible_s`: a look-up that finds nothing counts
    as evidence only when it began this long after the order should have arrived (fault-model,
    INV-09). `misses`: how many such look-ups prove that it never did.

    `retry_s`: the pause before a refused request is made again; each pause doubles the last up to
    `retry_most_s`, or up to `closed_retry_s` where the market's state was the reason (its change
    ends the pause). `cancel_tries`: cancels of one order before an incident says that it will not
    go; it is tried on, every `closed_retry_s`. `stop_tries`: refusals and losses of a protective
    stop before the position is closed instead, and of a target before it is left out; those that
    are the market's state do not count. `proven_s`: how long a leg must have worked for earlier
    failures to be forgotten. `exit_tries`: refused closing orders before a flatten gives up.
    `exit_patience_s`: how long a closing order, or a stop that was triggered, may rest before a new
    closing order takes its place; doubled, up to `closed_retry_s`, each time nothing was filled.

    `finished_most`, `finished_s`: how many finished orders are kept, and for how long; working
    orders always are. `held_most`: how many reports for order ids not yet known are held for the
    answer that names them, and how many changes of one order wait for their report.
    `executions_most`: how many fills are remembered, so that one told again is not booked again.
    """

    look_first_s: float = 0.25
    look_most_s: float = 2.0
    visible_s: float = 5.0
    misses: int = 2
    cancel_tries: int = 10
    retry_s: float = 0.25
    retry_most_s: float = 1.0
    closed_retry_s: float = 30.0
    stop_tries: int = 3
    proven_s: float = 5.0
    exit_tries: int = 20
    exit_patience_s: float = 2.0
    finished_most: int = 10_000
    finished_s: float = 86_400.0
    held_most: int = 1_000
    executions_most: int = 100_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value > 0 and isfinite(value)):
                raise UsageError(f"OrderSettings.{field.name} is {value!r}; it must be above zero")
            if field.name in _COUNTS and not isinstance(value, int):
                raise UsageError(f"OrderSettings.{field.name} is {value!r}; it is a whole number")
        for first, most in _ORDERED:
            if getattr(self, first) > getattr(self, most):
                raise UsageError(
                    f"OrderSettings.{first} {getattr(self, first)!r} is longer than "
                    f"{most} {getattr(self, most)!r}"
                )
