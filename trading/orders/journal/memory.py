"""A journal that ends with the program: for backtests, where nothing needs to outlive it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from .codec import kept as record_of
from .port import Loaded
from .records import Given, NewEntry, Record


class MemoryJournal:
    """Keeps what it is given as it is, which is frozen. Records are made of that when it is read,
    which most of it never is."""

    def __init__(self) -> None:
        self._count = 0
        # In turn the number of what was given and that: there are tens of thousands, and a tuple
        # for each pair would weigh as much as half of them.
        self._kept: defaultdict[str, list[Any]] = defaultdict(list)

    def load(self) -> Loaded:
        numbered = [
            (n, about, record_of(given))
            for about, kept in self._kept.items()
            for n, given in zip(kept[::2], kept[1::2], strict=True)
        ]
        return Loaded([(about, record) for _, about, record in sorted(numbered, key=_number)])

    def keep(self, about: str, given: Given) -> None:
        self._count = count = self._count + 1
        self._kept[about].extend((count, given))

    def append(self, entries: Sequence[NewEntry]) -> None:
        kept, count = self._kept, self._count
        for about, given in entries:
            count += 1
            kept[about].extend((count, given))
        self._count = count

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        for each in about:
            self._kept.pop(each, None)
        self.append(entries)

    def close(self) -> None:
        """Nothing is held open."""

    def __len__(self) -> int:
        return sum(map(len, self._kept.values())) // 2


def _number(row: tuple[int, str, Record]) -> int:
    return row[0]
