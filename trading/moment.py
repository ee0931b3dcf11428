"""A moment as people write it, as nanoseconds since the epoch."""

from datetime import UTC, date, datetime

from .errors import UsageError

When = str | date | datetime | None
"""A moment of a user's: ISO text or a datetime, UTC unless it has a zone; None: not given."""


def moment_ns(when: When, name: str) -> int:
    """A moment as ns since the epoch; text and datetimes without a zone are UTC.

    Raises `UsageError` for text that is no ISO date or time.
    """
    try:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
    except ValueError:
        raise UsageError(
            f"{name} {when!r} is no moment; write 2013-12-18 or 2013-12-18T19:00 "
            f"(UTC) or 2013-12-18T13:00-06:00"
        ) from None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    assert isinstance(moment, datetime)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
