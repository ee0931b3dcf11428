"""What stands in a journal's place while it cannot be written."""

from collections.abc import Sequence

from .records import Given, NewEntry


class Waiting:
    """Keeps what was to be written until that is possible: `drop` is to be forgotten, and then
    `entries` are to be kept."""

    def __init__(self) -> None:
        self.drop: dict[str, None] = {}
        self.entries: list[NewEntry] = []

    def keep(self, about: str, given: Given) -> None:
        """As `Journal.keep`; never fails."""
        self.entries.append((about, given))

    def append(self, entries: Sequence[NewEntry]) -> None:
        """As `Journal.append`; never fails."""
        self.entries.extend(entries)

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        """As `Journal.compact`; never fails."""
        self.drop.update(dict.fromkeys(about))
        self.entries = [entry for entry in self.entries if entry[0] not in about]
        self.entries.extend(entries)
