"""A market with daily sessions: its hours as dated rules, and the calendar made from them."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import field

from .errors import UsageError
from .holidays import Effect, Holiday
from .tables import BadKey, Row
from .words import TradingStatus

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_SATURDAY, _SUNDAY = 5, 6

Change = tuple[int, TradingStatus]
Changes = tuple[list[int], list[TradingStatus]]


class Dated(Row, frozen=True):
    """A rule that holds from `since` to `until`, both inclusive; None: without end."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day <= self.until)


class At(Dated, frozen=True, kw_only=True):
    """A local time of day."""

    at: time


class Pause(Dated, frozen=True, kw_only=True):
    """A daily stop: pre-open from `from`, no-cancel, open again at `to`."""

    begin: time = field(name="from")
    no_cancel: time
    end: time = field(name="to")


class SpecialDay(Row, frozen=True):
    """One day that overrules every rule. `at`: when it halts or closes, None: as the rules say."""

    on: date
    effect: Effect
    at: time | None = None


class Hours(Row, frozen=True, kw_only=True):
    """A market's hours, local to `zone`; calendars.toml says what each key means."""

    zone: str
    opens: time
    pre_open: time
    sunday_pre_open: time
    no_cancel: time
    closes: tuple[At, ...]
    pauses: tuple[Pause, ...] = ()
    holiday_halts: tuple[At, ...]
    short_closes: tuple[At, ...]
    days: tuple[SpecialDay, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise BadKey("zone", self.zone, "no such time zone") from exc


class _End(NamedTuple):
    at: time
    status: TradingStatus


class SessionCalendar:
    """A calendar of sessions that open the evening before their day.

    Answers as `calendar.Calendar` says. Every year's changes are worked out once and kept.
    """

    def __init__(self, name: str, hours: Hours, holidays: tuple[Holiday, ...]) -> None:
        self.name = name
        self._hours = hours
        self._holidays = holidays
        self._zone = ZoneInfo(hours.zone)
        self._special = {day.on: (day.effect, day.at) for day in hours.days}
        self._effects: dict[int, dict[date, Effect]] = {}
        self._years: dict[int, Changes] = {}
        self._triples: dict[int, Changes] = {}

    def trade_date(self, ns: int) -> date:
        local = (_EPOCH + timedelta(microseconds=ns // 1000)).astimezone(self._zone)
        day = local.date() + _ONE_DAY if local.time() >= self._hours.opens else local.date()
        while not self.is_trade_date(day):
            day += _ONE_DAY
        return day

    def is_trade_date(self, day: date) -> bool:
        """Whether a session ends on that day: not on weekends, and not where a holiday closes the
        market or halts it early, since what trades before a halt counts for the next trade date."""
        end = self._end(day)
        return end is not None and end.status is TradingStatus.CLOSE

    def status_at(self, ns: int) -> TradingStatus:
        times, states = self._around(ns)
        return states[bisect_right(times, ns) - 1]

    def changes(self, from_ns: int, to_ns: int) -> list[Change]:
        found: list[Change] = []
        first, last = _year(from_ns), _year(to_ns)
        # A year's first session opens in the evening of the year before, hence one more.
        for year in range(first - 1, last + 2):
            times, states = self._year_changes(year)
            lo, hi = bisect_left(times, from_ns), bisect_left(times, to_ns)
            found += zip(times[lo:hi], states[lo:hi], strict=True)
        return found

    def next_open(self, ns: int) -> int:
        times, states = self._around(ns)
        at = bisect_right(times, ns)
        if states[at - 1] is TradingStatus.OPEN:
            return ns
        return times[states.index(TradingStatus.OPEN, at)]

    def session_bounds(self, trade_date: date) -> tuple[int, int]:
        end = self._end(trade_date)
        if end is None or end.status is not TradingStatus.CLOSE:
            following = self.trade_date(self._ns(trade_date, time(12)))
            raise UsageError(
                f"{trade_date} is no trade date of {self.name}; the one that follows is {following}"
            )
        first = day = trade_date
        while not self.is_trade_date(day := day - _ONE_DAY):
            if self._end(day) is not None:
                first = day
        return self._ns(first - _ONE_DAY, self._hours.opens), self._ns(trade_date, end.at)

    def _around(self, ns: int) -> Changes:
        """The changes of a moment's year and its two neighbours, so that both ways there is one."""
        year = _year(ns)
        known = self._triples.get(year)
        if known is None:
            parts = [self._year_changes(part) for part in (year - 1, year, year + 1)]
            known = self._triples[year] = (
                [at for times, _ in parts for at in times],
                [state for _, states in parts for state in states],
            )
        return known

    def _year_changes(self, year: int) -> Changes:
        known = self._years.get(year)
        if known is None:
            first = date(year, 1, 1)
            days = (date(year + 1, 1, 1) - first).days
            changes = [c for n in range(days) for c in self._day_changes(first + n * _ONE_DAY)]
            known = self._years[year] = ([at for at, _ in changes], [s for _, s in changes])
        return known

    def _day_changes(self, day: date) -> list[Change]:
        """From the pre-open on the evening before to the end of the day's session."""
        end = self._end(day)
        if end is None:
            return []
        hours, eve = self._hours, day - _ONE_DAY
        pre_open = hours.sunday_pre_open if eve.weekday() == _SUNDAY else hours.pre_open
        found = [
            (self._ns(eve, pre_open), TradingStatus.PRE_OPEN),
            (self._ns(eve, hours.no_cancel), TradingStatus.NO_CANCEL),
            (self._ns(eve, hours.opens), TradingStatus.OPEN),
        ]
        for pause in hours.pauses:
            if pause.holds(day) and pause.end < end.at:
                found += [
                    (self._ns(day, pause.begin), TradingStatus.PRE_OPEN),
                    (self._ns(day, pause.no_cancel), TradingStatus.NO_CANCEL),
                    (self._ns(day, pause.end), TradingStatus.OPEN),
                ]
        return [*found, (self._ns(day, end.at), end.status)]

    def _end(self, day: date) -> _End | None:
        """When and how the session of a day ends; None where there is none."""
        if day.weekday() in (_SATURDAY, _SUNDAY):
            return None
        effect, at = self._special.get(day, (self._year_effects(day.year).get(day), None))
        hours = self._hours
        if effect == "closed":
            return None
        if effect == "halt":
            return _End(at or _at(hours.holiday_halts, day), TradingStatus.HALT)
        rules = hours.short_closes if effect == "short" else hours.closes
        return _End(at or _at(rules, day), TradingStatus.CLOSE)

    def _year_effects(self, year: int) -> dict[date, Effect]:
        known = self._effects.get(year)
        if known is None:
            days = [(holiday.in_year(year), holiday.effect) for holiday in self._holidays]
            known = self._effects[year] = {day: effect for day, effect in days if day is not None}
        return known

    def _ns(self, day: date, at: time) -> int:
        local = datetime.combine(day, at, tzinfo=self._zone)
        return (local - _EPOCH) // _MICROSECOND * 1000


def _at(rules: tuple[At, ...], day: date) -> time:
    for rule in rules:
        if rule.holds(day):
            return rule.at
    raise UsageError(f"no rule of the calendar holds on {day}; add one without since and until")


def _year(ns: int) -> int:
    return (_EPOCH + timedelta(microseconds=ns // 1000)).year
