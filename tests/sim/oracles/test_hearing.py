"""Who hears of what: each kind of thing has its listeners, and none is without a name."""

from typing import get_args

import pytest

from dryfill.sim.oracles.hearing import _DELIVERED, Heard, Hearing, heard_as
from dryfill.sim.oracles.oracle import Oracle
from dryfill.sim.oracles.port import Answered, Delivered, FlattenCall, Sent
from dryfill.trading.broker import BrokerEvent, StreamState

from .conftest import MNQ

COMMAND = Sent(do="cancel", time_ns=0, instrument=MNQ, order_id="1")
QUESTION = Sent(do="read", time_ns=0, read="positions")


class Ear(Oracle):
    """Hears commands, and all there is."""

    name = "EAR"

    def __init__(self, heard):
        self.premise = 0
        self.heard = heard

    def on_command(self, event):
        self.heard.append("command")

    def on_manager(self, event):
        self.heard.append("anything")


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (COMMAND, "command"),
        (QUESTION, "question"),
        (Answered(COMMAND, 0, None, None), "outcome"),
        (Answered(QUESTION, 0, [], None), "answer"),
        (Delivered(StreamState(up=True, gap=False), 0), "stream"),
        (FlattenCall(MNQ, None, 0), "flatten"),
    ],
)
def test_it_is_heard_as_what_it_is(event, heard):
    assert heard_as(event) == heard


def test_whatever_a_broker_may_tell_has_a_kind():
    assert set(_DELIVERED) == set(get_args(BrokerEvent))


def test_an_oracle_may_have_a_handler_for_each_kind():
    assert all(hasattr(Oracle, f"on_{heard}") for heard in get_args(Heard))


def test_a_listener_hears_of_a_kind_first_and_then_that_it_was_something():
    first, second = [], []
    hearing = Hearing((Ear(first), Ear(second)))
    hearing.tell("command", COMMAND)
    hearing.tell("question", QUESTION)
    assert first == second == ["command", "anything", "anything"]
