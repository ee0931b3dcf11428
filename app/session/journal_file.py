"""Where an account's journal lies, and how it is opened."""

import re
from pathlib import Path

from platformdirs import user_state_path

from ...trading.instrument import Instrument
from ...trading.instruments import knowing
from ...trading.orders.journal.sqlite import SqliteJournal

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def journal_path(given: str | None, account: str) -> Path:
    """The file that was named, or the account's own in the user's folder for such things, which is
    made where it is missing."""
    if given is not None:
        return Path(given)
    folder = user_state_path("dryfill", appauthor=False) / "journals"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', account)}.journal"


def open_journal(path: Path, account: str, instrument: Instrument, now_ns: int) -> SqliteJournal:
    """The journal at a path; a new one has a prefix for client tags that no other has had, from the
    moment in which it is made. Raises `JournalError`."""
    prefix = f"{base36(now_ns // 10**8)}-"
    return SqliteJournal(path, account=account, find=knowing(instrument), prefix=prefix)


def base36(number: int) -> str:
    """A whole number from 0 in digits and letters.

    >>> base36(35), base36(36)
    ('z', '10')
    """
    found = ""
    while number or not found:
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
    return found
