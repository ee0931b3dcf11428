"""A journal on a simulated disk: it outlives the trader's process, as far as the disk is said to.

The port is fenced like every other: what a dead process writes is not there (fault-model 5). In
`sim` and in tests only; a real journal is a file (`trading/orders/journal/sqlite.py`).
"""

from collections.abc import Sequence
from typing import Literal

from ..trading.errors import JournalError
from ..trading.orders.journal.codec import Find, decode, encode
from ..trading.orders.journal.port import Loaded
from ..trading.orders.journal.records import Entry, Given, NewEntry
from .loop.process import Process

Keeps = Literal["all", "all but the last", "the last torn"]
"""What is left of a process's writes when it has died (F29): each of them; all but the last; or of
the last one only a part, which is none: a write is there as a whole or not at all."""


class SimDisk:
    """The disk of one account's journal. `full`: nothing can be written now (F35); `behind`: what
    was to be written last is not there.

    `open` is what a `Setup` wants: a journal for each life of the trader.
    """

    def __init__(self, find: Find, keeps: Keeps = "all") -> None:
        self.full = self.behind = False
        self.refused = 0  # writes while it was full
        self.writes_after_death = 0
        self._find = find
        self._keeps = keeps
        self._this_time: Keeps | None = None
        self._rows: list[tuple[str, bytes]] = []
        self._before: list[tuple[str, bytes]] = []
        self._process: Process | None = None

    def open(self, process: Process) -> "SimJournal":
        """The journal of a process that starts now; what its dead forerunner left is in it."""
        if self._process is not None and not self._process.alive:
            self._lose()
        self._process = process
        return SimJournal(self, process)

    def __len__(self) -> int:
        return len(self._rows)

    def keeps(self, about: str) -> bool:
        """Whether a record about something is there; what was written last is found soonest."""
        return any(row[0] == about for row in reversed(self._rows))

    def dies(self, keeps: Keeps) -> None:
        """The process dies now: this time so much is left."""
        self._this_time = keeps

    def _lose(self) -> None:
        keeps, self._this_time = self._this_time or self._keeps, None
        if keeps == "all but the last":
            self._rows = self._before
        elif keeps == "the last torn" and self._rows and self._rows is not self._before:
            about, data = self._rows[-1]
            self._rows = [*self._before, (about, data[: len(data) // 2])]
        self._before = self._rows

    def load(self) -> Loaded:
        """As `Journal.load`."""
        entries: list[Entry] = []
        for n, (about, data) in enumerate(self._rows, 1):
            try:
                entries.append((about, decode(data, self._find)))
            except JournalError as error:
                if n != len(self._rows):
                    raise
                del self._rows[-1]
                return Loaded(entries, torn=f"record {n} about {about!r}: {error}")
        return Loaded(entries)

    def write(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        """As `Journal.compact`."""
        self.behind = self.full
        if self.full:
            self.refused += 1
            raise JournalError("the journal cannot be written: the disk is full")
        self._before = self._rows
        kept = [row for row in self._rows if row[0] not in about] if about else self._rows
        self._rows = [*kept, *((each, encode(record)) for each, record in entries)]


class SimJournal:
    """One process's journal on a simulated disk."""

    def __init__(self, disk: SimDisk, process: Process) -> None:
        self._disk = disk
        self._process = process

    def load(self) -> Loaded:
        return self._disk.load()

    def keep(self, about: str, given: Given) -> None:
        self.compact((), [(about, given)])

    def append(self, entries: Sequence[NewEntry]) -> None:
        self.compact((), entries)

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        if self._process.alive:
            self._disk.write(about, entries)
        else:
            self._disk.writes_after_death += 1
            self._disk.behind = True

    def dies(self, keeps: Keeps) -> None:
        """As `SimDisk.dies`."""
        self._disk.dies(keeps)

    def close(self) -> None:
        """The disk stays."""
