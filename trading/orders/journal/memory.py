"""A journal that ends with the program: for backtests, where nothing needs to outlive it."""

from collections.abc import Sequence

from .port import Loaded
from .records import Entry, Record


class MemoryJournal:
    """Keeps the records themselves, written to nothing: they are frozen."""

    def __init__(self) -> None:
        self._count = 0
        self._kept: dict[str, list[tuple[int, Record]]] = {}

    def load(self) -> Loaded:
        numbered = [(n, about, r) for about, kept in self._kept.items() for n, r in kept]
        return Loaded([(about, record) for _, about, record in sorted(numbered, key=_number)])

    def append(self, entries: Sequence[Entry]) -> None:
        for about, record in entries:
            self._count += 1
            kept = self._kept.get(about)
            if kept is None:
                self._kept[about] = [(self._count, record)]
            else:
                kept.append((self._count, record))

    def compact(self, about: Sequence[str], entries: Sequence[Entry]) -> None:
        for each in about:
            self._kept.pop(each, None)
        self.append(entries)

    def close(self) -> None:
        """Nothing is held open."""

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))


def _number(row: tuple[int, str, Record]) -> int:
    return row[0]
