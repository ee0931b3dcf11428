"""SignalR records: cut anywhere, mixed with nonsense, read or set aside; never an exception."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.hubs.records import (
    RECORD_END,
    Bad,
    Close,
    Completion,
    HandshakeAnswer,
    Invocation,
    Ping,
    Records,
    handshake,
    invoke,
    ping,
    read,
)

MESSAGES = [
    ("{}", HandshakeAnswer()),
    ('{"error":"no such protocol"}', HandshakeAnswer("no such protocol")),
    ('{"type":6}', Ping()),
    ('{"type":7}', Close()),
    ('{"type":7,"error":"bye","allowReconnect":false}', Close("bye", allow_reconnect=False)),
    ('{"type":3,"invocationId":"1.2","result":null}', Completion("1.2")),
    ('{"type":3,"invocationId":7,"error":"no"}', Completion("7", "no")),
    (
        '{"type":1,"target":"GatewayQuote","arguments":["C",{}]}',
        Invocation("GatewayQuote", ["C", {}]),
    ),
    (
        '{"type":1,"target":"T","arguments":[],"invocationId":"9","headers":{}}',
        Invocation("T", [], "9"),
    ),
]
BAD = [
    '{"type":1,"target":"T"}',
    '{"type":1,"arguments":[]}',
    '{"type":3}',
    '{"type":99}',
    '{"type":"1","target":"T","arguments":[]}',
    '{"target":"T"}',
    "[1,2]",
    "7",
    "null",
    '{"type":1,"target":"T","argum',
    '{"type":1,"target":"T","arguments":[NaN]}',
    "[" * 5000,
]


def test_a_record_is_read_as_the_message_that_it_is():
    for text, message in MESSAGES:
        assert read(text) == message, text


def test_what_is_no_message_is_set_aside_with_a_sample():
    for text in BAD:
        bad = read(text)
        assert isinstance(bad, Bad), text
        assert bad.why
        assert bad.sample == text[:200]


def test_what_we_send_is_what_the_protocol_asks():
    assert handshake() == '{"protocol":"json","version":1}\x1e'
    assert ping() == '{"type":6}\x1e'
    sent = json.loads(invoke("SubscribeOrders", [1001], "1.1")[:-1])
    assert sent == {
        "type": 1,
        "target": "SubscribeOrders",
        "arguments": [1001],
        "invocationId": "1.1",
    }
    assert "invocationId" not in json.loads(invoke("Unsubscribe", [])[:-1])


@given(st.lists(st.sampled_from([text for text, _ in MESSAGES]), max_size=6), st.data())
def test_records_come_out_whole_however_they_were_cut(texts, data):
    stream = "".join(text + RECORD_END for text in texts)
    records, found = Records(10_000), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        piece, stream = stream[:size], stream[size:]
        found += records.feed(piece.encode() if data.draw(st.booleans()) else piece)
    assert found == texts


def test_a_record_without_an_end_is_bounded_and_costs_only_itself():
    records = Records(100)
    first = records.feed("x" * 101)
    assert [bad.why for bad in first] == ["a record of more than 100 characters"]
    assert records.feed("y" * 500) == []
    assert records.feed("y" + RECORD_END + '{"type":6}' + RECORD_END) == ['{"type":6}']
    assert [type(each) for each in records.feed("z" * 101 + RECORD_END)] == [Bad]


def test_bytes_that_are_no_text_are_set_aside():
    records = Records(100)
    assert [type(each) for each in records.feed(b'{"type":6\xff}\x1e')] == [Bad]
    assert records.feed('{"type":6}\x1e') == ['{"type":6}']


@given(st.one_of(st.text(), st.binary()))
def test_no_bytes_raise(data):
    for record in Records(50).feed(data):
        if not isinstance(record, Bad):
            read(record)
