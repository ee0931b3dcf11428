"""A gateway on real sockets whose market stands still until the test moves it.

A market is text, one row a line, `milliseconds kind values`, prices in ticks of MNQ:

    0  quote 80000x5 80001x7
    10 trade 80001x2 buyer
"""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
from websockets.asyncio.client import connect

from dryfill.sim.armed.arming import Arming
from dryfill.sim.armed.behind import Behind
from dryfill.sim.armed.market_timers import MarketTimers, TimedMarket
from dryfill.sim.gateway.gateway import Clocks, Gateway, GatewaySetup
from dryfill.sim.gateway.real_time.pump import Pump
from dryfill.sim.gateway.real_time.serve import RunningGateway, running_gateway
from dryfill.sim.gateway.venue.accounts import AccountSpec, User, people
from dryfill.sim.gateway.venue.listing import front_contract, list_contract
from dryfill.trading import instruments
from dryfill.trading.calendar import AlwaysOpen
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

MNQ = instruments.find("MNQZ26")
CONTRACT = "CON.F.US.MNQ.Z26"
T0 = 1_795_186_800_000_000_000  # 2026-11-20 15:00 UTC
MS = 10**6
END = "\x1e"
KEY = "k-0123456789abcdef"
CALM = """
    0     quote 80000x5 80001x7
    0     trade 80000x1 seller
    60000 quote 80000x5 80001x7
"""
_AGGRESSORS = {"buyer": 1, "seller": 2}


def tape_of(text):
    """A tape of rows written as text."""
    quotes, trades = [], []
    for seq, line in enumerate(text.strip().splitlines()):
        at, kind, *words = line.split()
        head = (seq, T0 + int(at) * MS)
        levels = [tuple(map(int, word.split("x"))) for word in words if "x" in word]
        if kind == "quote":
            quotes.append((*head, *levels[0], *levels[1]))
        else:
            trades.append((*head, *levels[0], _AGGRESSORS[words[1]]))
    columns = ([np.array(column, np.int64) for column in zip(*rows)] for rows in (quotes, trades))  # noqa: B905
    return make_tape(*(kind(*each) for kind, each in zip((QuoteRows, TradeRows), columns)))  # noqa: B905


def far_contract():
    """A contract of MNQ that delivers in a year: nothing is said of a roll, whatever the day is."""
    return front_contract(instruments.find("MNQ"), datetime.now(UTC).date() + timedelta(days=365))


def setup_of(text=CALM, *, accounts=None, listing=None, user="ada", **changes):
    """A gateway of one contract and a user; `accounts`: fields of each account."""
    rows = accounts or [{}]
    specs = [
        AccountSpec(**{"name": f"PRACTICE-{n}", "user": user, **row}) for n, row in enumerate(rows)
    ]
    listing = listing or list_contract(MNQ, tape_of(text), hours=AlwaysOpen())
    users = [User(user, KEY), User("bob", "k-bob", password="secret")]
    return GatewaySetup(listings=(listing,), people=people(users, specs), **changes)


class Hub:
    """A bare client of one hub: what it was told, in order, whole records."""

    def __init__(self, socket):
        self.socket = socket
        self.told = []

    async def send(self, **record):
        await self.socket.send(json.dumps(record) + END)

    async def ask(self, method, *arguments):
        """Call and wait for the completion; it."""
        await self.send(type=1, target=method, arguments=list(arguments), invocationId=method)
        return await self.until(lambda record: record.get("invocationId") == method)

    async def until(self, fits):
        """Read until a record fits; that record. All are kept."""
        for record in self.told:
            if fits(record):
                return record
        async with asyncio.timeout(5):
            while True:
                for text in (await self.socket.recv()).split(END)[:-1]:
                    self.told.append(json.loads(text))
                for record in self.told:
                    if fits(record):
                        return record

    async def settled(self):
        """All that was on its way when this was called has come."""
        self.told = [record for record in self.told if record.get("invocationId") != "settle"]
        await self.send(type=1, target="settle", arguments=[], invocationId="settle")
        await self.until(lambda record: record.get("invocationId") == "settle")

    def events(self, target):
        """The payloads of one kind of event, unwrapped."""
        found = [r["arguments"] for r in self.told if r.get("target") == target]
        return [each[-1]["data"] if "action" in each[-1] else each[-1] for each in found]

    def story(self):
        """What was told, in short: order and status, trade and size, position and size, account."""
        return [
            _short(record)
            for record in self.told
            if str(record.get("target", "")).startswith("GatewayUser")
        ]


def _short(record):
    kind, data = (
        record["target"].removeprefix("GatewayUser").lower(),
        record["arguments"][0]["data"],
    )
    if kind == "order":
        filled = f" {data['fillVolume']}" if data["fillVolume"] else ""
        return f"order {data['id']} {data['status']}{filled}"
    if kind == "trade":
        return f"trade {data['orderId']} {data['size']} {data['profitAndLoss']}"
    return f"position {data['size']}" if kind == "position" else f"account {data['balance']}"


class Twin:
    """A running gateway and a client of it, logged in as ada."""

    def __init__(self, running, http, token):
        self.running = running
        self.http = http
        self.token = token

    @property
    def url(self):
        return self.running.url

    async def post(self, path, **body):
        """The response of a call."""
        return await self.http.post(f"/api/{path}", json=body)

    async def call(self, path, **body):
        """The envelope of a call that reached its endpoint."""
        response = await self.post(path, **body)
        assert response.status_code == 200, (path, response.status_code, response.text)
        return response.json()

    async def place(self, side="buy", size=1, **fields):
        """Place an order; the envelope. A type follows from the prices."""
        kind = 2
        if "limitPrice" in fields:
            kind = 1
        elif "stopPrice" in fields:
            kind = 4
        elif "trailPrice" in fields:
            kind = 5
        order = {"accountId": 1001, "contractId": CONTRACT, "type": kind, "size": size}
        return await self.call(
            "Order/place", **{**order, "side": {"buy": 0, "sell": 1}.get(side, side), **fields}
        )

    async def order(self, number, account=1001):
        return (await self.call("Order/searchById", accountId=account, orderId=number))["order"]

    def to(self, ms):
        """Let the market go on to a moment of the tape."""
        self.running.pump.step(T0 + ms * MS - self.running.pump.now_ns)

    @asynccontextmanager
    async def hub(self, kind="user", *, subscribe=(), token=None):
        address = f"{self.url.replace('http', 'ws')}/hubs/{kind}?access_token={token or self.token}"
        # One that does not read never sees the other side's close: no need to wait 10 s for that.
        async with connect(address, close_timeout=0.1) as socket:
            hub = Hub(socket)
            await hub.send(protocol="json", version=1)
            await hub.until(lambda record: record == {})
            for method, *arguments in subscribe:
                assert (await hub.ask(method, *arguments))["result"] is None
            yield hub


ALL_OF_MINE = (
    ("SubscribeAccounts",),
    ("SubscribeOrders", 1001),
    ("SubscribePositions", 1001),
    ("SubscribeTrades", 1001),
)


@asynccontextmanager
async def twin(text=CALM, *, speed=0, restamp=False, setup=None, **changes):
    """A gateway whose market stands still at T0, and a client that is logged in."""
    setup = setup or setup_of(text, **changes)
    async with (
        running_gateway(setup, speed=speed, restamp=restamp) as running,
        httpx.AsyncClient(base_url=running.url) as http,
    ):
        yield await _logged_in(running, http)


@asynccontextmanager
async def twin_in_process(text=CALM, **changes):
    """The same without sockets and without hubs, for tables of many small cases."""
    setup = setup_of(text, **changes)
    pump = Pump(lambda: T0, T0, 0)
    clocks = Clocks(market_ns=lambda: pump.now_ns, wall_s=lambda: T0 / 1e9, steady_s=lambda: 0.0)
    gateway = Gateway(setup, clocks, token_key=b"key", connection_id=lambda: "c-1")
    timers = MarketTimers(clocks.market_ns, pump.nudge)
    pump.drive(TimedMarket(gateway.venue, timers))
    arming = Arming(Behind(gateway, timers, clocks.meant_ns, pump.catch_up, pump.nudge))
    pump.catch_up()
    transport = httpx.ASGITransport(gateway.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://twin") as http:
        yield await _logged_in(RunningGateway("http://twin", gateway, pump, arming), http)


async def _logged_in(running, http):
    login = await http.post("/api/Auth/loginKey", json={"userName": "ada", "apiKey": KEY})
    token = login.json()["token"]
    http.headers["Authorization"] = f"Bearer {token}"
    return Twin(running, http, token)


def played(scene):
    """Make a coroutine function a test: each runs in a loop of its own, with real sockets."""

    def test(*arguments, **fixtures):
        async def bounded():
            async with asyncio.timeout(60):
                await scene(*arguments, **fixtures)

        asyncio.run(bounded())

    test.__name__, test.__doc__ = scene.__name__, scene.__doc__
    test.__signature__ = __import__("inspect").signature(scene)
    return test
