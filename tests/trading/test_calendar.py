"""Calendars: sessions, trade dates, states and holidays, in nanoseconds."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.trading.calendar import Calendar, calendar
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.words import TradingStatus

CHICAGO = ZoneInfo("America/Chicago")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
CLOSE, PRE_OPEN, NO_CANCEL, OPEN, HALT = (
    TradingStatus.CLOSE,
    TradingStatus.PRE_OPEN,
    TradingStatus.NO_CANCEL,
    TradingStatus.OPEN,
    TradingStatus.HALT,
)
BUILT_IN = ["cme-equity", "cme-fx", "cbot-rates", "nymex-energy", "comex-metals"]


def ns(text: str, zone: ZoneInfo = CHICAGO) -> int:
    """A local time ("2020-12-28 15:15") as ns."""
    local = datetime.fromisoformat(text).replace(tzinfo=zone)
    return (local - EPOCH) // timedelta(microseconds=1) * 1000


def local(at: int) -> str:
    return (EPOCH + timedelta(microseconds=at // 1000)).astimezone(CHICAGO).isoformat(" ")[:19]


def seen(market: Calendar, first: str, last: str) -> list[tuple[str, TradingStatus]]:
    return [(local(at), status) for at, status in market.changes(ns(first), ns(last))]


@pytest.fixture(scope="module")
def es() -> Calendar:
    return calendar("cme-equity")


def test_a_week_goes_from_sunday_evening_to_friday_afternoon(es: Calendar) -> None:
    assert seen(es, "2024-06-07 12:00", "2024-06-11 00:00") == [
        ("2024-06-07 16:00:00", CLOSE),
        ("2024-06-09 16:00:00", PRE_OPEN),
        ("2024-06-09 16:59:30", NO_CANCEL),
        ("2024-06-09 17:00:00", OPEN),
        ("2024-06-10 16:00:00", CLOSE),
        ("2024-06-10 16:45:00", PRE_OPEN),
        ("2024-06-10 16:59:30", NO_CANCEL),
        ("2024-06-10 17:00:00", OPEN),
    ]


@pytest.mark.parametrize(
    ("moment", "trade_date"),
    [
        ("2024-06-07 16:59:59.999999", date(2024, 6, 7)),
        ("2024-06-07 17:00", date(2024, 6, 10)),
        ("2024-06-08 12:00", date(2024, 6, 10)),
        ("2024-06-09 17:00", date(2024, 6, 10)),
        ("2024-06-10 16:59:59.999999", date(2024, 6, 10)),
        ("2024-06-10 17:00", date(2024, 6, 11)),
    ],
)
def test_the_trade_date_is_named_for_the_sessions_end(
    es: Calendar, moment: str, trade_date: date
) -> None:
    assert es.trade_date(ns(moment)) == trade_date


def test_a_change_counts_from_its_own_nanosecond_on(es: Calendar) -> None:
    close, opens = ns("2024-06-10 16:00"), ns("2024-06-10 17:00")
    assert [es.status_at(close + n) for n in (-1, 0, 1)] == [OPEN, CLOSE, CLOSE]
    assert [es.status_at(opens + n) for n in (-1, 0)] == [NO_CANCEL, OPEN]
    assert [es.trade_date(opens + n).day for n in (-1, 0)] == [10, 11]
    assert es.changes(close, close + 1) == [(close, CLOSE)]
    assert es.changes(close - 5, close) == []


def test_the_recorded_halt_of_2020_12_28_is_reproduced(es: Calendar) -> None:
    assert seen(es, "2020-12-28 08:00", "2020-12-28 16:30") == [
        ("2020-12-28 15:15:00", PRE_OPEN),
        ("2020-12-28 15:29:30", NO_CANCEL),
        ("2020-12-28 15:30:00", OPEN),
        ("2020-12-28 16:00:00", CLOSE),
    ]
    assert es.status_at(ns("2020-12-28 21:15", ZoneInfo("UTC"))) is PRE_OPEN


@pytest.mark.parametrize(
    ("day", "halted"),
    [("2012-11-16", False), ("2012-11-19", True), ("2021-06-25", True), ("2021-06-28", False)],
)
def test_the_equity_halt_holds_from_its_first_to_its_last_day(
    es: Calendar, day: str, halted: bool
) -> None:
    assert (es.status_at(ns(f"{day} 15:20")) is not OPEN) is halted
    assert calendar("cme-fx").status_at(ns(f"{day} 15:20")) is OPEN


@pytest.mark.parametrize(("day", "close"), [("2015-09-18", "16:15"), ("2015-09-21", "16:00")])
def test_the_close_moved_to_four_after_2015_09_20(es: Calendar, day: str, close: str) -> None:
    assert local(es.session_bounds(date.fromisoformat(day))[1])[11:16] == close


@pytest.mark.parametrize(
    ("day", "open_utc", "close_utc"),
    [
        ("2024-03-08", 23, 22),
        ("2024-03-11", 22, 21),
        ("2024-11-01", 22, 21),
        ("2024-11-04", 23, 22),
    ],
)
def test_sessions_keep_chicago_time_across_both_clock_changes(
    es: Calendar, day: str, open_utc: int, close_utc: int
) -> None:
    opens, close = es.session_bounds(date.fromisoformat(day))
    assert (opens % DAY // HOUR, close % DAY // HOUR) == (open_utc, close_utc)
    assert close - opens == 23 * HOUR
    assert (es.status_at(opens - 1), es.status_at(opens)) == (NO_CANCEL, OPEN)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2024-01-01", "New Year's Day"),
        ("2023-01-02", "New Year's Day kept on Monday"),
        ("2024-03-29", "Good Friday"),
        ("2024-12-25", "Christmas"),
        ("2021-12-24", "Christmas kept on Friday"),
        ("2022-12-26", "Christmas kept on Monday"),
    ],
)
def test_a_full_holiday_has_no_session(es: Calendar, day: str, name: str) -> None:
    noon = ns(f"{day} 12:00")
    assert es.status_at(noon) is not OPEN, name
    assert not any(status is OPEN for _, status in es.changes(noon - 18 * HOUR, noon + 4 * HOUR))
    with pytest.raises(
        UsageError, match=f"{day} is no trade date of cme-equity; the one that follows"
    ):
        es.session_bounds(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    ["2022-01-17", "2022-02-21", "2022-05-30", "2022-06-20", "2022-07-04", "2022-09-05"],
)
def test_a_holiday_halt_at_noon_belongs_to_the_next_trade_date(es: Calendar, day: str) -> None:
    noon, follows = ns(f"{day} 12:00"), date.fromisoformat(day) + timedelta(days=1)
    assert [es.status_at(noon + n) for n in (-1, 0)] == [OPEN, HALT]
    assert es.status_at(noon + 5 * HOUR) is OPEN
    assert es.trade_date(noon - 1) == es.trade_date(noon + 6 * HOUR) == follows
    opens, close = es.session_bounds(follows)
    assert (opens, close) == (noon - 19 * HOUR, noon + 28 * HOUR)


def test_a_holiday_halt_on_a_friday_lasts_until_sunday(es: Calendar) -> None:
    assert seen(es, "2020-07-03 00:00", "2020-07-05 16:30") == [
        ("2020-07-03 12:00:00", HALT),
        ("2020-07-05 16:00:00", PRE_OPEN),
    ]
    assert es.trade_date(ns("2020-07-03 09:00")) == date(2020, 7, 6)
    assert local(es.session_bounds(date(2020, 7, 6))[0]) == "2020-07-02 17:00:00"


def test_before_2014_holidays_halted_equities_at_half_past_ten(es: Calendar) -> None:
    at = ns("2013-07-04 10:30")
    assert [es.status_at(at + n) for n in (-1, 0)] == [OPEN, HALT]
    assert calendar("cme-fx").status_at(ns("2013-07-04 11:59")) is OPEN


@pytest.mark.parametrize("day", ["2023-11-24", "2024-12-24", "2024-07-03"])
def test_a_short_day_closes_at_a_quarter_past_twelve_and_is_a_trade_date(
    es: Calendar, day: str
) -> None:
    short = date.fromisoformat(day)
    close = ns(f"{day} 12:15")
    assert es.session_bounds(short)[1] == close
    assert [es.status_at(close + n) for n in (-1, 0)] == [OPEN, CLOSE]
    assert es.trade_date(close) == short


def test_a_halt_day_and_the_short_day_after_are_one_session(es: Calendar) -> None:
    opens, close = es.session_bounds(date(2023, 11, 24))
    assert (local(opens), local(close)) == ("2023-11-22 17:00:00", "2023-11-24 12:15:00")


@pytest.mark.parametrize(
    "day", ["2021-06-18", "2021-12-31", "2020-12-23", "2022-07-01", "2016-12-23"]
)
def test_days_beside_holidays_are_whole(es: Calendar, day: str) -> None:
    assert local(es.session_bounds(date.fromisoformat(day))[1])[11:16] == "16:00"


def test_a_good_friday_with_an_employment_report_trades_until_a_quarter_past_eight(
    es: Calendar,
) -> None:
    assert local(es.session_bounds(date(2021, 4, 2))[1]) == "2021-04-02 08:15:00"


def test_next_open_is_now_while_open_and_else_the_next_opening(es: Calendar) -> None:
    assert es.next_open(ns("2024-06-10 12:00")) == ns("2024-06-10 12:00")
    assert es.next_open(ns("2024-06-07 16:00")) == ns("2024-06-09 17:00")
    assert es.next_open(ns("2020-12-28 15:15")) == ns("2020-12-28 15:30")
    assert es.next_open(ns("2024-12-24 12:15")) == ns("2024-12-25 17:00")
    assert es.next_open(ns("2021-12-31 16:00")) == ns("2022-01-02 17:00")


@pytest.mark.parametrize("name", BUILT_IN)
def test_thirty_six_years_of_changes_rise_alternate_and_match_status_at(name: str) -> None:
    market = calendar(name)
    changes = market.changes(ns("2000-01-01 00:00"), ns("2036-01-01 00:00"))
    for (at, status), (later, next_status) in pairwise(changes):
        assert at < later
        assert status is not next_status
        assert market.status_at(at) is status is market.status_at(later - 1)
    opens = [local(at)[11:] for at, status in changes if status is OPEN]
    assert set(opens) <= {"17:00:00", "15:30:00"}
    assert 36 * 240 < len(opens) < 36 * 520


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_trade_date_holds_its_own_session_and_touches_no_other(name: str) -> None:
    market = calendar(name)
    at, last_close, count = ns("2019-01-02 12:00"), 0, 0
    while at < ns("2024-01-01 00:00"):
        day = market.trade_date(at)
        opens, close = market.session_bounds(day)
        assert last_close < opens < close
        assert market.trade_date(opens) == market.trade_date(close - 1) == day
        assert (market.status_at(opens), market.status_at(close)) == (OPEN, CLOSE)
        at, last_close, count = close + 9 * HOUR, close, count + 1
    assert 5 * 248 < count < 5 * 256


@settings(max_examples=300)
@given(st.integers(ns("2000-01-01 00:00"), ns("2035-12-31 00:00")), st.integers(0, 40 * DAY))
def test_changes_of_a_span_are_those_of_its_two_halves(start: int, span: int) -> None:
    market = calendar("cme-equity")
    middle, end = start + span // 3, start + span
    whole = market.changes(start, end)
    assert whole == market.changes(start, middle) + market.changes(middle, end)
    before = market.status_at(start - 1)
    assert market.status_at(end - 1) is (whole[-1][1] if whole else before) or not span
    assert market.trade_date(start) <= market.trade_date(end)


def test_the_calendar_that_never_closes_has_utc_days() -> None:
    always = calendar("always")
    at = ns("2024-06-08 23:59:59.999999", ZoneInfo("UTC"))
    assert always.status_at(at) is OPEN
    assert always.changes(0, at) == []
    assert always.next_open(at) == at
    assert (always.trade_date(at), always.trade_date(at + 1000)) == (
        date(2024, 6, 8),
        date(2024, 6, 9),
    )
    opens, close = always.session_bounds(date(2024, 6, 8))
    assert (close - opens, always.trade_date(opens), always.trade_date(opens - 1)) == (
        DAY,
        date(2024, 6, 8),
        date(2024, 6, 7),
    )


def test_an_unknown_calendar_lists_those_that_are_known() -> None:
    with pytest.raises(UsageError, match=r"known are always, cme-equity, .*\[calendars\.nyse\]"):
        calendar("nyse")


def test_a_users_file_overrides_hours_days_and_holidays(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        "[calendars.cme-equity]\n"
        "closes = [{ at = 15:00:00 }]\n"
        'days = [{ on = 2018-12-05, effect = "halt", at = 08:30:00 }]\n'
        '[[holidays]]\nname = "Juneteenth"\neffect = "closed"\nmonth = 6\nday = 19\n'
    )
    market = calendar("cme-equity", path=mine)
    assert local(market.session_bounds(date(2024, 6, 10))[1]) == "2024-06-10 15:00:00"
    assert market.status_at(ns("2018-12-05 09:00")) is HALT
    assert market.trade_date(ns("2018-12-05 09:00")) == date(2018, 12, 6)
    assert market.trade_date(ns("2024-06-19 09:00")) == date(2024, 6, 20)
    assert market.status_at(ns("2024-06-19 09:00")) is CLOSE
    assert calendar("cme-equity").status_at(ns("2024-06-19 09:00")) is OPEN


def test_a_session_that_opens_on_the_last_evening_of_a_year_is_seen_in_that_year(
    tmp_path: Path,
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[[holidays]]\nname = "New Year\'s Day"\neffect = "halt"\nmonth = 1\nday = 1\n')
    market = calendar("cme-equity", path=mine)
    assert seen(market, "2024-12-31 16:59", "2024-12-31 17:30") == [
        ("2024-12-31 16:59:30", NO_CANCEL),
        ("2024-12-31 17:00:00", OPEN),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[calendars.cme-equity]\nzone = "Chicago"\n',
            r"cme-equity\.zone is 'Chicago': .*no such time",
        ),
        (
            "[calendars.cme-equity]\nopen = 17:00:00\n",
            r"cme-equity\.open is not a key; known are zone",
        ),
        ('[calendars.cme-equity]\nopens = "late"\n', r"cme-equity\.opens is 'late'"),
        ('[[holidays]]\nname = "X"\neffect = "shut"\n', r"holidays\.X\.effect is 'shut'"),
        (
            '[[holidays]]\nname = "X"\neffect = "halt"\nmonth = 3\n',
            r"holidays\.X.*give month and day",
        ),
        ("[cme-equity]\n", r"cme-equity is not a key; write \[calendars\.NAME\]"),
    ],
)
def test_a_bad_rule_is_refused_with_file_key_and_value(
    tmp_path: Path, text: str, message: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    with pytest.raises(ScenarioError, match=r"mine\.toml: .*" + message):
        calendar("cme-equity", path=mine)
