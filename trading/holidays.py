"""Holidays as rules: which day a holiday falls on in a year, and what it does to a market.

The rows stand in calendars.toml. Nothing here knows a market's hours.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

from .tables import Row

Effect = Literal["closed", "halt", "short"]
"""closed: no trading. halt: trading stops at the market's holiday halt, the day is no trade date
and what traded counts for the next one. short: a trade date that ends at the market's short close.
"""

_WEEK = 7
_SATURDAY, _SUNDAY = 5, 6


class Holiday(Row, frozen=True):
    """One rule. The day is `month` and `day`, or the `nth` `weekday` (0 Monday; -1 the last) of
    `month`, or `easter` days after Easter Sunday; `plus` days are added.

    `observed`: "monday" moves a Sunday to the Monday after, "nearest" a Saturday to the Friday
    before too. `weekdays`: it counts only where the day falls on one of these (empty: any). `since`
    and `until` bound the days, `calendars` names the markets it holds for (empty: all).
    """

    name: str
    effect: Effect
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    nth: int | None = None
    easter: int | None = None
    plus: int = 0
    observed: Literal["as is", "monday", "nearest"] = "as is"
    weekdays: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None
    calendars: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        fixed = self.month is not None and self.day is not None
        nth = self.month is not None and self.weekday is not None and self.nth is not None
        if [fixed, nth, self.easter is not None].count(True) != 1:
            raise ValueError("give month and day, or month, weekday and nth, or easter")

    def in_year(self, year: int) -> date | None:
        """The day on which this holiday is kept in a year, None where it is not kept."""
        day = self._day(year) + timedelta(days=self.plus)
        if self.weekdays and day.weekday() not in self.weekdays:
            return None
        if day.weekday() == _SUNDAY and self.observed != "as is":
            day += timedelta(days=1)
        elif day.weekday() == _SATURDAY and self.observed == "nearest":
            day -= timedelta(days=1)
        early = self.since is not None and day < self.since
        late = self.until is not None and day > self.until
        return None if early or late else day

    def _day(self, year: int) -> date:
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        assert self.month is not None
        if self.day is not None:
            return date(year, self.month, self.day)
        assert self.weekday is not None
        assert self.nth is not None
        if self.nth > 0:
            first = date(year, self.month, 1)
            return first + timedelta(
                days=(self.weekday - first.weekday()) % _WEEK + (self.nth - 1) * _WEEK
            )
        last = date(year, self.month, monthrange(year, self.month)[1])
        return last - timedelta(
            days=(last.weekday() - self.weekday) % _WEEK - (self.nth + 1) * _WEEK
        )


def easter_sunday(year: int) -> date:
    """Easter Sunday of the western churches (the anonymous Gregorian rule).

    >>> easter_sunday(2013), easter_sunday(2024)
    (datetime.date(2013, 3, 31), datetime.date(2024, 3, 31))
    """
    century, rest = divmod(year, 100)
    golden = year % 19
    leap_centuries, c4 = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    r4, rest4 = divmod(rest, 4)
    weekday = (32 + 2 * c4 + 2 * r4 - epact - rest4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
