"""A journal that ends with the program: for backtests, where nothing needs to outlive it."""

from collections.abc import Sequence
from typing import Any

from .codec import kept as given_back
from .port import Loaded
from .records import NewEntry, Record


class MemoryJournal:
    """Keeps the records themselves, written to nothing: they are frozen. Events too, as they were
    told, and what most of them would weigh as bytes nobody ever asks for."""

    def __init__(self) -> None:
        self._count = 0
        # In turn the number of a record and the record: there are tens of thousands, and a tuple
        # for each pair would weigh as much as half of them.
        self._kept: dict[str, list[Any]] = {}

    def load(self) -> Loaded:
        numbered = [
            (n, about, given_back(record))
            for about, kept in self._kept.items()
            for n, record in zip(kept[::2], kept[1::2], strict=True)
        ]
        return Loaded([(about, record) for _, about, record in sorted(numbered, key=_number)])

    def append(self, entries: Sequence[NewEntry]) -> None:
        for about, record in entries:
            self._count = count = self._count + 1
            kept = self._kept.get(about)
            if kept is None:
                self._kept[about] = [count, record]
            else:
                kept += (count, record)

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
