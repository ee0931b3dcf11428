"""Times to nanoseconds since the epoch, UTC. A time without a zone is refused, never guessed."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from ...trading.errors import ScenarioError, UsageError
from .findings import Check, rank, refuse
from .table import Column, Mask, first

NO_TIME = np.iinfo(np.int64).min
"""An empty time cell."""

# 1973 in ns: what is smaller was meant as seconds, milliseconds or microseconds.
_NS_MIN = 10**17
_SPAN = r"^\s*(\d+)\s*(s|m|h|d|sec|min)\s*$"
_SPAN_NS = {
    "s": 10**9, "sec": 10**9, "m": 60 * 10**9, "min": 60 * 10**9,
    "h": 3600 * 10**9, "d": 86400 * 10**9,
}  # fmt: skip
_ISO = (
    r"^\s*(?<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?<clock>\d{2}:\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?"
    r"\s*(?:(?<utc>Z|z|UTC)|(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>\d{2})?)?\s*$"
)


def read_times(series: pl.Series, rows: Column, place: str, timezone: str | None) -> Column:
    """A column of times as ns UTC; empty cells become NO_TIME.

    Takes datetimes, whole ns since the epoch, and ISO 8601 text. What has no zone is read in
    `timezone`. Raises ScenarioError with row and value for a time without a zone, one that the zone
    does not have or has twice, numbers that are no ns, and text that is no ISO 8601.
    """
    if isinstance(series.dtype, pl.Datetime):
        zone = series.dtype.time_zone
        if zone is not None:
            return _ns(series.dt.convert_time_zone("UTC"))
        return _localised(series.dt.cast_time_unit("ns"), rows, place, timezone)
    if series.dtype.is_integer():
        return _whole(series, rows, place)
    if series.dtype == pl.String:
        return _text(series, rows, place, timezone)
    raise ScenarioError(
        f"{place}: times of type {series.dtype} are not read; "
        f"give datetimes with a zone, whole nanoseconds since the epoch, or ISO 8601 text"
    )


def span_ns(span: str | int) -> int:
    """A bar's length in ns: `"1m"`, `"30s"`, `"1h"`, `"1d"`, or ns as a whole number.

    >>> span_ns("5m")
    300000000000
    """
    if isinstance(span, int) and not isinstance(span, bool) and span > 0:
        return span
    found = pl.Series([str(span)]).str.extract_groups(_SPAN).struct.unnest().row(0)
    if found[0] is None or int(found[0]) == 0:
        raise UsageError(
            f"span {span!r} is no length of a bar; give for example '30s', '5m' or '1h'"
        )
    return int(found[0]) * _SPAN_NS[found[1]]


def known_zone(timezone: str | None) -> str | None:
    """The zone's name, checked. Raises UsageError for one that does not exist."""
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise UsageError(
                f"timezone={timezone!r} is unknown; give an IANA name such as 'America/Chicago'"
            ) from None
    return timezone


def _whole(series: pl.Series, rows: Column, place: str) -> Column:
    ns = series.cast(pl.Int64).fill_null(NO_TIME).to_numpy()
    small = (ns < _NS_MIN) & (ns != NO_TIME)
    if small.any():
        raise refuse(
            rank(Check.CELLS, series.name, 1), place, rows, small,
            f"time {first(ns, small)} is before 1973 as nanoseconds",
            "times as numbers are whole ns since the epoch: multiply seconds by 1_000_000_000, "
            "milliseconds by 1_000_000",
        )  # fmt: skip
    return ns


def _text(series: pl.Series, rows: Column, place: str, timezone: str | None) -> Column:
    text = series.str.strip_chars()
    text = text.set(text == "", None)
    digits = text.str.contains(r"^\d{12,19}$").fill_null(False)
    if digits.any():
        _refuse_unread(text, (~digits & text.is_not_null()).to_numpy(), rows, place)
        return _whole(text.cast(pl.Int64), rows, place)
    parts = text.str.extract_groups(_ISO).struct.unnest()
    clock = parts["day"] + " " + parts["clock"].fill_null("00:00")
    local = (
        (clock + ":" + parts["second"].fill_null("00"))
        .str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="ns")
        .alias(series.name)
    )
    _refuse_unread(text, (local.is_null() & text.is_not_null()).to_numpy(), rows, place)
    nanos = parts["fraction"].str.pad_end(9, "0").cast(pl.Int64).fill_null(0).to_numpy()
    zoned = (parts["utc"].is_not_null() | parts["sign"].is_not_null()).to_numpy()
    bare = ~zoned & text.is_not_null().to_numpy()
    hours, minutes = (parts[n].cast(pl.Int64).fill_null(0).to_numpy() for n in ("hours", "minutes"))
    west = (parts["sign"] == "-").fill_null(False).to_numpy()
    offset = (hours * 60 + minutes) * 60 * 10**9 * np.where(west, -1, 1)
    ns = _ns(local)
    if bare.any():
        masked = local.set(pl.Series(~bare), None)
        ns = np.where(bare, _localised(masked, rows, place, timezone), ns)
    return np.where(ns == NO_TIME, NO_TIME, ns - offset + nanos)


def _localised(naive: pl.Series, rows: Column, place: str, timezone: str | None) -> Column:
    there = naive.is_not_null().to_numpy()
    if timezone is None:
        if there.any():
            raise refuse(
                rank(Check.CELLS, naive.name, 2), place, rows, there,
                f"time {naive.drop_nulls()[0]} has no zone",
                "pass timezone='UTC', 'America/Chicago' or whatever it was written in",
            )  # fmt: skip
        return _ns(naive)
    utc = naive.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    lost = utc.is_null().to_numpy() & there
    if lost.any():
        raise refuse(
            rank(Check.CELLS, naive.name, 2), place, rows, lost,
            f"time {naive.filter(pl.Series(lost))[0]} exists twice or not at all in {timezone} "
            f"(the clocks change)", "write these times with their offset, such as -06:00",
        )  # fmt: skip
    return _ns(utc.dt.convert_time_zone("UTC"))


def _refuse_unread(text: pl.Series, bad: Mask, rows: Column, place: str) -> None:
    if bad.any():
        raise refuse(
            rank(Check.CELLS, text.name, 0), place, rows, bad,
            f"time {text.filter(pl.Series(bad))[0]!r} is not understood",
            "write ISO 8601 such as 2024-03-01T14:30:00.250Z, or whole ns since the epoch "
            "(a date and a clock in two columns must be joined)",
        )  # fmt: skip


def _ns(moments: pl.Series) -> Column:
    return moments.dt.timestamp("ns").fill_null(NO_TIME).to_numpy()
