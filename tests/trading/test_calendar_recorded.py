"""The calendars against recorded days: what traded must have traded while open."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dryfill.trading.calendar import calendar
from dryfill.trading.words import TradingStatus

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lean"
MS = 1_000_000
MINUTE = 60_000 * MS
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="recorded data is not beside the checkout"
)


def minutes(folder: str, day: str, kind: str) -> list[int]:
    """The starts of a day's bars of every expiry, in ns."""
    midnight = int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp()) * 1000 * MS
    with zipfile.ZipFile(DATA / folder / f"{day}_{kind}.zip") as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    rows = [row for text in texts for row in csv.reader(io.StringIO(text))]
    return sorted(midnight + int(row[0]) * MS for row in rows)


@needs_data
@pytest.mark.parametrize(
    ("folder", "name", "day"),
    [
        ("es_minute", "cme-equity", "20131006"),
        ("es_minute", "cme-equity", "20131007"),
        ("es_minute", "cme-equity", "20131008"),
        ("es_minute", "cme-equity", "20131218"),
        ("es_minute", "cme-equity", "20200105"),
        ("es_minute", "cme-equity", "20200106"),
        ("gc_minute", "comex-metals", "20131007"),
        ("gc_minute", "comex-metals", "20131008"),
    ],
)
def test_every_recorded_trading_minute_lies_in_an_open_market(
    folder: str, name: str, day: str
) -> None:
    market, starts = calendar(name), minutes(folder, day, "trade")
    assert len(starts) >= 60
    closed = [at for at in starts if market.status_at(at) is not TradingStatus.OPEN]
    assert closed == []


@needs_data
@pytest.mark.parametrize("day", ["20131007", "20200106"])
def test_every_minute_the_calendar_calls_open_was_quoted(day: str) -> None:
    market, quoted = calendar("cme-equity"), set(minutes("es_minute", day, "quote"))
    midnight = min(quoted) // (1440 * MINUTE) * 1440 * MINUTE
    every = [midnight + n * MINUTE for n in range(1440)]
    missing = [
        at for at in every if market.status_at(at) is TradingStatus.OPEN and at not in quoted
    ]
    assert missing == []


@needs_data
@pytest.mark.parametrize("day", ["20131007", "20131008", "20131218", "20200106"])
def test_quotes_outside_the_open_market_lie_in_the_pre_open_or_the_minute_of_the_close(
    day: str,
) -> None:
    market = calendar("cme-equity")
    odd = [
        at
        for at in minutes("es_minute", day, "quote")
        if market.status_at(at) is TradingStatus.CLOSE
        and market.status_at(at - MINUTE) is TradingStatus.CLOSE
    ]
    assert odd == []


@needs_data
@pytest.mark.parametrize("day", ["20131006", "20131218", "20200105"])
def test_the_first_quotes_of_an_evening_come_with_the_pre_open(day: str) -> None:
    market, quoted = calendar("cme-equity"), minutes("es_minute", day, "quote")
    begins = [
        at
        for at, status in market.changes(quoted[0], quoted[-1])
        if status is TradingStatus.PRE_OPEN
    ][-1]
    assert min(at for at in quoted if at >= begins) - begins <= MINUTE
    assert not [at for at in quoted if begins - 15 * MINUTE <= at < begins]
