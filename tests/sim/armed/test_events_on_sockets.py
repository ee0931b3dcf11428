"""Faults of events, of the hub and of the venue on real sockets."""

import asyncio
import json

import pytest
from twin_world import ALL_OF_MINE, CONTRACT, END, played, twin
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from dryfill.scenarios.plan_kinds import GARBLED, RESHAPED
from dryfill.scenarios.plan_text import make_plan

ORDERS = (("SubscribeOrders", 1001),)
FALLS = """
    0    quote 80000x5 80001x7
    0    trade 80000x1 seller
    1000 quote 79980x5 79981x7
    1000 trade 79980x9 seller
    9000 quote 79980x5 79981x7
"""
SINCE = {"startTimestamp": "2020-01-01T00:00:00Z"}
TWO_ORDERS = ["order 9001 1", "order 9002 1"]


def arm(g, *faults, **more):
    g.running.arming.arm(make_plan(*faults), **more)


async def two_orders(g):
    for price in (19990, 19991):
        await g.place(limitPrice=price)


@pytest.mark.parametrize(
    ("fault", "at_once", "later"),
    [
        ({"kind": "drop"}, TWO_ORDERS[1:], TWO_ORDERS[1:]),
        ({"kind": "duplicate", "copies": 2}, [*TWO_ORDERS[:1] * 3, *TWO_ORDERS[1:]], None),
        ({"kind": "duplicate", "gap": "1s"}, TWO_ORDERS, [*TWO_ORDERS, TWO_ORDERS[0]]),
        ({"kind": "late", "delay": "1s"}, TWO_ORDERS[1:], TWO_ORDERS[::-1]),
        ({"kind": "late", "delay": "1s", "blocks": True}, [], TWO_ORDERS),
        ({"kind": "reorder", "window": "1s"}, TWO_ORDERS[::-1], None),
        ({"kind": "reorder", "form": "reverse", "window": "1s"}, [], TWO_ORDERS[::-1]),
    ],
)
def test_an_event_that_is_told_otherwise(fault, at_once, later):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ORDERS) as hub:
            arm(g, {"event": "new"} | fault)
            await two_orders(g)
            await hub.settled()
            assert hub.story() == at_once
            g.to(1500)
            await hub.settled()
            assert hub.story() == (at_once if later is None else later)

    scene()


@pytest.mark.parametrize("form", GARBLED)
def test_a_message_that_nobody_can_read(form):
    @played
    async def scene():
        async with twin() as g, g.hub() as hub:
            await hub.ask("SubscribeOrders", 1001)
            arm(g, {"kind": "garbled", "event": "new", "form": form})
            await g.place(limitPrice=19990)
            async with asyncio.timeout(5):
                raw = await hub.socket.recv()
            assert not _reads(raw)
            await g.place(limitPrice=19991)  # the link goes on
            hub.told.clear()
            await hub.settled()
            assert hub.story() == ["order 9002 1"]

    scene()


def _reads(raw):
    """Whether a message says which order has which size."""
    try:
        data = json.loads(raw.removesuffix(END) if isinstance(raw, str) else raw.decode())
        size = data["arguments"][0]["data"]["size"]
    except (ValueError, KeyError):
        return False
    return isinstance(size, int)


@pytest.mark.parametrize("form", RESHAPED)
def test_a_message_that_says_the_same_otherwise(form):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ORDERS) as hub:
            arm(g, {"kind": "reshaped", "event": "new", "form": form})
            await two_orders(g)
            await hub.settled()
            changed, usual = [r["arguments"] for r in hub.told if "arguments" in r]
            assert json.dumps(changed).lower() != json.dumps(usual).lower()
            assert "9001" in json.dumps(changed)

    scene()


async def _dialled(g):
    async with g.hub(subscribe=ORDERS) as hub:
        await g.place(limitPrice=19000)
        await hub.settled()
        return len(hub.story())


@played
async def test_the_user_hub_is_gone_for_a_while():
    async with twin() as g, g.hub("market") as market, g.hub(subscribe=ORDERS) as hub:
        arm(g, {"kind": "stream-down", "event": "new", "duration": "1s"})
        await g.place(limitPrice=19990)
        with pytest.raises(ConnectionClosed):
            await hub.until(lambda record: False)
        for _ in range(2):
            with pytest.raises((ConnectionError, InvalidMessage)):
                await _dialled(g)
        await market.settled()
        g.to(1100)
        assert await _dialled(g) == 1


@pytest.mark.parametrize(("lost", "told"), [(True, []), (False, TWO_ORDERS)])
def test_the_user_hub_is_silent_and_nobody_says_so(lost, told):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ORDERS) as hub:
            down = {"kind": "stream-down", "at": "0 ms", "duration": "1s"}
            arm(g, down | {"told": False, "lost": lost})
            await asyncio.sleep(0.02)
            await two_orders(g)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await hub.until(lambda record: False)
            address = f"{g.url.replace('http', 'ws')}/hubs/user?access_token={g.token}"
            with pytest.raises(TimeoutError):
                await connect(address, open_timeout=0.1)
            assert hub.story() == []
            g.to(1100)
            if lost:  # that link is dead for ever
                await hub.send(type=1, target="settle", arguments=[], invocationId="settle")
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await hub.until(lambda record: record.get("invocationId") == "settle")
            else:
                await hub.settled()
            assert hub.story() == told
            assert await _dialled(g) == 1

    scene()


@pytest.mark.parametrize(
    ("form", "answer"), [("refused", "error"), ("silent", None), ("inert", "result")]
)
def test_a_subscription_that_is_none(form, answer):
    @played
    async def scene():
        async with twin() as g:
            arm(g, {"kind": "not-subscribed", "call": "subscribe", "form": form})
            async with g.hub() as hub:
                await hub.socket.send("no record")  # is the hub's to judge, with the end below
                await hub.socket.send(END)
                with pytest.raises(ConnectionClosed):
                    await hub.settled()
            async with g.hub() as hub:
                call = {"type": 1, "target": "SubscribeOrders", "arguments": [1001]}
                await hub.send(**call, invocationId="one")
                await hub.settled()
                said = [r for r in hub.told if r.get("invocationId") == "one"]
                assert [answer in each for each in said] == ([] if answer is None else [True])
                await g.place(limitPrice=19990)
                await hub.settled()
                assert hub.story() == []
                await hub.ask("SubscribeOrders", 1001)
                await g.place(limitPrice=19990)
                await hub.settled()
                assert hub.story() == ["order 9002 1"]

    scene()


@pytest.mark.parametrize("form", ["silent", "logout"])
def test_every_token_ends(form):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ORDERS) as hub:
            arm(g, {"kind": "token-ended", "event": "new", "form": form})
            await g.place(limitPrice=19990)
            if form == "logout":
                await hub.until(lambda record: record.get("target") == "GatewayLogout")
            await asyncio.sleep(0.02)
            assert (await g.post("Account/search")).status_code == 401

    scene()


@played
async def test_the_market_is_halted_and_goes_on():
    async with twin() as g:
        arm(g, {"kind": "halt", "at": "1s", "duration": "2s"})
        for ms, code in ((900, 0), (1100, 5), (2900, 5), (3100, 0)):
            g.to(ms)
            assert (await g.place(limitPrice=19990))["errorCode"] == code


@played
async def test_others_trade_on_the_account_and_its_money_is_told():
    async with twin(FALLS) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        arm(
            g,
            {"kind": "trader", "act": "buy", "qty": 2, "at": "100 ms"},
            {"kind": "liquidation", "at": "1s"},
        )
        g.to(500)
        await g.place(limitPrice=19000, customTag="7")
        g.to(1500)
        await hub.settled()
        story = hub.story()
        assert "order 9001 2 2" in story
        assert "order 9002 3" in story
        assert story[-2:] == ["position 0", "account 49977.52"]
        tags = [order["customTag"] for order in hub.events("GatewayUserOrder")]
        assert "manual-1" in tags


@played
async def test_what_the_venue_does_to_a_tag():
    async with twin() as g, g.hub(subscribe=ORDERS) as hub:
        arm(g, {"kind": "venue-cancel", "at": "1s", "target": "mine"})
        await g.place(limitPrice=19990, customTag="mine")
        await g.place(limitPrice=19990, customTag="other")
        g.to(1500)
        await hub.settled()
        assert hub.story() == [*TWO_ORDERS, "order 9001 3"]


@played
async def test_what_another_hand_makes_of_an_order_is_told_as_the_order_is_now():
    async with twin() as g, g.hub(subscribe=ORDERS) as hub:
        arm(
            g,
            {"kind": "venue-replace", "at": "1s", "target": "mine", "ticks": -4},
            {"kind": "trader", "at": "2s", "act": "resize", "target": "mine", "qty": 1},
        )
        await g.place(limitPrice=19990, size=2, customTag="mine")
        g.to(2500)
        await hub.settled()
        told = [(o["limitPrice"], o["size"]) for o in hub.events("GatewayUserOrder")]
        assert told[-3:] == [(19990, 2), (19989, 2), (19989, 1)]


@played
async def test_fills_within_a_window_are_told_as_one_sum_and_no_trade_of_them():
    text = """
        0    quote 80000x5 80001x1
        0    trade 80000x1 seller
        300  quote 80000x5 80009x1
        400  quote 80000x5 80001x1
        800  quote 80000x5 80009x1
        900  quote 80000x5 80001x1
        9000 quote 80000x5 80009x1
    """
    async with twin(text) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        arm(g, {"kind": "summed", "event": "fill", "window": "500 ms", "times": "all"})
        await g.place(size=3, limitPrice=20000.25)  # one at once, one at 400 ms, one at 900 ms
        for ms, told in ((450, []), (600, ["order 9001 1 2"]), (1500, ["order 9001 2 3"])):
            hub.told.clear()
            g.to(ms)
            await hub.settled()
            of_fills = ("order 9001 1 ", "order 9001 2", "trade")
            assert [each for each in hub.story() if each.startswith(of_fills)] == told
        trades = (await g.call("Trade/search", accountId=1001, **SINCE))["trades"]
        assert [trade["size"] for trade in trades] == [1, 1, 1]  # who asks is told


@played
async def test_a_stop_that_the_venue_fails_works_by_its_word_and_meets_nothing_until_it_thaws():
    async with twin(FALLS) as g:
        arm(g, {"kind": "frozen", "at": "100 ms", "target": "mine", "thaw": "3s"})
        await g.place()
        await g.place("sell", 1, stopPrice=19998, customTag="mine")
        g.to(2900)  # the market fell through it at 1000 ms
        assert (await g.order(9002))["status"] == 1
        g.to(3200)
        stop = await g.order(9002)
        assert (stop["status"], stop["filledPrice"]) == (2, 19995)


@played
async def test_an_order_whose_cancel_was_confirmed_was_filled_after_all():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        arm(g, {"kind": "late-fill", "event": "canceled", "qty": 1, "after": "500 ms"})
        await g.place(size=2, limitPrice=19990)
        assert (await g.call("Order/cancel", accountId=1001, orderId=9001))["errorCode"] == 0
        await hub.settled()
        assert hub.story() == ["order 9001 1", "order 9001 3"]
        g.to(600)
        await hub.settled()
        assert hub.story()[2:4] == ["order 9001 3 1", "trade 9001 1 None"]
        [held] = (await g.call("Position/searchOpen", accountId=1001))["positions"]
        assert (held["size"], (await g.order(9001))["fillVolume"]) == (1, 1)


@played
async def test_a_fill_is_taken_back():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        arm(g, {"kind": "void", "event": "fill", "after": "500 ms"})
        await g.place(size=2)
        await hub.settled()
        told = len(hub.story())
        g.to(600)
        await hub.settled()
        assert hub.story()[told : told + 2] == ["order 9001 2", "trade 9001 2 None"]
        assert not (await g.call("Position/searchOpen", accountId=1001))["positions"]
        order = await g.order(9001)
        assert (order["status"], order["size"], order["fillVolume"]) == (2, 2, 0)
        [trade] = (await g.call("Trade/search", accountId=1001))["trades"]
        assert (trade["voided"], trade["orderId"]) == (True, 9001)


@played
async def test_an_order_that_is_acknowledged_and_rejected_by_an_event():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        arm(g, {"kind": "rejected-later", "call": "place", "after": "200 ms"})
        answer = await g.place(limitPrice=19990)
        assert (answer["errorCode"], answer["orderId"]) == (0, 9001)
        g.to(300)
        await hub.settled()
        assert hub.story()[-1] == "order 9001 5"
        assert (await g.order(9001))["status"] == 5


@pytest.mark.parametrize("lost", [True, False])
def test_a_twin_that_ends_while_its_hub_is_silent_ends_at_once(caplog, lost):
    @played
    async def scene():
        async with twin() as g, g.hub(subscribe=ORDERS) as hub:
            down = {"kind": "stream-down", "at": "0 ms", "duration": "9s", "told": False}
            arm(g, down | {"lost": lost})
            await two_orders(g)
            await hub.send(type=6)
        assert "did not end in time" not in caplog.text

    scene()


@played
async def test_a_client_of_a_twin_that_ends_is_told_so_whether_a_plan_is_armed_or_not():
    for faults in ((), ({"kind": "drop", "event": "fill"},)):
        async with twin() as g:
            arm(g, *faults)
            address = f"{g.url.replace('http', 'ws')}/hubs/user?access_token={g.token}"
            socket = await connect(address)
        with pytest.raises(ConnectionClosed) as ended:
            await socket.recv()
        assert ended.value.rcvd.code == 1012


@played
async def test_disarmed_nothing_begins_any_more_and_what_was_down_is_up():
    async with twin() as g, g.hub(subscribe=ORDERS) as hub:
        halt = {"kind": "halt", "at": "1s", "duration": "9s"}
        down = {"kind": "stream-down", "at": "0 ms", "duration": "9s", "told": False}
        arm(g, halt, down, {"kind": "drop", "event": "any", "times": "all"})
        g.to(100)
        arm(g)
        assert await _dialled(g) == 1
        g.to(1500)
        assert (await g.place(limitPrice=19990))["errorCode"] == 0
        assert hub.story() == []
        assert (await g.call("Position/searchOpen", accountId=1001, contractId=CONTRACT))["success"]
