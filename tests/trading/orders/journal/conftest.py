"""Scripts with a journal: see the language in `tests/trading/orders/conftest.py`."""

import pytest

from dryfill.trading.errors import JournalError
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.records import EVENTS

ROUND = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
BEGIN = "do recover\n" + ROUND + "< shown\n= recovered true\n"
AGAIN = "do die\ndo live\n" + ROUND


class Disk(MemoryJournal):
    """A journal that may be full."""

    @property
    def events(self):
        """How many records are events; they are bounded by themselves."""
        return sum(about.startswith(EVENTS) for about, _ in self.load().entries)

    def __init__(self):
        super().__init__()
        self.full = False
        self.refused = 0

    def keep(self, about, given):
        self.compact((), [(about, given)])

    def append(self, entries):
        self.compact((), entries)

    def compact(self, about, entries):
        if self.full:
            self.refused += 1
            raise JournalError("the journal is not written: the disk is full")
        for each in about:
            self._kept.pop(each, None)
        for each, given in entries:
            super().keep(each, given)

    def about(self):
        return [about for about, _ in self.load().entries]


@pytest.fixture
def relive(play):
    """Play a script on a manager with a journal; `{again}` ends its life and begins another, up to
    the questions that it asks."""

    def go(script, settings=None, journal=None, **given):
        journal = MemoryJournal() if journal is None else journal
        return play(BEGIN + script.replace("{again}", AGAIN), settings, journal=journal, **given)

    return go
