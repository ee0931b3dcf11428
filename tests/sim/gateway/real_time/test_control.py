"""The twin's own door: its token, the market's time, the end of sessions and links."""

import asyncio

import httpx
import pytest
from twin_world import ALL_OF_MINE, CONTRACT, MS, T0, played, twin
from websockets.exceptions import ConnectionClosed

from dryfill.sim.gateway.real_time.control import control_app


def door(g, token="open"):
    """A client of the control API of a running twin."""
    app = control_app(g.running, "open")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://door",
        headers={"Authorization": f"Bearer {token}"},
    )


@played
async def test_it_opens_to_its_own_token_only():
    async with twin() as g:
        for token in ("", "shut", g.token):
            async with door(g, token) as http:
                assert (await http.post("/state")).status_code == 401
        async with door(g) as http:
            state = (await http.post("/state")).json()
            assert [account["id"] for account in state["accounts"]] == [1001]
            assert (await http.get("/state")).status_code == 405
        answer = await g.http.post("/api/state")
        assert answer.status_code == 404


@played
async def test_the_market_is_stepped_and_set_going():
    async with twin() as g, door(g) as http:
        await g.place(limitPrice=19990)
        stepped = (await http.post("/step", json={"ms": 250})).json()
        assert stepped["marketNs"] == T0 + 250 * MS
        assert stepped["accounts"][0]["orders"][0]["id"] == 9001
        assert (await http.post("/step")).json()["marketNs"] == T0 + 60_000 * MS  # the next row
        assert (await http.post("/speed", json={"speed": 10})).json()["speed"] == 10
        assert (await http.post("/step")).status_code == 400
        assert (await http.post("/pause")).json()["speed"] == 0
        for bad in ({"speed": -1}, {"speed": "fast"}, {"speed": None}, {"speed": 1.5}, {}):
            assert (await http.post("/speed", json=bad)).status_code == 400
        assert (await http.post("/step", json={"ms": 0})).status_code == 400


@pytest.mark.parametrize("how", ["logout", "cut"])
def test_links_are_ended_with_a_word_or_without(how):
    @played
    async def scene():
        async with twin() as g, door(g) as http, g.hub(subscribe=ALL_OF_MINE) as hub:
            state = (await http.post("/state")).json()
            assert state["clients"][0]["streams"][1] == "orders 1001"
            await http.post(f"/{how}", json={"why": "enough"} if how == "logout" else None)
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(5):
                    await hub.until(lambda record: False)
            said = [each.get("target") for each in hub.told]
            assert ("GatewayLogout" in said) == (how == "logout")
            status = (await g.post("Account/search")).status_code
            assert status == (401 if how == "logout" else 200)

    scene()


@played
async def test_a_plan_is_armed_shows_what_it_did_and_is_ended():
    async with twin(accounts=[{}, {}]) as g, door(g) as http:
        assert (await http.post("/state")).json()["faults"] is None
        plan = {"name": "late", "accountId": 1002, "contractId": CONTRACT}
        plan["fault"] = [
            {"kind": "refused", "call": "place", "reason": "insufficient-funds"},
            {"kind": "halt", "at": "1s", "duration": "1s"},
        ]
        armed = (await http.post("/faults", json=plan)).json()["faults"]
        assert (armed["accountId"], armed["log"]) == (1002, [])
        assert [row["fired"] for row in armed["fault"]] == [0, 0]
        assert (await g.place())["errorCode"] == 0
        assert (await g.place(accountId=1002))["errorCode"] == 3
        shown = (await http.post("/step", json={"ms": 1500})).json()["faults"]
        assert [(row["kind"], row["fired"]) for row in shown["fault"]] == [
            ("refused", 1),
            ("halt", 1),
        ]
        assert "MNQZ6 goes from OPEN to HALT" in shown["log"][1]
        for bad, why in (
            ({"fault": [{"kind": "crush", "call": "place"}]}, "give one of 'latency'"),
            ({"fault": [{"kind": "crash", "call": "place"}]}, "none of the twin's"),
            ({"fault": ["drop"]}, "give a table of keys and values"),
            (
                {"fault": plan["fault"], "accountId": 7},
                "there is no account 7; there are [1001, 1002]",
            ),
        ):
            answer = await http.post("/faults", json=bad)
            assert (answer.status_code, why in answer.text) == (400, True), answer.text
            assert (await http.post("/state")).json()["faults"] == shown
        assert (await http.post("/faults")).json()["faults"] is None


@played
async def test_a_market_is_set_by_hand_and_every_account_and_client_has_it():
    streams = (("SubscribeContractQuotes", CONTRACT), ("SubscribeContractTrades", CONTRACT))
    async with (
        twin(accounts=[{}, {}]) as g,
        door(g) as http,
        g.hub("market", subscribe=streams) as market,
        g.hub(subscribe=ALL_OF_MINE) as hub,
    ):
        await g.place(size=2)
        await g.place("sell", 2, stopPrice=19990)
        await g.place("buy", 1, limitPrice=19986, accountId=1002)
        await market.settled()
        market.told.clear()
        state = (await http.post("/market", json={"price": 19985, "size": 9})).json()
        [quote] = state["quotes"]
        shown = [quote[name] for name in ("bestBid", "bestAsk", "lastPrice", "low", "volume")]
        assert shown == [19985, 19985.25, 19985, 19985, 10]
        await market.settled()
        await hub.settled()
        assert [each["bestBid"] for each in market.events("GatewayQuote")] == [19985]
        [[_, [trade]]] = [r["arguments"] for r in market.told if r.get("target") == "GatewayTrade"]
        assert (trade["price"], trade["volume"]) == (19985, 9)
        assert (await g.order(9002))["filledPrice"] == 19985
        assert hub.story()[-2:] == ["position 0", "account 49937.52"]
        assert (await g.order(9003, 1002))["status"] == 2
        g.to(60_000)  # the tape goes on from there
        assert (await http.post("/state")).json()["quotes"][0]["bestBid"] == 20000


@played
async def test_a_market_is_halted_and_opened_by_hand():
    async with twin() as g, door(g) as http:
        await g.place(limitPrice=19990)
        halted = (
            await http.post("/market", json={"contractId": CONTRACT, "status": "halt"})
        ).json()
        assert halted["status"] == {CONTRACT: "HALT"}
        refused = await g.place()
        assert (refused["errorCode"], refused["orderId"]) == (5, None)  # and no order is made
        assert (await http.post("/market", json={"price": 19980})).status_code == 200
        assert (await g.order(9001))["status"] == 1
        assert (await http.post("/market", json={"status": "open"})).status_code == 200
        assert (await g.order(9001))["status"] == 2
        assert (await g.place())["errorCode"] == 0
        for bad, why in (
            ({}, "give a price, a status, or both"),
            ({"status": "shut"}, "give one of open, halt, pre-open, no-cancel, close"),
            ({"price": 19980.1}, "not on the 0.25 tick"),
            ({"price": "19980"}, "validation"),
            ({"price": 19980, "size": 0}, "size is 0; give 1 to"),
            ({"contractId": "CON.F.US.NONE.Z26", "price": 1}, f"listed are {CONTRACT}"),
        ):
            answer = await http.post("/market", json=bad)
            assert (answer.status_code, why in answer.text) == (400, True), answer.text
