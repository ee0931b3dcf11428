"""What happens while the journal cannot be written is in it once it can be."""

from dryfill.trading.orders.journal.records import OWNERS

from .conftest import Disk

TWO_MOVED = (
    "".join(
        f"""
    do bracket buy 2 loss 40t
    > place {n}.entry#1 buy 2 market
    < new {n}.entry#1
    < ack {n}.entry#1
    < fill {n}.entry#1 2 @ 20000
    > place {n}.stop#1 sell 2 stop 19990
    < new {n}.stop#1
    < ack {n}.stop#1
    """
        for n in (1, 2)
    )
    + """
    do disk full
    do modify 1.stop#1 stop 19980
    > modify 1.stop#1 stop_px 19980
    < ack 1.stop#1
    do modify 2.stop#1 stop 19970
    > modify 2.stop#1 stop_px 19970
    < ack 2.stop#1
    do disk free
    wait 60
"""
)


def test_what_changed_while_the_disk_was_full_is_written_for_each_that_did(relive):
    journal = Disk()
    relive(TWO_MOVED, journal=journal)
    assert [about for about in journal.about() if about.startswith(OWNERS)] == [
        f"{OWNERS}1",
        f"{OWNERS}2",
    ]
