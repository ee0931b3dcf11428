"""A journal in memory keeps what happened as it was and makes records of it only when it is read:
what it gives back is what a disk has, on which each was written at once."""

import pytest

from dryfill.sim.journal import SimDisk
from dryfill.sim.loop.process import Process
from dryfill.trading import instruments
from dryfill.trading.orders.events import Cancelled, Corrected, Expired, Filled, Modified, Rejected
from dryfill.trading.orders.journal.codec import event_of
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.records import EventKept, OrderKept


class BesideADisk(MemoryJournal):
    """Writes everything to a disk, too, at the moment at which it is given it."""

    def __init__(self):
        super().__init__()
        self.disk = SimDisk(instruments.find).open(Process("trader", None))

    def keep(self, about, given):
        self.compact((), [(about, given)])

    def append(self, entries):
        self.compact((), entries)

    def compact(self, about, entries):
        self.disk.compact(about, entries)
        for each in about:
            self._kept.pop(each, None)
        for each, given in entries:
            super().keep(each, given)


ENDS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
    do modify 1#1 qty 3 limit 20001
    > modify 1#1 order_qty 3 price 20001
    < ack 1#1
    < replaced 1#1 order_qty 3 price 20001
    < fill 1#1 1 @ 20001
    < fill 1#1 2 @ 20000.5
    do place sell 3 stop 19900
    > place 2#1 sell 3 stop 19900
    < new 2#1
    < ack 2#1
    < fill 2#1 1 @ 19899.75
    do cancel 2#1
    > cancel 2#1
    < canceled 2#1
    < ack 2#1
    < fill 2#1 1 @ 19899.5
    do place buy 1
    > place 3#1 buy 1 market
    < refuse 3#1 INSUFFICIENT_FUNDS
    do place buy 1 limit 19000
    > place 4#1 buy 1 limit 19000
    < new 4#1
    < ack 4#1
    < expired 4#1
"""
BRACKET = """
    do bracket buy 2 loss 40t
    > place 5.entry#1 buy 2 market
    < new 5.entry#1
    < ack 5.entry#1
    < fill 5.entry#1 2 @ 20000
    > place 5.stop#1 sell 2 stop 19990
    < new 5.stop#1
    < ack 5.stop#1
"""


LATE = """
    < fill 2#1 1 @ 19899.25
"""


def filled(first, count):
    return "".join(
        f"do place buy 1\n> place {n}#1 buy 1 market\n< new {n}#1\n< ack {n}#1\n"
        f"< fill {n}#1 1 @ {20_000 + n}\n"
        for n in range(first, first + count)
    )


@pytest.mark.parametrize("more", [0, 110], ids=["as it came", "finished orders in one record"])
def test_what_is_kept_in_memory_reads_as_what_a_disk_has(more, relive):
    journal = BesideADisk()
    relive(ENDS + BRACKET + filled(6, more) + LATE, journal=journal)
    entries = journal.load().entries
    assert entries == journal.disk.load().entries
    assert sum(isinstance(record, OrderKept) for _, record in entries) == (100 if more else 0)
    told = [event_of(record.body) for _, record in entries if isinstance(record, EventKept)]
    kinds = {type(event) for event in told}
    assert {Cancelled, Corrected, Expired, Filled, Modified, Rejected} <= kinds
