"""A scenario: a market, what a trader does in it, what goes wrong, and how it is to end.

See `scenario_text.py` for files and docs/scenarios.md for their words. It is data: who plays it is
`sim/scenario/`.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from ..trading.errors import DryfillError
from ..trading.orders.settings import OrderSettings
from ..trading.price import price_text
from .acts import Act, hand_of, read_act
from .check_words import read_check
from .happenings import When, read_when
from .market_rows import RowError, market_rows
from .plan import Plan
from .plan_time import Nanoseconds
from .references import misled, unnamed
from .sentence import number
from .weather import KINDS

World = Literal["direct", "wire"]
Ending = Literal["flat", "protected", "bare", "working"]
LEGS = ("request", "response", "events", "feed")
Many = Annotated[tuple[str, ...], Field(strict=False)]


def _read_price(value: object) -> Decimal:
    found = number(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong("price", "write a number as text, like '0.25'")
    return found


Exact = Annotated[Decimal, PlainValidator(_read_price), PlainSerializer(price_text)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Run(_Table):
    """What is run, and where. Times in ns; the keys that a plan's head has, too, mean the same.

    `market`: rows, or a generated one by its name (`KINDS`), from `market_seed`, `length` long; or
    `data`, files, with what their reader must be told (docs/data.md). `what`: a strategy,
    `FILE.py:Class`, with `params`; without it, the steps trade. `latency`: one time for every leg,
    a time by leg, or a profile's name. `brackets`: who keeps a bracket's stop and target.
    `in_place`: the broker changes orders as they are; `tags`: its events name the client's tag.
    `worlds`: where it is played, `direct` at the simulated broker and `wire` through the live
    adapter's bytes; premises are asked for in the first. `restart`: how long after a crash the
    program starts again. `rest`: how long nothing is done any more before it is judged.
    """

    market: str | None = None
    market_seed: int = Field(default=0, ge=0)
    length: Nanoseconds | None = None
    data: Many = ()
    kind: str | None = None
    stamp: str | None = None
    span: str | None = None
    timezone: str | None = None
    contract: str | None = None
    unknown_size: str | None = None
    stop_trigger: str | None = None
    what: str | None = None
    params: Many = ()
    instrument: str = "MNQ"
    start: str = "2024-03-04T15:00"
    latency: str | Mapping[str, Nanoseconds] = "25ms"
    brackets: Literal["client", "native"] = "client"
    in_place: bool = True
    tags: bool = True
    worlds: Annotated[tuple[World, ...], Field(strict=False)] = ()
    restart: Nanoseconds = 1_000_000_000
    rest: Nanoseconds = 40_000_000_000

    @property
    def rows(self) -> str | None:
        """The market's rows, where it is written so."""
        return None if self.market in KINDS else self.market

    @property
    def played(self) -> tuple[World, ...]:
        """Where it is played."""
        both: tuple[World, ...] = ("direct", "wire") if self.tags and self.in_place else ("direct",)
        return self.worlds or both

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.market is None) == (not self.data):
            raise _wrong("market", "give rows, a generated market or data, and one of them")
        if self.rows is not None:
            try:
                market_rows(self.rows)
            except RowError as error:
                raise _wrong("market", error.problem, error.line) from error
        if (self.length is None) == (self.market in KINDS):
            raise _wrong("length", "a generated market has one, and no other market")
        if isinstance(self.latency, Mapping):
            for leg in self.latency:
                if leg not in LEGS:
                    raise _wrong("latency", f"{leg!r} is no leg; known are {', '.join(LEGS)}")
        if self.params and self.what is None:
            raise _wrong("params", "they are a strategy's; name it with 'what'")
        if "wire" in self.worlds and not (self.tags and self.in_place):
            raise _wrong("worlds", "what tags or in_place say is of the simulated broker alone")
        return self


class Band(_Table):
    """A tick that holds from a day on, or from a price on."""

    tick: Exact
    since: Annotated[date | None, Field(strict=False)] = None
    at_or_above: Exact | None = None


class Contract(_Table):
    """An instrument that is in no table."""

    symbol: str
    tick: Exact
    point_value: Exact
    bands: Annotated[tuple[Band, ...], Field(strict=False)] = ()


class Family(_Table):
    """How seeds vary it: up to `sizes` times the size; on both `sides`, prices then taken from
    `mirror`; and how many `seeds` make a short family."""

    sizes: int = Field(default=5, ge=1)
    sides: bool = True
    mirror: Exact = Decimal(40000)
    seeds: int = Field(default=5, ge=1)


class Step(_Table):
    """What somebody does, and when. Times in ns.

    A step with `at`, `after` or `when` begins then, whatever became of the steps before; one
    without begins when the one before is done. None begins before the one before has begun.
    `patience`: who asked goes away after so long. `fails`: whether the act may end in an error.
    """

    who: Literal["strategy", "trader", "venue"] = "strategy"
    act: str | None = None
    at: Nanoseconds | None = None
    after: Nanoseconds | None = None
    when: str | None = None
    name: str = ""
    patience: Nanoseconds | None = None
    fails: Literal["never", "may", "must"] = "never"

    @property
    def does(self) -> Act | None:
        """The strategy's act; None where the step only waits."""
        return None if self.act is None else read_act(self.act)

    @property
    def awaits(self) -> When | None:
        """What it waits for."""
        return None if self.when is None else read_when(self.when)

    @property
    def hand(self) -> dict[str, Any]:
        """The fault that the trader's own hands, or the venue, are."""
        assert self.act is not None, "it was checked"
        assert self.at is not None, "it was checked"
        return hand_of(self.who, self.act, self.at)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        moments = [key for key in ("at", "after", "when") if getattr(self, key) is not None]
        if len(moments) > 1:
            raise _wrong(moments[1], f"it has {moments[0]!r} already; give one moment")
        if self.act is None and (not moments or self.who != "strategy"):
            raise _wrong("act", "say what is done")
        if self.name and (not self.name.isidentifier() or self.name == "all"):
            raise _wrong("name", "give one word of letters, digits and _, other than 'all'")
        if self.who != "strategy":
            return self._checked_hand()
        if self.act is None:
            for key in ("patience", "fails"):
                if key in self.model_fields_set:
                    raise _wrong(key, "it is of an act, and the step has none")
        else:
            _about("act", read_act, self.act)
        if self.when is not None:
            _about("when", read_when, self.when)
        return self

    def _checked_hand(self) -> Self:
        if self.at is None:
            raise _wrong("at", "say when; what follows on an event is a [[fault]]")
        for key in ("name", "patience", "fails"):
            if key in self.model_fields_set:
                raise _wrong(key, f"it is of the strategy's steps, not the {self.who}'s")
        _about("act", lambda text: hand_of(self.who, text, 0), self.act)
        return self


class Checks(_Table):
    """How it is to end. All oracles judge every run, within `bounds`; this comes to it.

    `ends`: how the account may stand; `always` is true in every run, `written` in the run as it is
    written. `premises`: oracles that must have had something to judge. `rests`: the run comes to
    rest. `unprotected`: for how long, at most, contracts that were meant to be protected had no
    stop, by broker truth.
    """

    ends: Annotated[tuple[Ending, ...], Field(strict=False)] = ()
    always: Many = ()
    written: Many = ()
    premises: Many = ()
    rests: bool = True
    unprotected: Nanoseconds | None = None
    bounds: Mapping[str, float | int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for key in ("always", "written"):
            for sentence in getattr(self, key):
                _about(key, read_check, sentence)
        return self


class Scenario(_Table):
    """One scenario. `id`: the race of the page that it is, where it is one; `why`: what goes wrong
    in the market; `reason`: where it was seen. `settings`: the order manager's."""

    title: str
    why: str
    id: str = ""
    reason: Many = ()
    run: Run
    instrument: Contract | None = None
    settings: Mapping[str, Any] = Field(default_factory=dict)
    family: Family = Family()
    do: Annotated[tuple[Step, ...], Field(strict=False)] = ()
    checks: Checks = Checks()
    plan: Annotated[Plan, Field(exclude=True)] = Plan()
    name: Annotated[str, Field(exclude=True)] = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the strategy does."""
        return tuple(step for step in self.do if step.who == "strategy")

    @property
    def hands(self) -> tuple[Step, ...]:
        """What the trader does by hand, and the venue by itself."""
        return tuple(step for step in self.do if step.who != "strategy")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if bool(self.steps) == (self.run.what is not None):
            raise _wrong("do", "give steps of the strategy, or a strategy with what = 'FILE.py'")
        if self.instrument is not None and "instrument" in self.run.model_fields_set:
            raise _wrong("instrument", "give a table [instrument] or a name in [run], not both")
        self._check_references()
        known = {field.name for field in fields(OrderSettings)}
        for key in self.settings:
            if key not in known:
                raise _wrong("settings", f"the order manager has no setting {key!r}")
        try:
            OrderSettings(**self.settings)
        except (DryfillError, TypeError) as error:
            raise _wrong("settings", str(error)) from error
        return self

    def _check_references(self) -> None:
        wrong = misled(self.steps)
        if wrong is not None:
            place = [n for n, step in enumerate(self.do) if step.who == "strategy"][wrong[0]]
            raise _wrong(wrong[1], wrong[2], path=("do", place))
        for key in ("always", "written"):
            for text in getattr(self.checks, key):
                name = unnamed(self.steps, text)
                if name:
                    raise _wrong(key, f"no step has the name {name!r}", text, path=("checks",))


def _about(key: str, read: Any, text: object) -> None:
    """Read a sentence; what is wrong with it is wrong with this key."""
    try:
        read(text)
    except PydanticCustomError as error:
        raise _wrong(key, error.message(), str(text)) from error


def _wrong(
    key: str, problem: str, value: str = "", path: tuple[str | int, ...] = ()
) -> PydanticCustomError:
    """`value`: which of the key's it is; `path`: where the key stands, seen from here."""
    values = {"problem": problem, "key": key, "value": value, "path": path}
    return PydanticCustomError("scenario", "{problem}", values)
