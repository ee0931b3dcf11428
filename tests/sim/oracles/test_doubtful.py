"""What is in doubt, for whose clocks it counts, and when it is over."""

import pytest

from dryfill.sim.oracles.doubtful import CLOSES, GIVES_BACK, PROTECTS, Doubts
from dryfill.sim.oracles.knowable import Moment
from dryfill.sim.oracles.port import Answered, Sent
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.order import OrderChange
from dryfill.trading.orders.handle import Order

from .conftest import MNQ, request

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
    doubts.reopened(5 * S)
    assert not doubts.about("MNQ", CLOSES)
    doubts.look(9 * S)  # nor does an order of a manager that is dead end anything
    # What could not be judged while it was there is judged from the next life on (swarm, 357).
    assert doubts.ended("MNQ", CLOSES).known_ns == 5 * S


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


def change(doubts, tag, at_ns):
    sent = Sent(
        do="modify",
        time_ns=at_ns,
        instrument=MNQ,
        order_id="1",
        change=OrderChange(order_qty=3),
    )
    doubts.changes(sent, tag)
    return sent


@pytest.mark.parametrize(
    ("tag", "second_ns", "waited_for"),
    [("9.stop#1", S, True), ("9.stop#1", S - 1, False), ("9.target#1", S, False)],
)
def test_a_change_of_a_stop_and_the_one_after_it_are_waited_for(tag, second_ns, waited_for):
    """Of which the first was waited for a second; then it goes again, and that may be slow."""
    doubts = Doubts()
    change(doubts, tag, 0)
    assert not doubts.about("MNQ", PROTECTS)
    second = change(doubts, tag, second_ns)
    assert doubts.about("MNQ", PROTECTS) == waited_for
    assert not doubts.about("MES", PROTECTS)
    doubts.answered(Answered(second, 2 * S, None, OutcomeUnknown("late")), heard=True)
    assert doubts.about("MNQ", PROTECTS) == waited_for
    answer(doubts, second, 2 * S)
    assert not doubts.about("MNQ", PROTECTS)
    assert (doubts.ended("MNQ", PROTECTS) is not None) == waited_for


def test_a_change_that_was_answered_is_no_first_of_two():
    doubts = Doubts()
    answer(doubts, change(doubts, "9.stop#1", 0), S // 40)
    change(doubts, "9.stop#1", 2 * S)
    assert not doubts.about("MNQ", PROTECTS)


@pytest.mark.parametrize(("rejected", "waited_for"), [(True, True), (False, False)])
def test_a_closing_order_that_was_rejected_before_its_acknowledgement_came(rejected, waited_for):
    """It is taken for working, too, until the rejection is told or has to be looked up."""
    doubts, moment = Doubts(), Moment(S // 10, 5 * S)
    sent = send(doubts, "9.exit#1", 0)
    doubts.heard("9.exit#1", moment, rejected=rejected)
    answer(doubts, sent, S // 2)
    assert (doubts.ended("MNQ", PROTECTS) is moment) == waited_for
