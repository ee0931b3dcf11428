"""The stream of events: whoever keeps them, and whoever listens beside him, by then or later."""

import pytest

from dryfill.trading.orders.figures.stream import EventStream
from dryfill.trading.orders.incident import Incident
from dryfill.trading.orders.observing import Observers
from dryfill.trading.orders.registry import Registry
from dryfill.trading.orders.settings import OrderSettings


def never(*told):
    raise AssertionError(told)


@pytest.fixture
def stage():
    """A stream whose events are kept, the numbers of those kept, and what makes the next event."""
    observers, settings, kept = Observers(never), OrderSettings(), []
    stream = EventStream(lambda: 0, observers, Registry(settings), settings)
    stream.kept_by(lambda event: kept.append(event.n), last=0)
    return stream, kept, lambda: observers.on_incident(Incident(0, "a_test", ""))


def read(reader):
    """The numbers that a reader has still to read."""
    return [event.n for event in iter(reader._next, None)]


def test_a_reader_beside_what_is_kept_hears_what_happens_from_then_on(stage):
    stream, kept, happens = stage
    happens()
    reader = stream.open()
    happens()
    assert (kept, read(reader)) == ([1, 2], [2])


def test_what_is_given_on_beside_what_is_kept_is_every_event_from_then_on(stage):
    stream, kept, happens = stage
    happens()
    given = []
    stream.sink(lambda event: given.append(event.n))
    happens()
    assert (kept, given) == ([1, 2], [2])


def test_once_no_reader_is_left_events_are_kept_and_the_next_reader_hears_them(stage):
    stream, kept, happens = stage
    reader = stream.open()
    happens()
    del reader
    happens()
    happens()
    reader = stream.open()
    happens()
    assert (kept, read(reader)) == ([1, 2, 3, 4], [4])
