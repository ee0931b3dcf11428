"""A journal's disk that is full for a while, whatever the journal is kept on."""

from collections.abc import Sequence

from ...trading.errors import JournalError
from ...trading.orders.journal.port import Journal, Loaded
from ...trading.orders.journal.records import NewEntry
from ..loop.timers import Timers


class FullDisk:
    """Stands before the journals of a run, one for each life of the client. `there`: whether there
    was one so far; without a journal nothing can be full. `behind`: what was to be written last is
    not there."""

    def __init__(self, loop: Timers) -> None:
        self.there = self.behind = False
        self._loop = loop
        self._until_ns = 0

    def begin(self, duration_ns: int) -> None:
        """Nothing is written for so long from now on."""
        self._until_ns = max(self._until_ns, self._loop.now_ns + duration_ns)

    def before(self, journal: Journal) -> Journal:
        """The journal, whose writes fail while the disk is full."""
        self.there = True
        return _Journal(self, journal)

    def check_room(self) -> None:
        """Raise `JournalError` while the disk is full."""
        self.behind = self._loop.now_ns < self._until_ns
        if self.behind:
            raise JournalError("the journal cannot be written: the disk is full")


class _Journal:
    def __init__(self, disk: FullDisk, journal: Journal) -> None:
        self._disk = disk
        self._journal = journal

    def load(self) -> Loaded:
        return self._journal.load()

    def append(self, entries: Sequence[NewEntry]) -> None:
        self._disk.check_room()
        self._journal.append(entries)

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        self._disk.check_room()
        self._journal.compact(about, entries)

    def close(self) -> None:
        self._journal.close()
