"""Every timeout, bound and retry of the order manager, in one validated place."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import UsageError
from .settings_sources import from_environment, from_file

Preference = Literal["auto", "native", "client"]
"""Who keeps a bracket's legs; see `OrderSettings.brackets`."""

_COUNTS = (
    "misses",
    "cancel_tries",
    "stop_tries",
    "exit_tries",
    "entry_tries",
    "breaker_tries",
    "finished_most",
    "late_most",
    "tombstones_most",
    "held_most",
    "executions_most",
    "incidents_most",
    "fault_tries",
    "unread_most",
    "reports_most",
    "events_most",
    "state_bytes_most",
)
_ORDERED = (
    ("look_first_s", "look_most_s"),
    ("retry_s", "retry_most_s"),
    ("retry_most_s", "closed_retry_s"),
    ("exit_patience_s", "closed_retry_s"),
    ("look_down_s", "look_s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettings:
    """Bounds of the order manager. Seconds where the name ends in `_s`; counts otherwise.

    `look_first_s`, `look_most_s`: the first and the longest wait between look-ups of an order whose
    fate is not known; each wait doubles the last. `visible_s`: a look-up that finds nothing counts
    as evidence only when it began this long after the order should have arrived (fault-model,
    INV-09). `misses`: how many such look-ups prove that it never did.

    `retry_s`: the pause before a refused request is made again; each pause doubles the last.
    `retry_most_s`: the longest such pause. `closed_retry_s`: the longest where the market's state
    was the reason (its change ends the pause). `cancel_tries`: cancels of one order before an
    incident says that it will not go; it is tried on, every `closed_retry_s`. `stop_tries`:
    refusals and losses of a protective stop before the position is closed instead, and of a target
    before it is left out, and refused changes of a group's order before it is cancelled and sent
    anew; those that are the market's state do not count. `proven_s`: how long a leg must have
    worked for earlier failures to be forgotten. `exit_tries`: refused closing orders before a
    flatten gives up. `exit_patience_s`: how long a closing order, or a stop that was triggered, may
    rest before a new closing order takes its place; doubled, up to `closed_retry_s`, each time
    nothing was filled. `oco_unresolved_s`: how long an order of a group may have more open than it
    should, a cancel or a change being tried all the while, before an incident says so and the
    broker is asked what is true. `follow_s`: the least time between two moves of a stop by a
    bracket's rules (trail, break-even).

    `through_s`: how long the market may stay beyond a stop that works, and nothing be heard of it,
    before the broker is asked; where it says that the stop still waits, an incident says so and
    what the stop was for is closed at market. `prices_kept_s`: how long after the last stop of an
    instrument its prices are still taken in.

    `hedge_s`: how long after it was sent a stop may be neither answered nor told of, before one
    substitute goes out beside it. `cancel_again_s`: a cancel without an answer by then is made
    again, each time after twice as long, up to `retry_most_s`, and an order that protects or closes
    is looked up then when a change of its size has no answer, or one that a change of its size
    waits for, and again when that look has none; so is one whose id is asked for to cancel it.
    `vanished_s`: a stop that ended unasked is made good by then at the latest, or once the broker
    said what was filled.

    `order_deadline_s`, `cancel_deadline_s`, `read_deadline_s`: how long an answer may take: to an
    order or a change, to a cancel, to a question; later, nobody knows what became of it.
    `settled_within_s`: how long whoever waits for an order to be taken is kept then, for a look or
    an event to say what did, before he gets `OutcomeUnknown`; with the default he has his answer a
    second after `order_deadline_s` at the latest.
    `entry_tries`: how often an entry, or an order of no bracket, is sent in all when it reached
    nobody, and `entry_within_s`: for how long after the first time; what protects or closes is sent
    until it arrives. `jitter`: up to this share is added to such pauses, drawn anew each time.

    `look_s`: how often orders and fills are asked for while an order works or something is held, on
    a stream that may lose events, and after that until nothing is new between two looks;
    `look_down_s`: while the stream is down, on any, and after a look that nobody answered.
    `told_within_s`: an order that was taken is looked up when no event told of it by then, on any
    stream, and so is one that has no answer by then: where it is not wanted any more, or not as it
    was sent (a change that has no answer after `retry_s` is overtaken by the cancel then), and one
    that protects or closes, of a change of its price or its last look-up; a flatten waits as long
    for the answer to what is held. `position_differs_s`: how long the stream may have told of
    another position than the fills told make, before what was filled is asked for, on a stream that
    may lose events. `reconcile_s`: how often orders, fills and positions are
    compared with the broker's while something works or is held, however healthy the stream seems,
    and always on a stream that may lose events; `reconcile_lossless_s`: the same where the broker's
    word is that its stream loses none. `overlap_s`: how far before the newest event that was known
    when they were last answered such questions reach back; `history_s`: how far they reach back
    while no event of the broker's is known, and its clock is not either, and how far each
    comparison of everything reaches for fills that may have been taken back since they were told.

    `journal_retry_s`: how long after a failure the journal is written again. `events_most`: how
    many of the manager's events it keeps, in whole thousands. `state_bytes_most`: how large a
    strategy's state may be.

    `brackets`: who keeps a bracket's stop and target: with "auto" the broker, where its account has
    that switched on; with "native" also where the broker does not say, and should it refuse, the
    entry goes without; with "client" always the manager. `native_within_s`: how long the broker
    may take to bring, size or remove them before it is asked, and how long the answer may take
    before the manager does it instead.

    `breaker_tries`: calls in a row without an answer that open a breaker, and look-ups without one
    that are an incident; later ones are `look_most_s` apart. `breaker_s`: how long nothing ordinary
    is sent then, until one call may try; `breaker_risk_s`: the same for what reduces risk.

    `orphan_s`: how long a protective order of ours may work for nobody, while nothing is held,
    before it is cancelled. `close_within_s`: how long `wind_down` finishes what is under way.

    `finished_most`, `finished_s`: how many finished orders are kept, and for how long; working
    orders always are. `late_most`, `late_s`: how many finished brackets and groups are kept, and
    for how long, so that a fill that is told after their end is still protected or undone.
    `tombstones_most`: how many ids of orders let go are known, for as long, so that what is told of
    them late is no stranger's.
    `held_most`, `held_s`: how many reports for order ids not yet known are held, and for how long,
    for the answer that names them; as many changes of one order may wait for their report.
    `executions_most`: how many fills are remembered, so that one told again is not booked again;
    what a question shows of others' fills from before the oldest of these is taken for counted.
    `incidents_most`: how many incidents are kept, and differences from the broker's truth.

    `fault_tries`: how often an order is looked up because our own code failed on it, before it is
    left alone and a bracket it belongs to goes under a fallback.

    `unread_most`: events kept for each reader of `manager.events()` that falls behind; older ones
    are lost to it, and it is told which. `reports_most`: how many finished orders keep the reports
    that were told of them, for readers that come later, and how many reports of one order are kept.
    `log_ids`: whether the log of orders may name them by their ids.
    """

    look_first_s: float = 0.25
    look_most_s: float = 2.0
    visible_s: float = 5.0
    misses: int = 2
    cancel_tries: int = 10
    cancel_again_s: float = 0.75
    vanished_s: float = 0.5
    retry_s: float = 0.25
    retry_most_s: float = 1.0
    closed_retry_s: float = 30.0
    stop_tries: int = 3
    proven_s: float = 5.0
    exit_tries: int = 20
    exit_patience_s: float = 2.0
    oco_unresolved_s: float = 2.0
    through_s: float = 1.0
    prices_kept_s: float = 60.0
    hedge_s: float = 1.0
    order_deadline_s: float = 15.0
    cancel_deadline_s: float = 15.0
    read_deadline_s: float = 5.0
    entry_tries: int = 1
    entry_within_s: float = 10.0
    jitter: float = 0.25
    look_s: float = 5.0
    look_down_s: float = 1.0
    told_within_s: float = 1.0
    position_differs_s: float = 0.25
    settled_within_s: float = 0.9
    reconcile_s: float = 300.0
    reconcile_lossless_s: float = 3_600.0
    overlap_s: float = 60.0
    history_s: float = 86_400.0
    journal_retry_s: float = 1.0
    events_most: int = 100_000
    state_bytes_most: int = 65_536
    breaker_tries: int = 5
    breaker_s: float = 5.0
    breaker_risk_s: float = 1.0
    follow_s: float = 0.5
    orphan_s: float = 1.0
    close_within_s: float = 5.0
    brackets: Preference = "auto"
    native_within_s: float = 0.5
    finished_most: int = 10_000
    finished_s: float = 86_400.0
    late_most: int = 1_000
    late_s: float = 3_600.0
    tombstones_most: int = 10_000
    held_most: int = 1_000
    held_s: float = 60.0
    executions_most: int = 20_000
    incidents_most: int = 10_000
    fault_tries: int = 3
    unread_most: int = 10_000
    reports_most: int = 1_000
    log_ids: bool = True

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        environ: Mapping[str, str] | None = None,
        **given: Any,
    ) -> "OrderSettings":
        """Settings from all places: what is `given` here goes before the environment, that before
        the file, and that before the defaults. Raises as `from_toml` and `from_environment`."""
        filed = {} if path is None else from_file(cls, path)
        surrounding = {} if environ is None else from_environment(cls, environ)
        return cls(**{**filed, **surrounding, **given})

    @classmethod
    def from_toml(cls, path: str | Path) -> "OrderSettings":
        """Settings from the table `[orders]` of a TOML file. Raises `ScenarioError` with file, line
        and value, `UsageError` where there is no such file."""
        return cls.load(path)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "OrderSettings":
        """Settings from variables `DRYFILL_ORDERS_<FIELD>`, of `os.environ` say. Raises
        `UsageError` with the variable and its value."""
        return cls.load(environ=environ)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, bool):
                if not isinstance(value, bool):
                    raise UsageError(
                        f"OrderSettings.{field.name} is {value!r}; it is True or False"
                    )
                continue
            if isinstance(field.default, str):
                if value not in get_args(Preference):
                    raise UsageError(
                        f"OrderSettings.{field.name} is {value!r}; it is one of "
                        f"{', '.join(get_args(Preference))}"
                    )
                continue
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
