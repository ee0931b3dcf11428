"""The same venue in virtual time and moved by a pump; and what restamping does to bars."""

import asyncio
import json

import pytest
from twin_world import CONTRACT, KEY, MS, T0, played, setup_of, twin, twin_in_process

from dryfill.sim.determinism.guards import guarded
from dryfill.sim.gateway.gateway import Clocks, Gateway
from dryfill.sim.gateway.real_time.alignment import aligned
from dryfill.sim.gateway.real_time.pump import Pump
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.run import run_on

WALK = "\n".join(
    f"{n * 100} quote {80_000 + n * 7 % 40}x5 {80_001 + n * 7 % 40}x7\n"
    f"{n * 100} trade {80_000 + n * 7 % 40}x3 buyer"
    for n in range(300)
)
LEGS = {
    "stopLossBracket": {"ticks": -20, "type": 4},
    "takeProfitBracket": {"ticks": 12, "type": 1},
}
SCRIPT = [
    (150, "Order/place", {"type": 2, "side": 0, "size": 3, **LEGS}),
    (1250, "Order/place", {"type": 1, "side": 1, "size": 2, "limitPrice": 20_008}),
    (2250, "Order/place", {"type": 5, "side": 1, "size": 1, "trailPrice": 19_995}),
    (2350, "Order/place", {"type": 1, "side": 0, "size": 2, "limitPrice": 20_001, **LEGS}),
    (9050, "Position/closeContract", {}),
    (12_050, "Order/place", {"type": 4, "side": 0, "size": 1, "stopPrice": 20_010}),
]
WHO = {"accountId": 1001, "contractId": CONTRACT}


async def by_a_pump():
    async with twin_in_process(WALK) as g:
        for ms, path, body in SCRIPT:
            g.to(ms)
            await g.call(path, **WHO, **body)
        g.to(30_000)
        trades = (await g.call("Trade/search", accountId=1001))["trades"]
        return g.running.gateway.venue.digest.hex, trades


def in_virtual_time():
    loop = VirtualLoop(T0)
    clocks = Clocks(
        market_ns=lambda: loop.now_ns, wall_s=lambda: loop.now_ns / 1e9, steady_s=loop.time
    )
    gateway = Gateway(setup_of(WALK), clocks, token_key=b"key", connection_id=lambda: "c-1")
    loop.add_source(gateway.venue)

    async def main():
        token = (await call(gateway, "Auth/loginKey", {"userName": "ada", "apiKey": KEY}))["token"]
        for ms, path, body in SCRIPT:
            await asyncio.sleep((T0 + ms * MS - loop.now_ns) / 1e9)
            assert (await call(gateway, path, WHO | body, token))["success"]
        await asyncio.sleep((T0 + 30_000 * MS - loop.now_ns) / 1e9)
        trades = await call(gateway, "Trade/search", {"accountId": 1001}, token)
        return gateway.venue.digest.hex, trades["trades"]

    with guarded(loop):
        return run_on(loop, main())


async def call(gateway, path, body, token=""):
    """The application is called as a server calls it; no real thing is touched."""
    sent, received = [], [json.dumps(body).encode()]

    async def receive():
        return {"type": "http.request", "body": received.pop(), "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer " + token.encode()),
    ]
    scope = {
        "type": "http", "method": "POST", "path": f"/api/{path}", "raw_path": b"", "root_path": "",
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "server": ("twin", 80), "client": ("client", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await gateway.app(scope, receive, send)
    assert sent[0]["status"] == 200
    return json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def test_virtual_time_and_the_pump_come_to_the_same_digest_and_trades():
    virtual = in_virtual_time()
    pumped = asyncio.run(by_a_pump())
    assert len(virtual[1]) >= 6
    assert virtual == pumped
    assert in_virtual_time() == virtual


@played
async def test_an_order_is_entered_at_the_walls_now_after_all_that_the_market_did_until_then():
    wall = [T0]
    pump = Pump(lambda: wall[0], T0)
    clocks = Clocks(market_ns=lambda: pump.now_ns, wall_s=lambda: T0 / 1e9, steady_s=lambda: 0.0)
    gateway = Gateway(
        setup_of(WALK),
        clocks,
        token_key=b"key",
        connection_id=lambda: "c-1",
        enter=pump.catch_up,
        left=pump.nudge,
    )
    pump.drive(gateway.venue)
    token = (await call(gateway, "Auth/loginKey", {"userName": "ada", "apiKey": KEY}))["token"]
    order = {**WHO, "type": 2, "side": 0, "size": 1}
    for tenths, price in ((0, 20_000.25), (1, 20_002), (4, 20_007.25)):
        wall[0] = T0 + tenths * 100 * MS + 5 * MS  # nobody moved the market meanwhile
        assert (await call(gateway, "Order/place", order, token))["success"]
        trades = (await call(gateway, "Trade/search", {"accountId": 1001}, token))["trades"]
        assert trades[0]["price"] == price
        assert pump.now_ns == wall[0]


LONG = "\n".join(
    f"{n * 10_000} quote 80000x5 80001x7\n{n * 10_000} trade {80_000 + n % 9}x1 buyer"
    for n in range(14 * 360)
)


@pytest.mark.parametrize(("text", "whole_s"), [(LONG, 3600), (LONG[:9_000], 60)])
def test_bars_of_a_restamped_market_begin_at_whole_minutes(text, whole_s):
    text = text[: text.rindex("\n")]

    @played
    async def scene():
        async with twin(text, speed=1, restamp=True) as g:
            body = {
                "contractId": CONTRACT, "live": False, "startTime": "2020-01-01T00:00:00Z",
                "endTime": "2040-01-01T00:00:00Z", "unit": 2, "unitNumber": 1, "limit": 5,
                "includePartialBar": True,
            }  # fmt: skip
            [bar, *_] = (await g.call("History/retrieveBars", **body))["bars"]
            assert bar["t"].endswith(":00+00:00")
            venue = g.running.gateway.venue
            assert (venue.view.shown_ns(T0) - T0) % (whole_s * 10**9) == 0
            assert venue.start_ns - T0 < whole_s * 10**9
            assert (await g.place())["success"]  # there is a book from the start

    scene()


def test_a_short_tape_begins_where_it_begins():
    [listing] = setup_of().listings
    assert aligned([listing], T0 + 12_345) == (listing,)
