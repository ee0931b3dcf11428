"""What is in doubt, for whose clocks it counts, and when it is over."""

from dryfill.sim.oracles.doubtful import Doubts
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
    assert doubts.about("MNQ", "exit")
    doubts.reopened()
    assert not doubts.about("MNQ", "exit")
    doubts.look(9 * S)  # nor does an order of a manager that is dead end anything
    assert doubts.ended("MNQ") is None
