"""Orders over real sockets: what the answer says and what the user hub tells, in order (10.5)."""

from decimal import Decimal

import pytest
from twin_world import ALL_OF_MINE, CONTRACT, played, twin

FALLS = """
    0    quote 80000x5 80001x7
    0    trade 80000x1 seller
    1000 quote 79980x5 79981x7
    1000 trade 79980x9 seller
    2000 quote 79930x5 79931x7
    2000 trade 79930x9 seller
    9000 quote 79930x5 79931x7
"""
LONG_BRACKET = {
    "stopLossBracket": {"ticks": -40, "type": 4},
    "takeProfitBracket": {"ticks": 80, "type": 1},
}


@played
async def test_a_market_order_is_pending_then_filled_then_traded_then_held():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        answer = await g.place(size=2, customTag="a-1")
        assert answer == {"orderId": 9001, "success": True, "errorCode": 0, "errorMessage": None}
        await hub.settled()
        assert hub.story() == ["order 9001 6", "order 9001 2 2", "trade 9001 2 None", "position 2"]
        [held] = (await g.call("Position/searchOpen", accountId=1001))["positions"]
        assert (held["type"], held["size"], held["averagePrice"]) == (1, 2, 20000.25)


@played
async def test_closing_tells_the_profit_the_flat_position_and_then_the_money():
    async with twin(FALLS) as g:
        await g.place("sell", 2)
        g.to(1000)
        async with g.hub(subscribe=ALL_OF_MINE) as hub:
            await g.call("Position/closeContract", accountId=1001, contractId=CONTRACT)
            await hub.settled()
            profit = 2 * 19 * Decimal("0.5")  # 80000 to 79981, half a dollar a tick
            fees = 4 * Decimal("0.37")
            assert hub.story() == [
                "order 9002 6",
                "order 9002 2 2",
                f"trade 9002 2 {profit}",
                "position 0",
                f"account {50_000 + profit - fees}",
            ]
            [flat] = hub.events("GatewayUserPosition")
            assert (flat["type"], flat["averagePrice"]) == (2, 20000)  # it keeps side and price
        assert (await g.call("Position/searchOpen", accountId=1001))["positions"] == []


@played
async def test_children_wait_suspended_and_open_with_the_entry():
    async with twin(FALLS) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        await g.place(size=2, limitPrice=19996, **LONG_BRACKET)
        await hub.settled()
        assert hub.story() == ["order 9001 1", "order 9002 8", "order 9003 8"]
        opened = await g.call("Order/searchOpen", accountId=1001)
        assert [order["id"] for order in opened["orders"]] == [9001]
        query = {"accountId": 1001, "statuses": [8]}
        asked = await g.call("Order/v2/query", filter=query, includeTotalCount=True)
        assert [order["id"] for order in asked["orders"]] == [9003, 9002]
        assert asked["totalCount"] == 2
        hub.told.clear()
        g.to(1000)
        await hub.settled()
        assert hub.story() == [
            "order 9001 2 2",
            "trade 9001 2 None",
            "position 2",
            "order 9002 1",
            "order 9003 1",
        ]
        stop, target = await g.order(9002), await g.order(9003)
        assert (stop["stopPrice"], stop["parentOrderId"], stop["linkedOrderId"]) == (
            19986,
            9001,
            None,
        )
        assert (target["limitPrice"], target["linkedOrderId"]) == (20016, 9002)
        hub.told.clear()
        g.to(2000)
        await hub.settled()
        assert [line.split()[0:3] for line in hub.story()] == [
            ["order", "9002", "1"],
            ["order", "9002", "2"],
            ["trade", "9002", "2"],
            ["position", "0"],
            ["order", "9003", "3"],
            ["account", str(hub.events("GatewayUserAccount")[0]["balance"])],
        ]


@played
async def test_a_fill_through_zero_is_two_half_turns():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        await g.place("buy", 1)
        await g.place("sell", 3)
        await hub.settled()
        story = hub.story()
        assert "trade 9002 1 -0.5" in story[-4:]
        assert "trade 9002 2 None" in story[-4:]
        assert story[-2] == "position 2"
        trades = (await g.call("Trade/search", accountId=1001))["trades"]
        assert [(each["orderId"], each["size"], each["profitAndLoss"]) for each in trades] == [
            (9002, 2, None),
            (9002, 1, -0.5),
            (9001, 1, None),
        ]
        assert len({each["id"] for each in trades}) == 3


@played
async def test_a_change_is_told_with_the_same_id_and_leaves_what_is_not_named():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        await g.place(size=2, limitPrice=19990)
        await g.call("Order/modify", accountId=1001, orderId=9001, limitPrice=19991.25, size=None)
        await hub.settled()
        assert hub.story() == ["order 9001 1", "order 9001 1"]
        order = await g.order(9001)
        assert (order["limitPrice"], order["size"]) == (19991.25, 2)


@played
async def test_cancelling_the_entry_takes_its_children_along():
    async with twin() as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        await g.place(limitPrice=19990, **LONG_BRACKET)
        hub.told.clear()
        await g.call("Order/cancel", accountId=1001, orderId=9001)
        await hub.settled()
        assert hub.story()[-3:] == ["order 9001 3", "order 9002 3", "order 9003 3"]
        again = await g.call("Order/cancel", accountId=1001, orderId=9001)
        unknown = await g.call("Order/cancel", accountId=1001, orderId=77)
        assert (again["errorCode"], unknown["errorCode"]) == (3, 2)


@pytest.mark.parametrize("kinder", [False, True])
def test_a_close_leaves_the_children_unless_the_account_is_kinder(kinder):
    @played
    async def scene():
        async with twin(accounts=[{"close_cancels": kinder}]) as g:
            await g.place(**LONG_BRACKET)
            await g.call("Position/closeContract", accountId=1001, contractId=CONTRACT)
            left = (await g.call("Order/searchOpen", accountId=1001))["orders"]
            assert len(left) == (0 if kinder else 2)

    scene()


@played
async def test_a_trailing_stop_is_sent_as_a_level_and_read_back_as_a_distance():
    async with twin() as g:
        answer = await g.place("sell", trailPrice=19990)
        order = await g.order(answer["orderId"])
        assert (order["trailDistance"], order["trailPrice"], order["stopPrice"]) == (40, 10, 19990)
        await g.call("Order/modify", accountId=1001, orderId=9001, trailPrice=19000)
        assert (await g.order(9001))["trailDistance"] == 4000  # no guard on a change (7.2)


@played
async def test_a_trailing_leg_follows_from_the_entrys_price():
    async with twin() as g:
        await g.place(stopLossBracket={"ticks": -40, "type": 5})
        leg = await g.order(9002)
        assert (leg["type"], leg["status"], leg["stopPrice"]) == (5, 1, 19990.25)
        assert (leg["trailDistance"], leg["trailPrice"]) == (40, 10)


@played
async def test_linked_orders_cancel_each_other():
    async with twin(FALLS) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
        await g.place("buy", 2)
        stop = await g.place("sell", 2, stopPrice=19990)
        target = await g.place("sell", 2, limitPrice=20050, linkedOrderId=stop["orderId"])
        assert (await g.order(target["orderId"]))["linkedOrderId"] == stop["orderId"]
        hub.told.clear()
        g.to(2000)
        await hub.settled()
        assert "order 9002 2 2" in hub.story()
        assert "order 9003 3" in hub.story()


@played
async def test_accounts_trade_alone_and_share_one_row_of_ids():
    accounts = [{}, {}, {"user": "bob"}]
    async with twin(accounts=accounts) as g:
        first = await g.place("buy", limitPrice=20000)
        second = await g.place("sell", limitPrice=20000, accountId=1002)
        assert (first["orderId"], second["orderId"]) == (9001, 9002)
        assert (await g.order(9001))["status"] == 1  # 1002 sold to the market, not to 1001
        assert (await g.order(9002, 1002))["status"] == 2
        stranger = await g.place(accountId=1003)
        assert (stranger["errorCode"], stranger["orderId"]) == (1, None)
        names = [each["id"] for each in (await g.call("Account/search"))["accounts"]]
        assert names == [1001, 1002]
