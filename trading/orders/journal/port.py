"""The journal's port: what keeps records over the end of the process, and gives them back."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from .records import Entry, Given, NewEntry


class Loaded(Struct, frozen=True):
    """What was kept, oldest first. `torn`: in words, what was found of a last record that was not
    written to its end; "" where there was none. `prefix`: what goes before every client tag of the
    orders in it, so that a journal begun anew on an account makes no tag a second time."""

    entries: list[Entry]
    torn: str = ""
    prefix: str = ""


class Journal(Protocol):
    """Keeps the records of one account for one manager at a time.

    `keep`, `append` and `compact` raise `JournalError` where they could not write; nothing of that
    call is kept then, and whatever was kept before stays.
    """

    def load(self) -> Loaded:
        """Everything kept so far; a torn last record is taken away. Raises `JournalError` for what
        is damaged or of another version; nothing is changed then."""

    def keep(self, about: str, given: Given) -> None:
        """Keep this, as most of what happens is kept: it outlives the process when this returns."""

    def append(self, entries: Sequence[NewEntry]) -> None:
        """As `keep`, for several: all or none."""

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        """Forget all that is about something of these, and keep the entries, in one step."""

    def close(self) -> None:
        """Let go of it; another manager may open it then."""
