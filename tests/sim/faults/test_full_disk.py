"""A full disk: the journal's writes fail for a while, and nothing of them is kept."""

import asyncio

import pytest

from dryfill.sim.faults.log import StalePlan
from dryfill.trading.errors import JournalError
from dryfill.trading.orders.journal.port import Loaded

FULL = {"kind": "disk-full", "at": "100 ms", "duration": "400 ms"}


class Kept:
    """A journal that keeps what it is told, as it is told."""

    def __init__(self):
        self.rows = []

    def load(self):
        return Loaded(list(self.rows))

    def keep(self, about, given):
        self.rows.append(given)

    def append(self, entries):
        self.rows += entries

    def compact(self, about, entries):
        self.rows = list(entries)

    def close(self):
        self.rows = None


async def unless_full(at, write, *args):
    try:
        write(*args)
    except JournalError as error:
        at.note(str(error))
    else:
        at.note("written")


def test_nothing_is_written_while_it_is_full(stage):
    at = stage(FULL)
    kept = Kept()
    journal = at.faults.disk.before(kept)

    async def script(broker):
        for write, what in ((journal.append, ["a"]), (journal.append, ["b"])):
            await unless_full(at, write, what)
            await asyncio.sleep(0.2)
        await unless_full(at, journal.compact, [], ["c"])
        await unless_full(at, journal.keep, "it", "e")
        assert journal.load().entries == ["a"]
        await asyncio.sleep(0.1)
        await unless_full(at, journal.compact, [], ["d"])
        await unless_full(at, journal.keep, "it", "f")
        assert journal.load().entries == ["d", "f"]
        journal.close()

    at.play(script)
    full = "the journal cannot be written: the disk is full"
    assert at.log == [
        *[("written", 0), (full, 200), (full, 400), (full, 400)],
        *[("written", 500), ("written", 500)],
    ]
    assert kept.rows is None


def test_without_a_journal_there_is_no_disk_to_be_full(stage):
    async def script(broker):
        await asyncio.sleep(1)

    with pytest.raises(StalePlan, match="disk-full"):
        stage(FULL).play(script)
