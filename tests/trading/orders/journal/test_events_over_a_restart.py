"""`manager.events(since)` over a restart: replayed from the journal, numbered on without a hole."""

from dryfill.trading.orders.events import Accepted, Filled, Missed
from dryfill.trading.orders.settings import OrderSettings

TWO_LIVES = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
    {again}
    < shown
    < fill 1#1 1 @ 20000
"""


def replayed(reader):
    """What a reader has now, without waiting."""
    found = []
    while (event := reader._next()) is not None:
        found.append(event)
    return found


def test_events_of_an_earlier_life_are_replayed_and_the_numbers_go_on(relive):
    found = []
    relive(TWO_LIVES, then=lambda stage: found.extend(replayed(stage.manager.events(since=0))))
    assert [event.n for event in found] == list(range(1, len(found) + 1))
    assert [type(e) for e in found if hasattr(e, "order")] == [Accepted, Filled]
    assert [event.order.tag for event in found if hasattr(event, "order")] == ["1#1", "1#1"]


def test_a_reader_goes_on_after_the_number_that_it_read_last(relive):
    found = []

    def look(stage):
        every = replayed(stage.manager.events(since=0))
        rest = replayed(stage.manager.events(since=every[0].n))
        found.append((every[1:], rest))

    relive(TWO_LIVES, then=look)
    assert found[0][0] == found[0][1]


def test_what_the_journal_let_go_is_told_as_missed(relive):
    """The oldest events leave by the thousand."""
    found = []

    def look(stage):
        keeper = stage.manager._life.keeper
        first = replayed(stage.manager.events(since=0))[0]
        for n in range(stage.manager.stream.last + 1, 2_001):
            keeper.event(first.__class__(n=n, time_ns=0, order=first.order))
        found.extend(replayed(stage.manager.events(since=0)))

    relive(TWO_LIVES, OrderSettings(events_most=1_000), then=look)
    assert found[0] == Missed(first=1, last=999)
    assert [event.n for event in found[1:]] == list(range(1_000, 2_001))
