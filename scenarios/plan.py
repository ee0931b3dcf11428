"""A fault plan: what goes wrong, and when, as data.

A plan is printable, storable and replayable. It names moments of the domain (the second `place` of
the stop of bracket 1, the third fill, half a second after the start), so that it survives changes
of code. See `plan_kinds.py` for every kind of fault and `plan_text.py` for files.

    [[fault]]
    kind = "ack-lost"
    call = "place"
    role = "stop"
    intent = "1"
    nth = 2
    form = "timeout"
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..trading.words import Reason
from .plan_kinds import (
    ABOUT_AN_ORDER,
    CHOOSING,
    CRASH_POINTS,
    KINDS,
    MOMENTS,
    OF_THE_SESSION,
    REQUESTS,
    ROLES,
    Kind,
)
from .plan_run import RunHead
from .plan_time import Nanoseconds

REASONS = {reason.name.lower().replace("_", "-"): reason for reason in Reason}
"""How a plan writes the broker's reasons: "insufficient-funds"."""

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
"""A fault's spans of time, its moment apart."""

_TARGETED = ("venue-cancel", "venue-replace", "frozen", "trader")
_ON_AN_ORDER = (None, "cancel", "move", "resize")  # acts of the trader's


class Fault(BaseModel):
    """One thing that goes wrong; times in ns. Made and checked by `make_plan` and the readers.

    When: at the `nth` call or event of those chosen by `role` and `intent` (of the order's tag) and
    by `since` (a time from the run's start, none before it counts), `times` times, each time or at
    every `every`-th; or at a time from the run's start; or before a step of the client's process. A
    call's moment is when the client makes it, an event's when the broker tells it. An outage
    (`duration`) begins with its moment and hits the calls that `on` names. The other
    keys are the kind's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: str
    call: str | None = None
    event: str | None = None
    at: Nanoseconds | None = None
    step: int | None = Field(default=None, ge=1)
    role: str | None = None
    intent: str | None = None
    since: Nanoseconds = 0
    nth: int = Field(default=1, ge=1)
    every: int = Field(default=1, ge=1)
    times: int | Literal["all"] = 1
    # The time from the moment (of an act) or from sending (of a loss) on.
    after: Nanoseconds | None = None
    duration: Nanoseconds | None = None
    on: str = "any"
    request: Nanoseconds = 0
    response: Nanoseconds = 0
    form: str | None = None
    cut: int = Field(default=20, ge=0)  # bytes of a body that come before it breaks
    reason: str = "none"
    text: str = ""
    record: bool = True
    retry_after: Nanoseconds | None = None
    status: int = 503
    applied: bool = False
    copies: int = Field(default=1, ge=1, le=100)
    gap: Nanoseconds = 0
    window: Nanoseconds = 500_000_000
    delay: Nanoseconds = 0
    blocks: bool = False
    lost: bool = True
    told: bool = True
    state: str = "halt"
    target: str | None = None
    which: int = Field(default=1, ge=1)
    act: str | None = None
    qty: int = Field(default=1, ge=1)
    ticks: int = 0  # up, or below 0 down
    point: str | None = None
    journal: str = "whole"
    lag: Nanoseconds = 0
    thaw: Nanoseconds = 0
    behind: Nanoseconds = 0
    ahead: Nanoseconds = 0
    # Millionths of the time that passes, which a clock gains or loses.
    fast: int = Field(default=0, ge=0, lt=1_000_000)
    slow: int = Field(default=0, ge=0, lt=1_000_000)

    def alike(self, values: Mapping[str, object]) -> "Fault":
        """The same with other values, which nobody checks: a drawn plan has thousands, and
        `model_copy` takes six times as long."""
        cls = type(self)
        made, write = cls.__new__(cls), object.__setattr__
        write(made, "__dict__", {**self.__dict__, **values})
        given = self.__pydantic_fields_set__
        more = not given >= values.keys()  # else the set is shared: nobody changes a frozen one's
        write(made, "__pydantic_fields_set__", given | values.keys() if more else given)
        write(made, "__pydantic_extra__", None)
        write(made, "__pydantic_private__", None)
        return made

    @property
    def moment(self) -> str:
        """Which of its keys says when: call, event, at or step."""
        return next(name for name in MOMENTS if getattr(self, name) is not None)

    @property
    def fires(self) -> int:
        """How often it must fire, or the plan is stale; once where it may fire without end."""
        return 1 if self.times == "all" else self.times

    def __str__(self) -> str:
        shown = self.model_dump(exclude_defaults=True, exclude={"kind"})
        words = (f"{key}={value}" for key, value in shown.items())
        return f"{self.kind} ({KINDS[self.kind].number}), {' '.join(words)}"

    @model_validator(mode="after")
    def _agrees_with_its_kind(self) -> Self:
        _one_of("kind", self.kind, tuple(KINDS))
        kind = KINDS[self.kind]
        self._check_keys(kind)
        self._check_moment(kind)
        self._check_values(kind)
        return self

    def _check_keys(self, kind: Kind) -> None:
        known = ("kind", *kind.moments, *CHOOSING, *kind.keys)
        for key in type(self).model_fields:
            if key in self.model_fields_set and key not in known:
                others = f"it has {', '.join(kind.keys)}" if kind.keys else "it has none of its own"
                way = f"its moments are {', '.join(kind.moments)}" if key in MOMENTS else others
                raise _wrong(key, f"{self.kind} has no such key; {way}")
            if key in kind.needs and getattr(self, key) in (None, 0):
                raise _wrong(key, f"{self.kind} needs one that is not zero")

    def _check_moment(self, kind: Kind) -> None:
        given = [name for name in MOMENTS if getattr(self, name) is not None]
        if len(given) != 1:
            raise _wrong("kind", f"{self.kind} needs one moment of {', '.join(kind.moments)}")
        if self.call is not None:
            _one_of("call", self.call, kind.calls)
        if self.event is not None:
            _one_of("event", self.event, kind.events)
        counted = given[0] in ("call", "event")
        for key in CHOOSING:
            if key in self.model_fields_set and not counted:
                raise _wrong(key, f"it chooses among calls or events, not with {given[0]!r}")
        if self.role is not None:
            duty = self.role.rstrip("0123456789")
            _one_of("role", duty or self.role, ROLES)
        about = getattr(self, given[0]) in ABOUT_AN_ORDER
        for key in ("role", "intent"):
            if getattr(self, key) is not None and not about:
                raise _wrong(key, f"{getattr(self, given[0])!r} is not about one order")
        if self.times != "all" and self.times < 1:
            raise _wrong("times", "give a whole number from 1, or 'all'")

    def _check_values(self, kind: Kind) -> None:
        for key, choices in kind.choices.items():
            if key in self.model_fields_set:
                _one_of(key, getattr(self, key), choices)
        _one_of("on", self.on, REQUESTS)
        _one_of("reason", self.reason, tuple(REASONS))
        if self.duration is None and self.at is not None and "duration" in kind.keys:
            raise _wrong("duration", "an outage that begins at a time needs one")
        if self.duration is not None and (self.times != 1 or "every" in self.model_fields_set):
            raise _wrong("duration", "give times and every, or a duration")
        if "on" in self.model_fields_set and self.duration is None:
            raise _wrong("on", "it says what an outage hits: give a duration, too")
        if "cut" in self.model_fields_set and self.form != "cut":
            raise _wrong("cut", "it says where an answer breaks: give form = 'cut', too")
        if self.kind == "latency" and not self.request + self.response:
            raise _wrong("request", "give request, response or both")
        if self.kind == "stale-read" and not self.lag + self.response:
            raise _wrong("lag", "give lag, response or both")
        if self.kind == "clock":
            self._check_clock()
        if self.act == "move" and not self.ticks:
            raise _wrong("ticks", "say how far an order is moved: ticks up, or below 0 down")
        if self.point is not None:
            _one_of("point", self.point, CRASH_POINTS.get(self.moment, ()))
        aims = self.kind in _TARGETED and self.act in _ON_AN_ORDER and self.target is None
        if aims and getattr(self, self.moment) not in ABOUT_AN_ORDER:
            raise _wrong("target", "say which order, by its tag: '1.stop', '*.target', '7'")

    def _check_clock(self) -> None:
        for one, other in (("behind", "ahead"), ("fast", "slow")):
            if getattr(self, one) and getattr(self, other):
                raise _wrong(one, f"give {one} or {other}")
        if not (self.behind or self.ahead or self.fast or self.slow):
            raise _wrong("behind", "give behind or ahead, fast or slow, or one of each")


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults in the order in which they are applied where several meet; an earlier one decides.

    `strict`: every fault must fire, or the run fails as stale. A drawn plan is not strict: it holds
    more than a run meets. `run`: what it was found in, and how to run it again.
    """

    faults: tuple[Fault, ...] = ()
    name: str = ""
    strict: bool = True
    run: RunHead | None = None

    def narrowed(self, fired: tuple[int, ...]) -> "Plan":
        """The strict plan of what fired, `fired` being how often each fault did."""
        kept = [
            fault if fault.times == "all" else fault.model_copy(update={"times": count})
            for fault, count in zip(self.faults, fired, strict=True)
            if count
        ]
        return replace(self, faults=tuple(kept), strict=True)

    @property
    def needs_journal(self) -> bool:
        """Whether it is about a journal, so that a run of it must have one."""
        return any(fault.kind in ("crash", "disk-full") for fault in self.faults)

    @property
    def of_the_wire(self) -> list[Fault]:
        """The faults that only a run with bytes has."""
        return [f for f in self.faults if KINDS[f.kind].wire or f.call in OF_THE_SESSION]

    @property
    def touches_stream(self) -> bool:
        """Whether events may be missing, late or out of order while nobody says so."""
        return any(KINDS[fault.kind].number in _STREAM for fault in self.faults)


_STREAM = ("F12", "F13", "F14", "F17", "F18", "F22")


def _one_of(key: str, value: object, choices: tuple[str | int, ...]) -> None:
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise _wrong(key, f"give one of {known}" if choices else "it has no place at this moment")


def _wrong(key: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("plan", "{problem}", {"problem": problem, "key": key})
