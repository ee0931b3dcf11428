"""Whatever is thrown at the twin: never a 500, never a dead server, and nothing unforeseen in its
log (which `conftest` reads after each test)."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from twin_world import ALL_OF_MINE, CONTRACT, played, twin, twin_in_process

from dryfill.sim.gateway.hubs.hub_link import LinkSettings, LinkState
from dryfill.sim.gateway.hubs.hub_methods import STREAMS, HubKind
from dryfill.sim.gateway.hubs.hubs import Hubs
from dryfill.sim.gateway.rest.endpoints import ENDPOINTS

PATHS = [*ENDPOINTS, "auth/loginkey", "auth/loginapp", "auth/validate"]
FORESEEN = {200, 400, 401, 404, 405, 413, 415, 429}
NAMES = [
    "accountId", "contractId", "type", "side", "size", "limitPrice", "stopPrice", "trailPrice",
    "customTag", "stopLossBracket", "takeProfitBracket", "linkedOrderId", "orderId", "filter",
    "startTimestamp", "endTimestamp", "startTime", "endTime", "unit", "unitNumber", "limit",
    "live", "searchText", "includePartialBar", "userName", "apiKey", "password", "statuses",
    "pageSize", "pageOffset", "ticks", "createdAfter", "ACCOUNTID",
]  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 1001, 9001, 20_000, 19_990, -40, 80, 2**31, 2**63]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.25, 20_000.25, 1e-30, 1e300, 19_999.99]),
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [CONTRACT, "ada", "2026-11-20T15:00:00Z", "9999-12-31T23:59:59.9999999+14:00", "0001-01-01",
         "\u0000", "1e5", "CON.F.US.MNQ.Z26 "]
    ),
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=6,
)
GOOD = {
    "accountId": 1001, "contractId": CONTRACT, "type": 2, "side": 0, "size": 1, "orderId": 9001,
    "startTimestamp": "2026-11-20T15:00:00Z", "filter": {"accountId": 1001}, "live": False,
    "startTime": "2026-11-20T00:00:00Z", "endTime": "2026-11-21T00:00:00Z", "unit": 2,
    "unitNumber": 1, "limit": 10, "userName": "ada", "apiKey": "x", "password": "y",
}  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=60),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5).map(
        lambda changes: json.dumps(GOOD | changes).encode()
    ),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2).map(
        lambda changes: json.dumps(GOOD | changes).encode("utf-16")
    ),
)
KINDS = st.sampled_from(
    ["application/json", "text/json", "application/x+json", "", "text/html", "application/json;;="]
)


class Served:
    """A twin in process that lives through all examples, on a loop of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.context = twin_in_process(limits=None)
        self.g = self.loop.run_until_complete(self.context.__aenter__())

    def post(self, path, body, headers):
        return self.loop.run_until_complete(
            self.g.http.post(f"/api/{path}", content=body, headers=headers)
        )

    def close(self):
        self.loop.run_until_complete(self.context.__aexit__(None, None, None))
        self.loop.close()


@pytest.fixture(scope="module")
def served():
    one = Served()
    yield one
    one.close()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example(
    path="order/place", body=json.dumps(GOOD | {"limitPrice": 1e-28, "type": 1}).encode(), kind=""
)
@example(path="order/place", body=b'{"accountId": 1e400}', kind="application/json")
@example(path="order/place", body=b'{"limitPrice": 1e999999999999999999}', kind="application/json")
@given(path=st.sampled_from(PATHS), body=BODIES, kind=KINDS)
def test_no_body_breaks_an_endpoint(served, path, body, kind):
    answer = served.post(path, body, {"content-type": kind})
    assert answer.status_code in FORESEEN
    if answer.status_code == 200:
        fields = answer.json()
        assert fields["success"] == (fields["errorCode"] == 0)
        assert fields["errorMessage"] != "UnknownError"
    for account in served.g.running.gateway.venue.accounts.values():
        open_qty = sum(
            lot.qty for each in account.desk.account.holdings.values() for lot in each.lots
        )
        assert open_qty == sum(abs(position.qty) for position in account.desk.positions())


@given(
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126)), path=st.sampled_from(PATHS)
)
def test_no_token_but_a_good_one_opens_anything(served, token, path):
    answer = served.post(path, b"{}", {"authorization": f"Bearer {token}"})
    assert answer.status_code in ((401,) if not path.startswith("auth/login") else (400,))


@given(flips=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 127)), min_size=1, max_size=3))
def test_a_token_that_was_touched_opens_nothing(served, flips):
    token = bytearray(served.g.token.encode())
    for at, bits in flips:
        token[at % len(token)] ^= bits
    if bytes(token) == served.g.token.encode() or not all(33 <= byte < 127 for byte in token):
        return
    answer = served.post("account/search", b"{}", {"authorization": f"Bearer {token.decode()}"})
    assert answer.status_code == 401


CALLS = st.one_of(
    st.binary(max_size=30),
    st.text(max_size=30),
    VALUES.map(lambda value: json.dumps(value) + "\x1e"),
    st.builds(
        lambda verb, stream, arguments, call: (
            json.dumps(
                {"type": 1, "target": verb + stream, "arguments": arguments, "invocationId": call}
            )
            + "\x1e"
        ),
        st.sampled_from(["Subscribe", "unsubscribe", ""]),
        st.sampled_from([*STREAMS, "x"]),
        st.lists(SCALARS, max_size=2),
        st.text(max_size=5) | SCALARS,
    ),
    st.just('{"protocol":"json","version":1}\x1e'),
    st.just('{"type":6}\x1e{"type":6}\x1e'),
)


@pytest.mark.parametrize("kind", list(HubKind))
@given(messages=st.lists(CALLS, max_size=8))
def test_no_message_breaks_a_hub(served, kind, messages):
    hubs = Hubs(served.g.running.gateway.venue, LinkSettings())
    bad, good = hubs.join(kind, "ada", 0.0), hubs.join(HubKind.USER, "ada", 0.0)
    good.received('{"protocol":"json","version":1}\x1e', 0.0)
    good.received('{"type":1,"target":"SubscribeOrders","arguments":[1001]}\x1e', 0.0)
    for message in messages:
        bad.received(message, 1.0)
    served.post("order/place", json.dumps(GOOD | {"type": 1, "limitPrice": 19_000}).encode(), {})
    assert good.link.state is LinkState.OPEN
    assert any("GatewayUserOrder" in text for text in good.outbox.take())


@played
async def test_what_is_no_http_ends_its_own_connection_only():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        host, port = g.url.removeprefix("http://").split(":")
        for rubbish in (
            b"\x00" * 100,
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
            b"POST /api/Order/place HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
            b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /hubs/user HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(rubbish)
            writer.write_eof()
            async with asyncio.timeout(5):
                await reader.read()
            writer.close()
            await writer.wait_closed()
        await g.place()
        await hub.settled()
        assert "order 9001 2 1" in hub.story()
