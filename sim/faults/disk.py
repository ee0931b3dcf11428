"""A journal's disk that is full for a while, whatever the journal is kept on; and one that loses
what was written last when the client dies, where it is a simulated one."""

from collections.abc import Mapping, Sequence

from ...trading.errors import JournalError
from ...trading.orders.journal.port import Journal, Loaded
from ...trading.orders.journal.records import Given, NewEntry
from ..journal import Keeps, SimJournal
from ..loop.timers import Timers

_LEFT: Mapping[str, Keeps] = {"last-lost": "all but the last", "last-torn": "the last torn"}
"""How a plan writes what is left of a journal."""


class FullDisk:
    """Stands before the journals of a run, one for each life of the client. `there`: whether there
    was one so far; without a journal nothing can be full. `behind`: what was to be written last is
    not there."""

    def __init__(self, loop: Timers) -> None:
        self.there = self.behind = False
        self._loop = loop
        self._until_ns = 0
        self._newest: Journal | None = None

    def begin(self, duration_ns: int) -> None:
        """Nothing is written for so long from now on."""
        self._until_ns = max(self._until_ns, self._loop.now_ns + duration_ns)

    def before(self, journal: Journal) -> Journal:
        """The journal, whose writes fail while the disk is full."""
        self.there, self._newest = True, journal
        return _Journal(self, journal)

    def dies(self, left: str) -> str:
        """The client dies; of what its journal wrote last `left` is there. What to say of it."""
        if left not in _LEFT or not isinstance(self._newest, SimJournal):
            return ""  # a file's records are whole, whenever the power goes
        self._newest.dies(_LEFT[left])
        return f", and the last record of its journal is {left.removeprefix('last-')}"

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

    def keep(self, about: str, given: Given) -> None:
        self._disk.check_room()
        self._journal.keep(about, given)

    def append(self, entries: Sequence[NewEntry]) -> None:
        self._disk.check_room()
        self._journal.append(entries)

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        self._disk.check_room()
        self._journal.compact(about, entries)

    def close(self) -> None:
        self._journal.close()
