"""The server's end of a hub, alone and with the client's end on the other side of the text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.live.hubs.hub_session import (
    HubSession,
    HubSettings,
    HubState,
    Send,
    Subscription,
    Told,
    Up,
)
from dryfill.sim.gateway.hubs.hub_link import HubLink, LinkSettings, LinkState
from dryfill.sim.gateway.hubs.hub_methods import HubKind

END = "\x1e"
HELLO = '{"protocol":"json","version":1}' + END
MINE = frozenset({"1001"})


def rec(**fields):
    return json.dumps(fields) + END


def call(method, *arguments, call_id="7"):
    fields = {"type": 1, "target": method, "arguments": list(arguments)}
    return rec(**fields) if call_id is None else rec(**fields, invocationId=call_id)


def read(said):
    """The records that were sent, one a message."""
    assert all(text.endswith(END) and text.count(END) == 1 for text in said.texts)
    return [json.loads(text[:-1]) for text in said.texts]


@pytest.fixture
def link():
    return HubLink(HubKind.USER, LinkSettings(), 0.0, MINE)


@pytest.fixture
def opened(link):
    link.received(HELLO, 0.0)
    return link


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_handshake_is_answered_alone(link, version):
    said = link.received(rec(protocol="json", version=version), 0.0)
    assert said.texts == ("{}" + END,)
    assert not said.ends


@pytest.mark.parametrize(
    "text", ['{"protocol":"messagepack","version":1}', '{"protocol":"json","version":9}', "{}"]
)
def test_another_protocol_is_refused_with_a_reason(link, text):
    said = link.received(text + END, 0.0)
    assert "is not supported" in read(said)[0]["error"]
    assert said.ends
    assert link.state is LinkState.CLOSED


def test_a_handshake_and_calls_in_one_message_are_answered_one_by_one(link):
    said = link.received(HELLO + call("SubscribeOrders", 1001) + call("Heartbeat", {}), 0.0)
    assert read(said) == [
        {},
        {"type": 3, "invocationId": "7", "result": None},
        {"type": 3, "invocationId": "7", "error": "Unknown hub method 'Heartbeat'"},
    ]


CALLS = {
    "an account as text": (call("SubscribeOrders", "1001"), None),
    "names in any case": (call("subscribeorders", 1001), None),
    "no argument where none is wanted": (call("SubscribeAccounts"), None),
    "another's account": (call("SubscribeOrders", 1002), "account 1002 is none of this user's"),
    "no account": (call("SubscribeOrders"), "SubscribeOrders takes an account id"),
    "a contract for an account": (call("SubscribeTrades", "MNQ"), "is no account or contract"),
    "the other hub's": (call("SubscribeContractQuotes", "C"), "Unknown hub method"),
    "half a name": (call("Subscribe"), "Unknown hub method 'Subscribe'"),
    "nothing like it": (call("UnOrders", 1001), "Unknown hub method"),
    "no arguments at all": (rec(type=1, target="SubscribeOrders", invocationId="7"), "arguments"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_answered(name, opened):
    text, error = CALLS[name]
    [answer] = read(opened.received(text, 1.0))
    assert answer["invocationId"] == "7"
    assert (error is None) == ("error" not in answer)
    assert error is None or error in answer["error"]
    assert opened.state is LinkState.OPEN


def test_a_call_without_an_id_is_not_answered(opened):
    assert opened.received(call("SubscribeOrders", 1001, call_id=None), 1.0).texts == ()
    assert opened.event("orders", "1001", [{}]) is not None
    assert opened.received(call("Heartbeat", {}, call_id=None), 1.0).texts == ()


def test_only_what_was_asked_for_is_told_and_once(opened):
    assert opened.event("orders", "1001", [{}]) is None
    opened.received(call("SubscribeOrders", 1001) + call("SubscribeOrders", 1001), 1.0)
    event = json.loads(opened.event("orders", "1001", [{"id": 1}])[:-1])
    assert event == {"type": 1, "target": "GatewayUserOrder", "arguments": [{"id": 1}]}
    assert opened.event("trades", "1001", [{}]) is None
    opened.received(call("UnsubscribeOrders", 1001), 2.0)
    assert opened.event("orders", "1001", [{}]) is None


@pytest.mark.parametrize(
    "text",
    [
        *("nonsense", "[1]", "7", '{"type":99}', '{"typ'),
        '{"type":1,"target":"SubscribeAccounts","arguments":[],"invocationId":0.0}',
    ],
)
def test_what_is_no_message_closes_this_link_with_a_reason(opened, text):
    said = opened.received(text + END, 1.0)
    assert read(said)[0]["type"] == 7
    assert said.ends
    assert opened.received(call("SubscribeOrders", 1001), 2.0).texts == ()


def test_a_record_that_never_ends_is_bounded():
    link = HubLink(HubKind.USER, LinkSettings(record_chars_most=100), 0.0, MINE)
    link.received(HELLO, 0.0)
    assert not link.received("x" * 100, 1.0).ends
    assert link.received("x", 1.0).ends


def test_a_client_that_greets_late_is_pinged_when_whoever_waits_for_the_link_wakes():
    link = HubLink(HubKind.USER, LinkSettings(), 0.0, MINE)
    assert link.due_s == 15.0, "before the greeting as after it: nobody wakes a sleeper earlier"
    assert link.woke(15.0).texts == ()
    link.received(HELLO, 16.0)
    assert link.due_s == 30.0
    assert read(link.woke(30.0)) == [{"type": 6}]


def test_the_server_says_that_it_lives_and_gives_up_a_silent_client(opened):
    assert opened.due_s == 15.0
    assert read(opened.woke(15.0)) == [{"type": 6}]
    assert opened.woke(16.0).texts == ()
    opened.received(rec(type=6), 20.0)
    assert opened.due_s == 30.0
    said = opened.woke(320.0)
    assert read(said) == [{"type": 7, "error": "nothing was heard for 300 s"}]
    assert said.ends
    assert opened.due_s is None
    assert opened.woke(400.0).texts == ()


def test_the_first_ping_is_due_from_the_beginning_and_sent_once_the_client_has_greeted():
    link = HubLink(HubKind.USER, LinkSettings(), 0.0, MINE)
    assert link.due_s == 15.0
    assert link.woke(15.0).texts == ()
    assert link.due_s == 30.0
    link.received(HELLO, 16.0)
    assert link.due_s == 30.0
    assert read(link.woke(30.0)) == [{"type": 6}]


def test_a_client_that_closes_is_let_go(opened):
    said = opened.received(rec(type=7), 1.0)
    assert (said.texts, said.ends) == ((), True)


def test_the_end_of_a_session_is_told_before_the_close(opened):
    said = opened.log_out("signed in elsewhere")
    assert [record.get("target", record["type"]) for record in read(said)] == ["GatewayLogout", 7]
    assert said.ends


class Pair:
    """A client and a server, and the texts on their way; connections may be cut."""

    def __init__(self):
        self.client = HubSession(HubSettings())
        self.now_s = 0.0
        self.link = None
        self.up, self.down = [], []
        self.told = []
        self.ups = 0

    def connect(self):
        self.link = HubLink(HubKind.USER, LinkSettings(), self.now_s, MINE)
        self.up, self.down = [], []
        self.hear(self.client.opened(self.now_s))

    def cut(self):
        self.hear(self.client.lost(self.client.generation, "cut"))
        self.link = None
        self.up, self.down = [], []

    def hear(self, step):
        for event in step.events:
            self.ups += isinstance(event, Up)
            if isinstance(event, Told):
                self.told.append(event.arguments[0]["id"])
        for command in step.commands:
            if isinstance(command, Send) and command.generation == self.client.generation:
                self.up.append(command.text)

    def carry(self, where, size):
        """Deliver some of what is on its way, cut anywhere towards the server."""
        if where == "up" and self.up and self.link is not None:
            text = "".join(self.up)
            now, rest = text[:size], text[size:]
            self.up = [rest] if rest else []
            self.down += self.link.received(now, self.now_s).texts
        elif where == "down" and self.down:
            self.hear(self.client.received(self.client.generation, self.down.pop(0), self.now_s))

    def settle(self):
        while self.up or self.down:
            self.carry("up", 10_000)
            self.carry("down", 0)


ORDERS = Subscription("SubscribeOrders", (1001,))
TRADES = Subscription("SubscribeTrades", (1001,))
STEPS = st.one_of(
    st.tuples(st.sampled_from(["up", "down"]), st.integers(1, 90)),
    st.tuples(st.sampled_from(["cut", "want", "drop", "event", "wait"]), st.integers(0, 20)),
)


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=60))
def test_client_and_server_agree_whatever_was_cut(steps):
    pair, sent, cut = Pair(), 0, []
    pair.hear(pair.client.want(ORDERS, 0.0))
    pair.connect()
    for what, number in steps:
        if what in ("up", "down"):
            pair.carry(what, number)
        elif what == "cut":
            cut += list(range(sent + 1))
            pair.cut()
            pair.connect()
        elif what == "want":
            pair.hear(pair.client.want(TRADES, pair.now_s))
        elif what == "drop":
            pair.hear(pair.client.drop(TRADES))
        elif what == "event":
            text = pair.link.event("orders", "1001", [{"id": sent + 1}])
            if text is not None:
                sent += 1
                pair.down.append(text)
        else:
            pair.now_s += number
            pair.hear(pair.client.woke(pair.now_s))
            if pair.client.state is HubState.DOWN:
                cut += list(range(sent + 1))
                pair.connect()
    pair.settle()
    assert pair.client.state is HubState.READY
    wanted = {"orders"} | ({"trades"} if TRADES in pair.client._wanted else set())
    assert {stream for stream, _ in pair.link.subscribed} == wanted
    # In order, none twice, and none missing that was sent since the last cut.
    assert pair.told == sorted(set(pair.told))
    assert set(range(1, sent + 1)) - set(cut) <= set(pair.told)
