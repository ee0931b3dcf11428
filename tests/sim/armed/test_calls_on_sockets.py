"""Faults of calls on real sockets: what a client sees of each, and what is true at the broker."""

import asyncio

import httpx
import pytest
from twin_world import CONTRACT, played, twin

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.errors import UsageError

EVER = {"accountId": 1001, "startTimestamp": "2020-01-01T00:00:00Z"}


def arm(g, *faults, **more):
    g.running.arming.arm(make_plan(*faults), **more)


async def statuses(g):
    """Of every order at the broker; what is asked here is of no fault's concern."""
    return [order["status"] for order in (await g.call("Order/search", **EVER))["orders"]]


OPEN, FILLED, REJECTED = 1, 2, 5
PLACE = {"call": "place"}


@pytest.mark.parametrize(
    ("fault", "code", "error", "there"),
    [
        ({"kind": "refused"}, 200, 2, [REJECTED]),
        ({"kind": "refused", "record": False}, 200, 2, []),
        ({"kind": "refused", "reason": "insufficient-funds"}, 200, 3, [REJECTED]),
        ({"kind": "rate-limited"}, 429, None, []),
        ({"kind": "server-error"}, 503, None, []),
        ({"kind": "server-error", "status": 500, "applied": True}, 500, None, [OPEN]),
        ({"kind": "ack-lost", "form": "502"}, 502, None, [OPEN]),
        ({"kind": "request-lost", "form": "504"}, 504, None, []),
    ],
)
def test_a_call_that_is_answered_otherwise(fault, code, error, there):
    @played
    async def scene():
        async with twin() as g:
            arm(g, PLACE | fault)
            order = {"accountId": 1001, "contractId": CONTRACT, "type": 1, "side": 0, "size": 1}
            order["limitPrice"] = 19990
            answer = await g.post("Order/place", **order)
            assert answer.status_code == code
            assert error is None or answer.json()["errorCode"] == error
            assert await statuses(g) == there
            assert (await g.post("Order/place", **order)).json()["success"]  # once, and no more

    scene()


@pytest.mark.parametrize(
    ("fault", "error", "there"),
    [
        ({"kind": "ack-lost", "form": "timeout"}, httpx.ReadTimeout, [OPEN]),
        ({"kind": "ack-lost"}, httpx.ReadTimeout, [OPEN]),
        ({"kind": "ack-lost", "form": "reset"}, httpx.ReadError, [OPEN]),
        ({"kind": "ack-lost", "form": "cut", "cut": 5}, httpx.RemoteProtocolError, [OPEN]),
        ({"kind": "request-lost"}, httpx.ReadTimeout, []),
        ({"kind": "request-lost", "form": "reset"}, httpx.ReadError, []),
    ],
)
def test_a_call_whose_answer_does_not_come(fault, error, there):
    @played
    async def scene():
        async with twin() as g:
            arm(g, PLACE | fault)
            g.http.timeout = 0.2
            with pytest.raises(error):
                await g.place(limitPrice=19990)
            assert await statuses(g) == there
            assert (await g.place(limitPrice=19990))["success"]

    scene()


@played
async def test_an_answer_waits_for_the_markets_time():
    async with twin() as g:
        arm(g, {"kind": "latency", "call": "place", "request": "1s", "response": "2s"})
        placing = asyncio.ensure_future(g.place(limitPrice=19990))
        for ms, there in ((900, []), (1500, [OPEN]), (2900, [OPEN])):
            await asyncio.sleep(0.02)
            g.to(ms)
            assert await statuses(g) == there
            assert not placing.done()
        g.to(3100)
        assert (await placing)["success"]


@played
async def test_everything_is_refused_for_a_while():
    async with twin() as g:
        arm(g, {"kind": "rate-limited", "at": "1s", "duration": "2s", "retry_after": "1500 ms"})
        assert (await g.post("Account/search")).status_code == 200
        g.to(1500)
        for path in ("Account/search", "Auth/validate", "Contract/available"):
            answer = await g.post(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert (await g.http.get("/api/Status/ping")).status_code == 200
        g.to(3100)
        assert (await g.post("Account/search")).status_code == 200


@played
async def test_the_next_calls_of_an_endpoint_and_each_other_one():
    async with twin() as g:
        arm(
            g,
            {"kind": "server-error", "call": "positions", "times": 2},
            {"kind": "rate-limited", "call": "open-orders", "every": 2, "times": "all"},
            {"kind": "server-error", "call": "login", "nth": 2},
        )
        codes = {
            path: [(await g.post(path, accountId=1001)).status_code for _ in range(4)]
            for path in ("Position/searchOpen", "Order/searchOpen", "Auth/validate")
        }
        assert codes == {
            "Position/searchOpen": [503, 503, 200, 200],
            "Order/searchOpen": [429, 200, 429, 200],
            "Auth/validate": [200, 503, 200, 200],
        }


@played
async def test_a_read_tells_what_was_before():
    async with twin(restamp=True) as g:
        await g.place(limitPrice=19990)
        arm(g, {"kind": "stale-read", "call": "read", "lag": "500 ms", "times": "all"})
        g.to(1000)
        await g.place(limitPrice=19991)
        asked = {"accountId": 1001}
        assert (await g.call("Order/searchOpen", **asked))["orders"] == []  # of before it was armed
        g.to(1700)
        [order] = (await g.call("Order/searchOpen", **asked))["orders"]
        window = {**asked, "startTimestamp": order["creationTimestamp"]}  # as clients are shown it
        assert (await g.call("Order/search", **window))["orders"] == [order]
        arm(g)
        assert order == await g.order(9002)


@played
async def test_only_the_accounts_own_client_is_concerned():
    async with twin(accounts=[{}, {}, {"user": "bob"}]) as g, httpx.AsyncClient() as bob:
        arm(g, {"kind": "server-error", "call": "any", "times": "all"}, account_id=1002)
        login = {"userName": "bob", "apiKey": "k-bob"}
        answer = await bob.post(f"{g.url}/api/Auth/loginKey", json=login)
        header = {"Authorization": f"Bearer {answer.json()['token']}"}
        mine = [(await g.post("Order/searchOpen", accountId=n)).status_code for n in (1001, 1002)]
        bobs = await bob.post(f"{g.url}/api/Account/search", json={}, headers=header)
        nobody = await bob.post(f"{g.url}/api/Order/searchOpen", json={"accountId": 1002})
        assert (mine, bobs.status_code, nobody.status_code) == ([200, 503], 200, 401)
        bad = await g.http.post("/api/Order/searchOpen", content=b"{")
        assert bad.status_code == 400


@played
async def test_a_twin_that_ends_keeps_nobody_waiting(caplog):
    async with httpx.AsyncClient() as patient:
        async with twin() as g:
            arm(g, {"kind": "ack-lost", "call": "any", "times": "all"})
            header = {"Authorization": f"Bearer {g.token}"}
            path = f"{g.url}/api/Account/search"
            waiting = asyncio.ensure_future(patient.post(path, json={}, headers=header))
            await asyncio.sleep(0.05)
        assert "did not end in time" not in caplog.text
        with pytest.raises(httpx.ReadError):
            await waiting


@played
async def test_a_call_that_comes_while_the_twin_ends_is_not_kept_waiting_either(caplog):
    async with httpx.AsyncClient() as patient, twin() as g:
        arm(g, {"kind": "ack-lost", "call": "any", "times": "all"})
        g.running.arming.close()
        header = {"Authorization": f"Bearer {g.token}"}
        with pytest.raises(httpx.ReadError):
            await patient.post(f"{g.url}/api/Account/search", json={}, headers=header, timeout=1)
    assert "did not end in time" not in caplog.text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"kind": "crash", "call": "place"}, "the client's process is none of the twin's"),
        ({"kind": "clock", "at": "0 ms", "ahead": "1s"}, "none of the twin's"),
        ({"kind": "unreachable", "call": "any"}, "use request-lost"),
    ],
)
def test_what_a_running_twin_cannot_do_is_refused_and_changes_nothing(fault, text):
    @played
    async def scene():
        async with twin() as g:
            arm(g, {"kind": "refused", "call": "place"})
            before = g.running.arming.work
            with pytest.raises(UsageError, match=text):
                arm(g, fault)
            for where in ({"account_id": 7}, {"contract": "CON.F.US.NONE.Z26"}):
                with pytest.raises(UsageError, match=r"there are|listed are"):
                    arm(g, **where)
            assert g.running.arming.work is before

    scene()
