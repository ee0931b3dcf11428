"""A twin that is restarted on its file: accounts, orders, brackets, trades and ids are there."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import sys

import httpx
import pytest
from twin_world import ALL_OF_MINE, CONTRACT, KEY, MNQ, T0, Twin, played, setup_of, tape_of

from dryfill.sim.gateway.keeping.keeping import Keeper
from dryfill.sim.gateway.real_time.control import control_app
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.words import TradingStatus

FALLS = """
    0     quote 80000x2 80001x7
    0     trade 80000x1 seller
    1000  quote 79980x5 79981x1
    2000  quote 79930x5 79931x7
    3000  trade 79930x9 seller
    90000 quote 79930x5 79931x7
"""
BRACKET = {
    "stopLossBracket": {"ticks": -40, "type": 4},
    "takeProfitBracket": {"ticks": 80, "type": 1},
}
EVER = {"accountId": 1001, "startTimestamp": "2020-01-01T00:00:00Z"}


HOUR_MS = 3_600_000
EVENING = "0 trade 80000x1 seller\n" + "\n".join(
    f"{hour * HOUR_MS} quote 80000x2 80001x7" for hour in range(10)
)


def market_of(g):
    """A twin's venue and its first contract."""
    venue = g.running.gateway.venue
    return venue, venue.listed(None)


async def by_hand(g, **market):
    """Set the market through the twin's own door."""
    transport = httpx.ASGITransport(control_app(g.running, "open"))
    bearer = {"Authorization": "Bearer open"}
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
        assert (await http.post("/market", json=market, headers=bearer)).status_code == 200


@contextlib.asynccontextmanager
async def life(path, text=FALLS, *, restamp=False, **changes):
    """One life of a twin that keeps its state in a file."""
    async with (
        running_gateway(setup_of(text, **changes), speed=0, restamp=restamp, keep=path) as running,
        httpx.AsyncClient(base_url=running.url) as http,
    ):
        answer = await http.post("/api/Auth/loginKey", json={"userName": "ada", "apiKey": KEY})
        token = answer.json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield Twin(running, http, token)


async def all_of(g):
    """What a client can ask, in one value."""
    return [
        (await g.call("Account/search", onlyActiveAccounts=False))["accounts"],
        (await g.call("Order/search", **EVER))["orders"],
        (await g.call("Order/searchOpen", accountId=1001))["orders"],
        (await g.call("Position/searchOpen", accountId=1001))["positions"],
        (await g.call("Trade/search", **EVER))["trades"],
    ]


@played
async def scene_of_everything(path):
    async with life(path) as g:
        await g.place(size=3, customTag="t-1", **BRACKET)  # filled, its children work
        await g.place(size=2, limitPrice=19990, **BRACKET)  # rests, its children wait
        await g.place("sell", 2, trailPrice=19950)
        await g.place("buy", 1, type=6)
        stop = await g.place("sell", 1, stopPrice=19900)
        await g.place("sell", 1, limitPrice=20100, linkedOrderId=stop["orderId"])
        await g.place(limitPrice=0.1)  # rejected
        gone = await g.place(limitPrice=19000)
        await g.call("Order/cancel", accountId=1001, orderId=gone["orderId"])
        await g.call("Position/partialCloseContract", accountId=1001, contractId=CONTRACT, size=1)
        before = await all_of(g)
    async with life(path) as g:
        after = await all_of(g)
        assert after == before
        again = await g.place(customTag="t-1")
        assert again["errorCode"] == 2  # a tag is used up for ever
        fresh = await g.place(limitPrice=19000)
        assert fresh["orderId"] == 1 + max(order["id"] for order in before[1])


def test_everything_that_can_be_asked_is_as_it_was(tmp_path):
    scene_of_everything(tmp_path / "twin.db")


def test_a_bracket_goes_on_where_it_was(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path) as g:
            await g.place(size=3, limitPrice=19996, **BRACKET)
            g.to(1000)  # one of three is filled
            entry = await g.order(9001)
            assert (entry["status"], entry["fillVolume"]) == (1, 1)
        async with life(path) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
            entry, stop = await g.order(9001), await g.order(9002)
            assert (entry["status"], entry["fillVolume"], entry["size"]) == (1, 1, 3)
            assert (stop["status"], stop["size"]) == (1, 1)
            change = {"accountId": 1001, "orderId": 9001}
            assert (await g.call("Order/modify", size=2, **change))["errorCode"] == 0
            assert (await g.order(9001))["size"] == 2
            g.to(2000)
            stop = await g.order(9002)
            assert (stop["status"], stop["size"]) == (1, 2)  # it grew with what was filled
            g.to(3000)
            await hub.settled()
            entry, stop, target = [await g.order(n) for n in (9001, 9002, 9003)]
            assert (entry["status"], entry["fillVolume"]) == (2, 2)
            assert (stop["status"], stop["fillVolume"]) == (2, 2)
            assert target["status"] == 3
            assert (await g.call("Position/searchOpen", accountId=1001))["positions"] == []

    scene()


def test_an_order_of_an_earlier_life_is_none_of_which_nobody_has_heard(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path) as g:
            await g.place(limitPrice=19990, **BRACKET)
        async with life(path) as g, g.hub(subscribe=ALL_OF_MINE) as hub:
            g.to(2000)  # the entry fills, and its children begin to work
            await g.place(limitPrice=19000)
            await hub.settled()
            orders = [r["arguments"][0] for r in hub.told if r.get("target") == "GatewayUserOrder"]
            actions = [(each["data"]["id"], each["action"]) for each in orders]
            assert actions == [(9001, 1), (9002, 1), (9003, 1), (9004, 0)]

    scene()


RISES_AND_FALLS = """
    0     quote 80000x2 80001x7
    0     trade 80000x1 seller
    1000  trade 80100x1 buyer
    2000  trade 80059x9 seller
    90000 quote 80059x5 80060x7
"""


@pytest.mark.parametrize("how", ["alone", "leg"])
def test_a_trailing_stop_stands_where_the_market_had_brought_it(tmp_path, how):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path, RISES_AND_FALLS) as g:
            leg = {"stopLossBracket": {"ticks": -41, "type": 5}} if how == "leg" else {}
            await g.place(**leg)
            if how == "alone":
                await g.place("sell", 1, trailPrice=19990)
            g.to(1500)  # nobody asked and nothing was told since it moved
        async with life(path, RISES_AND_FALLS) as g:
            assert (await g.order(9002))["stopPrice"] == {"alone": 20015, "leg": 20014.75}[how]
            g.to(2500)
            stop = await g.order(9002)
            assert (stop["status"], stop["filledPrice"]) == (2, 20014.75)

    scene()


def test_what_the_market_passed_meanwhile_is_set_off_by_its_first_rows(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path) as g:
            await g.place(size=1, **BRACKET)
        lower = FALLS.replace("80000x", "79000x").replace("80001x", "79001x")
        async with life(path, lower) as g:  # another market: it begins far below the stop
            stop = await g.order(9002)
            assert (stop["status"], stop["filledPrice"]) == (2, 19750)
            assert (await g.order(9003))["status"] == 3

    scene()


@pytest.mark.parametrize("how", ["ended", "killed"])
def test_a_price_and_a_state_that_were_set_by_hand_stand_in_the_next_life(tmp_path, how):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path) as g:
            await g.place("sell", 9, limitPrice=20010)
            await by_hand(g, price=20010, size=2)
            filled = (await g.order(9001))["fillVolume"]
            assert 0 < filled < 9
            await by_hand(g, status="halt")
            if how == "killed":  # what stands on the disk now is all there will be
                for end in ("", "-wal"):
                    shutil.copy(f"{path}{end}", f"{tmp_path / 'killed.db'}{end}")
        if how == "killed":
            path = tmp_path / "killed.db"
        async with life(path) as g:
            _, ticker = market_of(g)
            assert (await g.place(limitPrice=19000))["errorCode"] == 5
            assert (ticker.quote.bid_ticks, ticker.quote.ask_ticks) == (80040, 80041)
            assert (await g.order(9001))["fillVolume"] == filled  # halted, it trades no more
            await by_hand(g, status="open")
            assert (await g.order(9001))["fillVolume"] > filled
            g.to(1000)  # the tape's next row
        async with life(path) as g:
            venue, ticker = market_of(g)
            assert ticker.quote is None
            assert venue.status(ticker) is TradingStatus.OPEN

    scene()


def test_what_was_set_by_hand_stands_until_the_calendar_has_a_say(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        listing = list_contract(MNQ, tape_of(EVENING), hours=calendar("cme-equity"))
        async with life(path, listing=listing) as g:
            g.to(HOUR_MS)
            await by_hand(g, status="halt")
        async with life(path, listing=listing) as g:
            venue, ticker = market_of(g)
            assert venue.status(ticker) is TradingStatus.HALT
            g.to(9 * HOUR_MS)  # Friday is over
        async with life(path, listing=listing) as g:
            venue, ticker = market_of(g)
            assert venue.status(ticker) is TradingStatus.CLOSE

    scene()


def test_times_stay_those_that_were_shown(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        async with life(path, restamp=True) as g:
            await g.place()
            before = await all_of(g)
        await asyncio.sleep(0.05)
        async with life(path, restamp=True) as g:
            after = await all_of(g)
            for was, now in zip(before[1:], after[1:], strict=True):
                assert [each["creationTimestamp"] for each in was] == [
                    each["creationTimestamp"] for each in now
                ]

    scene()


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"accounts": [{"id": 2000}]}, "nobody has it now"), ({}, None)],
)
def test_a_file_of_other_accounts_is_refused(tmp_path, changes, text):
    @played
    async def scene():
        async with life(tmp_path / "twin.db") as g:
            await g.place()
        if text is None:
            async with life(tmp_path / "twin.db") as g:
                with pytest.raises(UsageError, match="another twin"):
                    async with life(tmp_path / "twin.db"):
                        pass
            return
        with pytest.raises(UsageError, match=text):
            async with life(tmp_path / "twin.db", **changes):
                pass

    scene()


def test_a_file_that_is_refused_is_let_go_at_once(tmp_path):
    path = tmp_path / "twin.db"
    Keeper(path).close()
    _write(path, "update facts set value = 'of another form' where name = 'form'")
    with pytest.raises(ScenarioError, match="another version") as refused:
        Keeper(path)
    _write(path, "delete from facts")  # locked while the refused one has it, which the error holds
    assert "twin.db" in str(refused.value)
    Keeper(path).close()


def test_a_file_that_is_no_state_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes\n" * 100)

    @played
    async def scene():
        with pytest.raises(ScenarioError, match="no state of a twin"):
            async with life(path):
                pass

    scene()
    assert path.read_text().startswith("these are my notes")


_PROGRAM = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from twin_world import setup_of
from dryfill.sim.gateway.real_time.serve import running_gateway

async def main():
    text = Path(sys.argv[3]).read_text()
    async with running_gateway(setup_of(text), speed=0, restamp=False, keep=Path(sys.argv[1])) as g:
        print(g.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_twin_that_is_killed_in_mid_bracket_keeps_what_it_said(tmp_path):
    @played
    async def scene():
        path = tmp_path / "twin.db"
        (tmp_path / "market").write_text(FALLS)
        house = os.path.dirname(sys.modules["twin_world"].__file__)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, str(path), house, str(tmp_path / "market"),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        url = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(base_url=url) as http:
            login = {"userName": "ada", "apiKey": KEY}
            token = (await http.post("/api/Auth/loginKey", json=login)).json()["token"]
            http.headers["Authorization"] = f"Bearer {token}"
            order = {"accountId": 1001, "contractId": CONTRACT, "type": 2, "side": 0, "size": 2}
            assert (await http.post("/api/Order/place", json=order | BRACKET)).json()["success"]
        process.send_signal(signal.SIGKILL)
        await process.wait()
        process._transport.close()
        async with life(path) as g:
            [held] = (await g.call("Position/searchOpen", accountId=1001))["positions"]
            working = (await g.call("Order/searchOpen", accountId=1001))["orders"]
            assert (held["size"], [order["type"] for order in working]) == (2, [4, 1])
            assert g.running.pump.now_ns == T0 + 1  # the market goes on where it was
            assert (await g.place(limitPrice=19000))["orderId"] == 9004
            g.to(3000)
            assert (await g.order(9002))["status"] == 2
            assert (await g.call("Position/searchOpen", accountId=1001))["positions"] == []

    scene()


def test_no_key_and_no_token_is_in_the_file(tmp_path):
    @played
    async def scene():
        async with life(tmp_path / "twin.db") as g:
            await g.place()
            secrets = (KEY, g.token)
        text = "\n".join(
            str(row)
            for table in ("facts", "money", "holdings", "orders", "turns")
            for row in _rows(tmp_path / "twin.db", table)
        )
        assert "9001" in text
        assert not [secret for secret in secrets if secret in text]

    scene()


def _rows(path, table):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(f"select * from {table}").fetchall()


def _write(path, statement):
    with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
        db.execute(statement)
