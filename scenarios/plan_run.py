"""The head of a plan that was found: all that a run of it depends on, beside its faults.

    [run]
    what = "examples/breakout.py:Breakout"    # or "manager": the order manager's own workload
    instrument = "MNQ"
    market = "trend"
    seed = 43
    fails = ["INV-01"]
    digest = "6f1c…"

A plan with a head replays by itself (`dryfill replay`); whoever only wants its faults, as a gateway
does, reads over the head.
"""

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from .plan_time import Nanoseconds, read_time, time_text
from .weather import KINDS

MANAGER = "manager"
"""What is run when it is no strategy: a trader's minute that gives the order manager work."""

WALK = "walk"
"""The market of the manager's workload: a random walk of two and a half minutes, which then
stands."""

MARKETS = (WALK, *KINDS)

Work = Literal["brackets", "all"]

_STEP = re.compile(r"(?P<number>\d{1,9}) at (?P<time>.+)")


class Played(NamedTuple):
    """A step of the workload by its number, and when it begins, in ns from the run's start."""

    number: int
    at_ns: int


def _read_step(value: object) -> Played:
    match = _STEP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("step", "write a step and its time, like '3 at 12500 ms'", {})
    return Played(int(match["number"]), read_time(match["time"]))


def _step_text(step: Played) -> str:
    return f"{step.number} at {time_text(step.at_ns)}"


StepAt = Annotated[Played, PlainValidator(_read_step), PlainSerializer(_step_text)]
Many = Annotated[tuple[str, ...], Field(strict=False)]


class RunHead(BaseModel):
    """What is run, where, and what became of it. Times in ns.

    `what`: a strategy, `FILE.py:Class`, from the current folder, with `params` (`size=3`); or
    `manager`. `market`: a generated one by its kind, from `market_seed`; or `data`, files, with
    what their reader must be told (docs/data.md). `start`: the first moment that is traded (ISO,
    UTC); `warmup` lies before it, as history, and `length` after it. `latency`: of the wire.
    `brackets`: who keeps a bracket's stop and target, the order manager or the broker.
    `world`: `direct`, the simulated broker; `wire`, the live adapter's bytes. `seed`: of all chance
    in the run; `schedule` and `schedule_seed`: in which order ready callbacks run.

    `work`: what the manager's workload is made of: `brackets`, or `all` that its orders can be.
    `steps`: which of its steps are played, and when each begins; none: all, one after the other.
    `journal`: whether the manager keeps one though the plan kills nobody.
    `forgets`: after how long the manager lets a finished order go; None: as always, after a day.
    `quiet`: for how long nothing happens before it counts as rest. `restart`: how long after a
    crash the program is started again. `bare`: for how long, at most, a held contract may have no
    working stop while the broker can be reached; `ends`: how the run may end. `fails`: the rule
    that it breaks; `digest`: of what happened at the exchange.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    what: str = MANAGER
    params: Many = ()
    instrument: str = "MNQ"
    market: str = WALK
    market_seed: int = Field(default=0, ge=0)
    data: Many = ()
    kind: str | None = None
    stamp: str | None = None
    span: str | None = None
    timezone: str | None = None
    contract: str | None = None
    unknown_size: str | None = None
    stop_trigger: str | None = None
    start: str | None = None
    warmup: Nanoseconds = 0
    length: Nanoseconds | None = None
    latency: str = "25ms"
    brackets: Literal["client", "native"] = "client"
    world: Literal["direct", "wire"] = "direct"
    engine: str = "auto"
    seed: int = Field(default=0, ge=0)
    schedule: Literal["fifo", "ties", "uniform", "pct"] = "fifo"
    schedule_seed: int = Field(default=0, ge=0)
    work: Work = "brackets"
    steps: Annotated[tuple[StepAt, ...], Field(strict=False)] = ()
    forgets: Nanoseconds | None = None
    journal: bool = False
    quiet: Nanoseconds = 10_000_000_000
    restart: Nanoseconds = 1_000_000_000
    bare: Nanoseconds | None = None
    ends: Annotated[tuple[Literal["flat", "protected", "bare"], ...], Field(strict=False)] = ()
    fails: str = ""
    digest: str = ""

    @property
    def of_the_manager(self) -> bool:
        """Whether the manager's own workload is run."""
        return self.what == MANAGER

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.market not in MARKETS:
            known = ", ".join(MARKETS)
            raise _wrong("market", f"no market is made like that; known are {known}")
        if self.data and self.market != WALK:
            raise _wrong("market", "give data or a market, not both")
        if not (self.of_the_manager or self.what.endswith(".py") or ".py:" in self.what):
            raise _wrong("what", "give FILE.py:Class, or manager")
        if self.of_the_manager and self.params:
            raise _wrong("params", "they are a strategy's; the manager's workload has none")
        if not self.of_the_manager and self.steps:
            raise _wrong("steps", "they are the manager's workload's; a strategy has none")
        if not self.of_the_manager and self.work != "brackets":
            raise _wrong("work", "it is the manager's workload's; a strategy has none")
        return self


def _wrong(key: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("plan", "{problem}", {"problem": problem, "key": key})
