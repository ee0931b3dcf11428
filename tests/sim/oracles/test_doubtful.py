"""What is in doubt, for whose clocks it counts, and when it is over."""

import pytest

from dryfill.sim.oracles.doubtful import CLOSES, GIVES_BACK, PROTECTS, Doubts
from dryfill.sim.oracles.port import Answered, Sent
from dryfill.trading.orders.handle import Order

from .conftest import request

S = 10**9


def send(doubts, tag, at_ns, **prices):
    """An order leaves the manager; its request, and what it was sent as."""
    asked = request(tag, "sell", 1, **prices)
    sent = Sent(do="place", time_ns=at_ns, instrument=asked.instrument, request=asked)
    doubts.sent(sent, object.__new__(Order))
    return sent


def answer(doubts, sent, at_ns, heard=True):
    doubts.answered(Answered(sent, at_ns, None, None), heard)


def test_no_doubt_of_one_life_is_left_in_the_next():
    doubts = Doubts()
    send(doubts, "9.exit#1", 0)
    answer(doubts, send(doubts, "8.exit#1", 0), S, heard=False)  # acknowledged, and no more
    assert doubts.about("MNQ", CLOSES)
    doubts.reopened()
    assert not doubts.about("MNQ", CLOSES)
    doubts.look(9 * S)  # nor does an order of a manager that is dead end anything
    assert doubts.ended("MNQ", CLOSES) is None


@pytest.mark.parametrize(
    ("tag", "waited_for"),
    [
        ("9.exit#1", (GIVES_BACK, PROTECTS, CLOSES)),
        ("9.stop#1", (CLOSES,)),  # a substitute may go out, so what is bare is judged on
        ("9.target#1", (CLOSES,)),
    ],
)
def test_the_end_of_a_doubt_is_heard_by_those_that_waited_for_it(tag, waited_for):
    doubts = Doubts()
    sent = send(doubts, tag, 0)
    for kinds in (GIVES_BACK, PROTECTS, CLOSES):
        assert doubts.about("MNQ", kinds) == (kinds in waited_for)
    answer(doubts, sent, 2 * S)
    for kinds in (GIVES_BACK, PROTECTS, CLOSES):
        assert (doubts.ended("MNQ", kinds) is not None) == (kinds in waited_for)
        assert doubts.ended("MES", kinds) is None


def test_a_stop_and_its_substitute_in_doubt_are_waited_for_by_what_is_bare():
    doubts = Doubts()
    sent = send(doubts, "9.stop#1", 0)
    send(doubts, "9.stop#2", S)
    assert doubts.about("MNQ", PROTECTS)
    assert not doubts.about("MNQ", GIVES_BACK)
    answer(doubts, sent, 2 * S)
    assert not doubts.about("MNQ", PROTECTS)
    assert doubts.ended("MNQ", PROTECTS).at_ns == 2 * S


def test_a_stop_that_is_acknowledged_and_no_more_gives_nothing_back():
    doubts = Doubts()
    answer(doubts, send(doubts, "9.stop#1", 0), S, heard=False)
    assert doubts.about("MNQ", PROTECTS)
    assert not doubts.about("MNQ", GIVES_BACK)
