"""A hub session, played: text and times in, events and commands out."""

import json

import pytest

from dryfill.live.hubs.hub_session import (
    Confirmed,
    Down,
    HangUp,
    HubSession,
    HubSettings,
    HubState,
    Send,
    Subscription,
    SubscriptionRefused,
    Told,
    Up,
    Zombie,
)
from dryfill.live.hubs.records import Bad
from dryfill.trading.errors import UsageError

ORDERS = Subscription("SubscribeOrders", (1001,))
TRADES = Subscription("SubscribeTrades", (1001,))
END = "\x1e"


def rec(**fields):
    return json.dumps(fields) + END


@pytest.fixture
def session():
    found = HubSession(HubSettings())
    found.want(ORDERS, 0)
    found.want(TRADES, 0)
    return found


@pytest.fixture
def greeted(session):
    """Connected at 0 s, greeted, both subscriptions asked for."""
    session.opened(0.0)
    session.received(1, "{}" + END, 0.1)
    return session


@pytest.fixture
def ready(greeted):
    greeted.received(1, rec(type=3, invocationId="1.1") + rec(type=3, invocationId="1.2"), 0.2)
    assert greeted.state is HubState.READY
    return greeted


def sent(step):
    """What a step sends, as (target or type, arguments, id)."""
    found = []
    for command in step.commands:
        assert isinstance(command, Send)
        fields = json.loads(command.text[:-1])
        found.append((fields.get("target", fields.get("type")), fields.get("arguments")))
    return found


def test_it_greets_then_subscribes_then_is_up(session):
    [hello] = session.opened(0.0).commands
    assert hello == Send(1, '{"protocol":"json","version":1}' + END)
    step = session.received(1, "{}" + END, 0.1)
    assert sent(step) == [("SubscribeOrders", [1001]), ("SubscribeTrades", [1001])]
    assert session.received(1, rec(type=3, invocationId="1.1"), 0.2).events == [Confirmed(ORDERS)]
    step = session.received(1, rec(type=3, invocationId="1.2"), 0.3)
    assert step.events == [Confirmed(TRADES), Up(1)]


def test_without_subscriptions_it_is_up_at_once():
    session = HubSession(HubSettings())
    session.opened(0)
    assert session.received(1, "{}" + END, 0).events == [Up(1)]


def test_a_wish_while_up_is_asked_for_and_awaited(ready):
    more = Subscription("SubscribeContractQuotes", ("C",))
    assert sent(ready.want(more, 1)) == [("SubscribeContractQuotes", ["C"])]
    assert ready.state is HubState.SUBSCRIBING
    assert ready.want(more, 1).commands == []
    assert ready.received(1, rec(type=3, invocationId="1.3"), 2).events == [Confirmed(more), Up(1)]


def test_a_stream_that_is_dropped_is_ended_and_not_asked_for_again(ready):
    assert sent(ready.drop(TRADES)) == [("UnsubscribeTrades", [1001])]
    assert ready.drop(TRADES).commands == []
    ready.lost(1, "cut")
    ready.opened(5)
    assert sent(ready.received(2, "{}" + END, 5)) == [("SubscribeOrders", [1001])]


def test_dropping_what_is_not_confirmed_yet_lets_the_rest_be_up(greeted):
    greeted.received(1, rec(type=3, invocationId="1.1"), 0.2)
    step = greeted.drop(TRADES)
    assert sent(step) == [("UnsubscribeTrades", [1001])]
    assert step.events == [Up(1)]
    assert greeted.received(1, rec(type=3, invocationId="1.2"), 0.3).events == []


def test_it_has_a_stream_from_its_confirmation_to_the_end_of_the_connection(greeted):
    assert not greeted.has(ORDERS)
    greeted.received(1, rec(type=3, invocationId="1.1"), 0.2)
    assert (greeted.has(ORDERS), greeted.has(TRADES)) == (True, False)
    greeted.lost(1, "cut")
    assert not greeted.has(ORDERS)
    greeted.opened(5)
    assert not greeted.has(ORDERS)


def test_events_are_told_in_order_and_bad_records_beside_them_are_set_aside(ready):
    text = rec(type=1, target="A", arguments=[1]) + "nonsense" + END
    text += rec(type=1, target="B", arguments=[2])
    told = ready.received(1, text, 1).events
    assert told[0] == Told("A", [1])
    assert isinstance(told[1], Bad)
    assert told[2] == Told("B", [2])
    assert ready.state is HubState.READY


def test_a_subscription_that_is_refused_is_not_up_and_asked_for_again(greeted):
    greeted.received(1, rec(type=3, invocationId="1.1"), 0.2)
    step = greeted.received(1, rec(type=3, invocationId="1.2", error="no"), 0.3)
    assert step.events == [SubscriptionRefused(TRADES, "no")]
    assert greeted.state is HubState.SUBSCRIBING
    assert greeted.woke(10.2).commands[1:] == []
    again = greeted.woke(10.4)
    assert sent(again)[-1] == ("SubscribeTrades", [1001])
    confirmed = greeted.received(1, rec(type=3, invocationId="1.3"), 10.5)
    assert confirmed.events == [Confirmed(TRADES), Up(1)]


def test_a_subscription_that_nobody_confirms_is_asked_for_again(greeted):
    greeted.received(1, rec(type=6), 5)
    assert sent(greeted.woke(10.1)) == [
        (6, None),
        ("SubscribeOrders", [1001]),
        ("SubscribeTrades", [1001]),
    ]
    # The answer to the first asking comes late; only the second counts.
    assert greeted.received(1, rec(type=3, invocationId="1.1"), 10.2).events == []
    late = rec(type=3, invocationId="1.3") + rec(type=3, invocationId="1.4")
    told = greeted.received(1, late, 10.3).events
    assert told == [Confirmed(ORDERS), Confirmed(TRADES), Up(1)]


def test_it_says_that_it_lives(ready):
    assert ready.due_s == 10.0
    assert sent(ready.woke(10.0)) == [(6, None)]
    assert ready.due_s == 20.0


def test_silence_ends_a_connection_whatever_the_link_says(ready):
    ready.woke(10)
    ready.woke(20)
    assert ready.due_s == 30.0
    assert ready.woke(30.1).commands != []
    why = "nothing arrived for 30 s"
    step = ready.woke(30.2)
    assert step.events == [Down(1, why)]
    assert step.commands == [HangUp(1, why)]
    assert ready.state is HubState.DOWN
    assert ready.due_s is None
    assert ready.woke(40).events == []


def test_any_sign_of_life_counts(ready):
    ready.received(1, rec(type=6), 29)
    assert ready.woke(31).events == []
    assert ready.state is HubState.READY


@pytest.mark.parametrize("answer", ['{"error":"old"}' + END, '{"type":6}' + END, "x" + END])
def test_a_server_that_does_not_greet_is_left(session, answer):
    session.opened(0)
    step = session.received(1, answer, 1)
    assert isinstance(step.events[0], Down)
    assert isinstance(step.commands[0], HangUp)


def test_a_server_that_never_greets_is_left(session):
    session.opened(0)
    assert session.due_s == 15.0
    assert session.woke(14.9).events == []
    assert session.woke(15.0).events == [Down(1, "no answer to the handshake within 15 s")]


def test_a_close_ends_it_and_what_follows_is_not_heard(ready):
    text = rec(type=7, error="bye", allowReconnect=False) + rec(type=1, target="A", arguments=[])
    step = ready.received(1, text, 1)
    why = "the server closed: bye"
    assert step.events == [Down(1, why, allow_reconnect=False)]
    assert step.commands == [HangUp(1, why)]


def test_a_dead_connection_is_known_by_its_number(ready):
    assert ready.lost(1, "cut").events == [Down(1, "cut")]
    assert ready.lost(1, "cut").events == []
    assert ready.received(1, rec(type=1, target="A", arguments=[]), 2).events == [Zombie(1)]
    ready.opened(3)
    ready.received(2, "{}" + END, 3)
    assert ready.received(1, rec(type=1, target="A", arguments=[]), 4).events == [Zombie(1)]
    assert ready.lost(1, "late").events == []
    assert ready.state is HubState.SUBSCRIBING


def test_a_cut_record_does_not_reach_into_the_next_connection(ready):
    ready.received(1, '{"type":1,"tar', 1)
    ready.lost(1, "cut")
    ready.opened(2)
    assert sent(ready.received(2, "{}" + END, 2)) != []


@pytest.mark.parametrize(
    "name", ["handshake_s", "confirm_s", "ping_s", "silence_s", "record_chars_most"]
)
def test_a_bound_of_zero_is_refused(name):
    with pytest.raises(UsageError, match=f"HubSettings.{name} is 0; it must be above zero"):
        HubSettings(**{name: 0})
