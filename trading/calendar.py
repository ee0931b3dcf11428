"""Calendars: when a market trades, in which state it is, and which trade date a moment belongs to.

A trade date is named for its session's end: in Chicago 17:00 on Sunday begins Monday's. Integer
nanoseconds since the epoch (UTC) come in and go out; local time stays inside.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from .errors import ScenarioError, UsageError
from .holidays import Holiday
from .sessions import Hours, SessionCalendar
from .tables import checked, merged, read_toml
from .words import TradingStatus

_BUILT_IN = Path(__file__).with_name("calendars.toml")
_DAY_NS = 86_400_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Calendar(Protocol):
    """What every calendar answers. Times are ns since the epoch, UTC."""

    @property
    def name(self) -> str: ...

    def trade_date(self, ns: int) -> date:
        """The trade date a moment belongs to; while closed, the one that trades next (or has just
        ended, until the hour at which the next begins)."""

    def status_at(self, ns: int) -> TradingStatus:
        """The state of the market at a moment; a change counts from its own nanosecond on."""

    def changes(self, from_ns: int, to_ns: int) -> list[tuple[int, TradingStatus]]:
        """Every change with from_ns <= time < to_ns, in time order. The state before the first is
        `status_at(from_ns - 1)`."""

    def next_open(self, ns: int) -> int:
        """The first moment at or after `ns` at which the market is open: `ns` itself if it is."""

    def session_bounds(self, trade_date: date) -> tuple[int, int]:
        """First open and last close of a trade date; pauses and holiday halts lie within. Raises
        `UsageError` for a day that is no trade date."""


class AlwaysOpen:
    """A market that never closes; its trade dates are days in UTC."""

    name = "always"

    def trade_date(self, ns: int) -> date:
        return (_EPOCH + timedelta(days=ns // _DAY_NS)).date()

    def status_at(self, ns: int) -> TradingStatus:
        return TradingStatus.OPEN

    def changes(self, from_ns: int, to_ns: int) -> list[tuple[int, TradingStatus]]:
        return []

    def next_open(self, ns: int) -> int:
        return ns

    def session_bounds(self, trade_date: date) -> tuple[int, int]:
        opens = (trade_date - _EPOCH.date()).days * _DAY_NS
        return opens, opens + _DAY_NS


def calendar(name: str, *, path: Path | str | None = None) -> Calendar:
    """The calendar of that name: "always", one of calendars.toml, or one of a user's TOML file
    `path`, which is laid over the built-in table key by key.

    Raises `UsageError` listing the known names; `ScenarioError` with file, key and value for a rule
    that is none.
    """
    if path is None:
        return _built_in(name)
    return _make(name, read_toml(path), path)


@cache
def _built_in(name: str) -> Calendar:
    return _make(name, {}, _BUILT_IN)


def _make(name: str, over: dict[str, Any], file: Path | str) -> Calendar:
    table = read_toml(_BUILT_IN)
    unknown = sorted(over.keys() - {"calendars", "holidays"})
    if unknown:
        raise ScenarioError(
            f"{file}: {unknown[0]} is not a key; write [calendars.NAME] and [[holidays]]"
        )
    hours = merged(table["calendars"], over.get("calendars", {}))
    if name == AlwaysOpen.name:
        return AlwaysOpen()
    if name not in hours:
        raise UsageError(
            f"no calendar is named {name!r}; known are {', '.join([AlwaysOpen.name, *hours])}. Add "
            f"[calendars.{name}] in a TOML file and give it as path"
        )
    rows = {row["name"]: row for row in [*table["holidays"], *over.get("holidays", [])]}
    holidays = [checked(Holiday, row, file=file, key=f"holidays.{n}") for n, row in rows.items()]
    return SessionCalendar(
        name,
        checked(Hours, hours[name], file=file, key=f"calendars.{name}"),
        tuple(h for h in holidays if not h.calendars or name in h.calendars),
    )
