"""The hubs over real sockets: connecting, subscribing, and what a bad or slow client does to others
(gateway-protocol 10)."""

import asyncio
import contextlib

import httpx
import pytest
from twin_world import ALL_OF_MINE, CONTRACT, END, Hub, played, twin
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dryfill.sim.gateway.hubs.hub_link import LinkSettings
from dryfill.sim.gateway.venue.paper_account import UserEvent
from dryfill.sim.gateway.words.wire_models import WireProfile

MOVES = "\n".join(
    f"{n} quote {80_000 + n % 7}x5 {80_001 + n % 7}x7\n{n} trade {80_000 + n % 7}x1 buyer"
    for n in range(3000)
)


@pytest.mark.parametrize("asked", ["", "&negotiateVersion=1"])
@pytest.mark.parametrize("hub", ["user", "market", "User"])
def test_negotiation_offers_websockets_and_text_first(asked, hub):
    @played
    async def scene():
        async with twin() as g:
            path = f"/hubs/{hub}/negotiate?access_token={g.token}{asked}"
            answer = (await g.http.post(path)).json()
            assert answer["availableTransports"][0] == {
                "transport": "WebSockets",
                "transferFormats": ["Text", "Binary"],
            }
            assert type(answer["negotiateVersion"]) is int
            assert answer["connectionId"]
            assert ("connectionToken" in answer) == bool(asked)
            assert not {"url", "accessToken"} & answer.keys()

    scene()


@played
async def test_both_steps_want_a_token_in_the_query_or_the_header():
    async with twin() as g, httpx.AsyncClient(base_url=g.url) as stranger:
        header = {"Authorization": f"Bearer {g.token}"}
        assert (await stranger.post("/hubs/user/negotiate")).status_code == 401
        assert (await stranger.post("/hubs/user/negotiate", headers=header)).status_code == 200
        assert (await stranger.post("/hubs/none/negotiate", headers=header)).status_code == 404
        address = g.url.replace("http", "ws") + "/hubs/user"
        for ending, status in (("", 401), ("?access_token=x.y.z", 401)):
            with pytest.raises(InvalidStatus) as refused:
                await connect(address + ending)
            assert refused.value.response.status_code == status
        async with connect(address, additional_headers=header) as socket:
            hub = Hub(socket)
            await hub.send(protocol="json", version=0)
            await hub.until(lambda record: record == {})


@played
async def test_each_stream_is_asked_for_by_itself_and_twice_does_not_double_it():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE[2:3] * 2) as hub:
        await g.place()
        await hub.settled()
        assert hub.story() == ["position 1"]
        await hub.ask("UnsubscribePositions", 1001)
        hub.told.clear()
        await g.place()
        await hub.settled()
        assert hub.story() == []


@played
async def test_nobody_hears_of_the_money_of_others():
    async with twin() as g:
        login = {"userName": "bob", "apiKey": "k-bob"}
        bobs = (await g.call("Auth/loginKey", **login))["token"]
        everything = ALL_OF_MINE[:1]
        async with (
            g.hub(subscribe=everything) as mine,
            g.hub(subscribe=everything, token=bobs) as other,
        ):
            await g.place()
            await g.call("Position/closeContract", accountId=1001, contractId=CONTRACT)
            await mine.settled()
            await other.settled()
            assert (len(mine.story()), other.story()) == (1, [])


@played
async def test_what_no_hub_has_is_an_error_and_harms_nothing():
    async with twin(accounts=[{}, {"user": "bob"}]) as g, g.hub() as hub:
        for method, arguments in (
            ("Nothing", []),
            ("SubscribeContractQuotes", [CONTRACT]),
            ("SubscribeOrders", [1002]),
            ("SubscribeOrders", [None]),
        ):
            assert "error" in await hub.ask(method, *arguments)
            hub.told.clear()
        await hub.send(type=1, target="Heartbeat", arguments=[{"at": 1}])  # project-x-py, each 10 s
        assert (await hub.ask("subscribeorders", "1001"))["result"] is None
        await g.place()
        await hub.settled()
        assert hub.story() == ["order 9001 6", "order 9001 2 1"]


@pytest.mark.parametrize(
    "garbage",
    [b"\xff\x1e", "{\x1e", "[]\x1e", '{"type":99}\x1e', "[" * 50_000 + END, "x" * 1_100_000],
    ids=["no UTF-8", "no JSON", "no object", "no type", "deep", "long"],
)
def test_a_client_that_talks_rubbish_ends_its_own_link_only(garbage):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as good, g.hub() as bad:
            with contextlib.suppress(ConnectionClosed):
                await bad.socket.send(garbage)
                while True:
                    async with asyncio.timeout(5):
                        await bad.socket.recv()
            await g.place()
            await good.settled()
            assert "order 9001 2 1" in good.story()

    scene()


@played
async def test_a_link_is_pinged_and_a_silent_one_is_cut():
    links = LinkSettings(ping_s=0.03, idle_s=0.3)
    async with twin(links=links) as g, g.hub() as hub:
        await hub.until(lambda record: record.get("type") == 6)
        closing = await hub.until(lambda record: record.get("type") == 7)
        assert "nothing was heard" in closing["error"]
        with pytest.raises(ConnectionClosed):
            await hub.socket.recv()


@played
async def test_the_end_of_a_session_is_said_before_the_link_is_cut():
    async with twin() as g, g.hub() as hub:
        for client in g.running.gateway.hubs.clients():
            client.log_out("logged in elsewhere")
        logout = await hub.until(lambda record: record.get("target") == "GatewayLogout")
        assert logout["arguments"] == ["logged in elsewhere"]
        await hub.until(lambda record: record.get("type") == 7)


@played
async def test_a_quote_is_told_at_once_then_with_each_change_and_trades_one_by_one():
    streams = (("SubscribeContractQuotes", CONTRACT), ("SubscribeContractTrades", CONTRACT))
    async with twin(MOVES) as g, g.hub("market", subscribe=streams) as hub:
        await hub.until(lambda record: record.get("target") == "GatewayQuote")
        assert hub.events("GatewayQuote")[0]["bestBid"] == 20000
        hub.told.clear()
        for ms in range(1, 8):
            g.to(ms)
            await hub.settled()
        quotes = hub.events("GatewayQuote")
        assert [quote["bestBid"] for quote in quotes] == [20000 + (n % 7) / 4 for n in range(1, 8)]
        assert quotes[-1]["timestamp"] == "2026-11-20T15:00:00.007+00:00"
        trades = [r["arguments"] for r in hub.told if r.get("target") == "GatewayTrade"]
        assert [len(data) for _, data in trades] == [1] * 7
        assert trades[0][1][0] == {
            "symbolId": "F.US.MNQ",
            "price": 20000.25,
            "timestamp": "2026-11-20T15:00:00.001+00:00",
            "type": 0,
            "volume": 1,
        }


TRADED_SINCE = """
    0     quote 80000x5 80001x7
    0     trade 80000x1 seller
    1000  quote 80010x5 80011x7
    1500  trade 80011x3 buyer
    60000 quote 80010x5 80011x7
"""


@played
async def test_who_subscribes_is_told_the_quote_as_it_is_and_not_as_others_heard_it():
    streams = (("SubscribeContractQuotes", CONTRACT), ("SubscribeContractMarketDepth", CONTRACT))
    async with twin(TRADED_SINCE) as g:

        async def told():
            async with g.hub("market", subscribe=streams) as hub:
                await hub.settled()
                [quote] = hub.events("GatewayQuote")
                bid, _ = hub.events("GatewayDepth")
                assert bid[0]["price"] == quote["bestBid"]
                return quote["bestBid"], quote["lastPrice"], quote["volume"]

        assert await told() == (20000, 20000, 1)
        while g.running.gateway.hubs.clients():
            await asyncio.sleep(0.001)
        g.to(1000)  # while nobody listens
        assert await told() == (20002.5, 20000, 1)
        g.to(1500)  # the quote stays, and is traded at
        assert await told() == (20002.5, 20002.75, 4)


@played
async def test_quotes_that_nobody_took_in_time_are_conflated_and_no_trade_is_lost():
    streams = (
        ("SubscribeContractQuotes", CONTRACT),
        ("SubscribeContractTrades", CONTRACT),
        ("SubscribeContractMarketDepth", CONTRACT),
    )
    async with twin(MOVES) as g, g.hub("market", subscribe=streams) as hub:
        await hub.settled()
        hub.told.clear()
        g.to(2999)  # in one turn of the loop
        await hub.settled()
        assert len(hub.events("GatewayQuote")) == 1
        assert hub.events("GatewayQuote")[0]["bestBid"] == 20000 + (2999 % 7) / 4
        trades = [r for r in hub.told if r.get("target") == "GatewayTrade"]
        assert len(trades) == 2999
        depth = [r["arguments"][1][0] for r in hub.told if r.get("target") == "GatewayDepth"]
        assert [(each["type"], each["volume"]) for each in depth] == [(4, 5), (3, 7)]


@played
async def test_a_client_that_takes_nothing_is_given_up_and_the_others_miss_nothing(caplog):
    address = "{}/hubs/user?access_token={}"
    async with twin(events_most=50) as g, g.hub(subscribe=ALL_OF_MINE) as good:
        hubs = g.running.gateway.hubs
        there = address.format(g.url.replace("http", "ws"), g.token)
        async with connect(there, max_queue=1, close_timeout=0.1) as stuck:
            bad = Hub(stuck)
            await bad.send(protocol="json", version=1)
            await bad.send(type=1, target="SubscribeTrades", arguments=[1001])
            sent = 0
            good.told.clear()
            while len(hubs.clients()) == 2:
                for _ in range(40):
                    sent += 1
                    hubs.tell_user(UserEvent(1001, "trades", {"id": sent, "text": "x" * 4000}, 0))
                await good.settled()
                assert [each["id"] for each in good.events("GatewayUserTrade")][-1:] == [sent]
                assert len(good.told) == 41
                good.told.clear()
                assert sent < 20_000, "the client that takes nothing was never given up"
    assert "takes nothing" in caplog.text


@played
async def test_order_events_come_whole_and_in_order_while_quotes_flood():
    minute = MOVES + "".join(f"\n{n * 7} quote 80000x5 8000{n % 7 + 1}x7" for n in range(430, 8600))
    streams = (("SubscribeContractQuotes", CONTRACT),)
    async with (
        twin(minute, speed=1, limits=None) as g,
        g.hub("market", subscribe=streams),
        g.hub(subscribe=ALL_OF_MINE) as hub,
    ):
        numbers = [(await g.place(limitPrice=19000))["orderId"] for _ in range(40)]
        await hub.settled()
        assert [each["id"] for each in hub.events("GatewayUserOrder")] == numbers


@pytest.mark.parametrize(
    ("envelope", "wrapped"), [("wrapped", (1, 1)), ("flat", (0, 0)), ("mixed", (1, 0))]
)
def test_the_envelope_is_a_switch(envelope, wrapped):
    @played
    async def scene():
        profile = WireProfile(envelope=envelope)
        async with twin(profile=profile) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
            await g.place()
            await hub.settled()
            first = {}
            for record in hub.told:
                first.setdefault(record.get("target"), record.get("arguments"))
            shapes = [
                "action" in first[target][0] for target in ("GatewayUserOrder", "GatewayUserTrade")
            ]
            assert tuple(shapes) == tuple(map(bool, wrapped))

    scene()
