"""A gateway without a wire: REST on httpx's mock transport, what it writes, and a session on it."""

import asyncio
import base64
import json
from decimal import Decimal
from random import Random

import httpx
from live_hub import Hub

from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.sim.loop.run import run_virtual
from dryfill.trading.order import OrderRequest
from dryfill.trading.words import OrdType, Side

KEY = "k-canary-0123456789abcdef"
DAY_S = 86_400


def make_token(number, ends_s=2_000_000_000):
    """A token as the gateway makes it: three parts, the second of which says when it ends."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": ends_s}).encode()).decode().rstrip("=")
    return f"canary{number}.{claims}.sig"


class Wire:
    """A gateway's REST side, played: answers by endpoint, and everything that was asked.

    An answer is a dict (members of a success), an `httpx.Response`, an exception, a Future that
    gives one of these, or a function of the request's body that does; a list is played in order,
    its last for ever.
    """

    def __init__(self):
        self.answers = {"Auth/loginKey": self.login, "Auth/validate": {"newToken": make_token(99)}}
        self.asked = []
        self.tokens = []
        self.logins = 0
        self.good = set()

    def login(self, body):
        self.logins += 1
        token = make_token(self.logins)
        self.good = {token}
        return {"token": token}

    def bodies(self, endpoint):
        return [body for asked, body in self.asked if asked == endpoint]

    async def __call__(self, request):
        endpoint = request.url.path.removeprefix("/api/")
        body = json.loads(request.content)
        self.asked.append((endpoint, body))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        if not endpoint.startswith("Auth/") and self.good and token not in self.good:
            return httpx.Response(401)
        return await self.answer(endpoint, body)

    async def answer(self, endpoint, body):
        found = self.answers[endpoint]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found) and not isinstance(found, type):
            found = found(body)
        if isinstance(found, asyncio.Future):
            found = await found
        if isinstance(found, Exception):
            raise found
        if isinstance(found, dict):
            envelope = {"success": True, "errorCode": 0, "errorMessage": None}
            found = httpx.Response(200, json=envelope | found)
        return found

    def client(self):
        transport = httpx.MockTransport(self)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1")


def refusal(code, text=None, **members):
    return httpx.Response(
        200, json={"success": False, "errorCode": code, "errorMessage": text} | members
    )


ACCOUNT = {
    "id": 1001,
    "name": "PRAC-1",
    "balance": 50_000,
    "canTrade": True,
    "isVisible": True,
    "simulated": True,
}
MNQ_ID = "CON.F.US.MNQ.Z26"
MNQ = {
    "id": MNQ_ID,
    "name": "MNQZ6",
    "description": "Micro E-mini Nasdaq-100: December 2026",
    "tickSize": 0.25,
    "tickValue": 0.5,
    "activeContract": True,
    "symbolId": "F.US.MNQ",
}
START_NS = 1_795_186_800_000_000_000  # 2026-11-20 15:00 UTC
AT = "2026-11-20T15:00:00.{:06d}+00:00"


def order_json(order_id=9001, status=1, **changes):
    """An order of the gateway's, as it writes one."""
    fields = {
        "id": order_id,
        "accountId": 1001,
        "contractId": MNQ_ID,
        "symbolId": "F.US.MNQ",
        "creationTimestamp": AT.format(0),
        "updateTimestamp": AT.format(1),
        "status": status,
        "type": 1,
        "side": 0,
        "size": 2,
        "limitPrice": 20000.25,
        "stopPrice": None,
        "fillVolume": 0,
        "filledPrice": None,
        "customTag": "7#1",
    }
    return fields | changes


def fill_json(fill_id=5001, order_id=9001, **changes):
    """A fill of the gateway's."""
    fields = {
        "id": fill_id,
        "accountId": 1001,
        "contractId": MNQ_ID,
        "creationTimestamp": AT.format(2),
        "price": 20000.25,
        "profitAndLoss": None,
        "fees": 0.37,
        "commissions": 0.25,
        "side": 0,
        "size": 2,
        "voided": False,
        "orderId": order_id,
    }
    return fields | changes


def position_json(size=2, kind=1, **changes):
    """A position of the gateway's."""
    fields = {
        "id": 1,
        "accountId": 1001,
        "contractId": MNQ_ID,
        "creationTimestamp": AT.format(2),
        "type": kind,
        "size": size,
        "averagePrice": 20000.25,
    }
    return fields | changes


def answers():
    """What a gateway with one account and one contract answers to a client that begins."""
    return {
        "Account/search": {"accounts": [ACCOUNT]},
        "Contract/search": {"contracts": [MNQ]},
        "Contract/searchById": {"contract": MNQ},
        "Contract/available": {"contracts": [MNQ]},
        "Order/search": {"orders": []},
        "Order/searchOpen": {"orders": []},
        "Position/searchOpen": {"positions": []},
        "Trade/search": {"trades": []},
        "History/retrieveBars": {"bars": []},
    }


class Played:
    """A session onto a played wire and played hubs, in virtual time."""

    def __init__(self, wire, **settings):
        self.wire = wire
        wire.answers |= answers() | wire.answers
        self.user, self.market = Hub(), Hub()
        given = {"user_name": "ada", "api_key": KEY, "rest": "http://127.0.0.1:1"}
        self.settings = LiveSettings(**given | settings)
        self.session = None
        self.broker = None
        self.events = []

    async def dial(self, url):
        hub = self.user if "/hubs/user?" in url else self.market
        return await hub.dial(url)

    def now_ns(self):
        return START_NS + round(asyncio.get_running_loop().time() * 1e9)

    async def open(self, broker=True):
        self.session = await ProjectXSession.open(
            self.settings,
            now_ns=self.now_ns,
            random=Random(7),
            transport=httpx.MockTransport(self.wire),
            dial=self.dial,
        )
        if broker:
            self.broker = await self.session.broker()
            self.broker.listen(self.events.append)
        return self

    def tell(self, target, model, wrapped=True):
        """The user hub calls a method with a model."""
        self.user.link.call(target, {"action": 1, "data": model} if wrapped else model)

    async def settle(self):
        for _ in range(20):
            await asyncio.sleep(0)


def run_live(wire, script, *, broker=True, **settings):
    """Play a script, `async def script(at)`, on an open session; it is closed afterwards."""

    async def main():
        played = Played(wire, **settings)
        try:
            return await script(await played.open(broker))
        finally:
            if played.session is not None:
                await played.session.close()

    return run_virtual(main(), origin_ns=START_NS)


class Venue:
    """Orders and fills behind a played wire: what is placed works until the test fills it.

    Nothing is told by itself: `news` are the user hub's messages of what happened, for the test to
    send, spoil or lose.
    """

    def __init__(self, played):
        self.played = played
        self.orders = {}
        self.fills = []
        self.news = []
        played.wire.answers |= {
            "Order/place": self.place,
            "Order/cancel": self.cancel,
            "Order/modify": self.modify,
            "Order/search": lambda body: {"orders": list(self.orders.values())},
            "Order/searchOpen": lambda body: {
                "orders": [each for each in self.orders.values() if each["status"] == 1]
            },
            "Order/searchById": lambda body: {"order": self.orders[body["orderId"]]},
            "Trade/search": lambda body: {"trades": self.fills[::-1]},
            "Position/searchOpen": lambda body: {"positions": self.positions()},
        }

    @property
    def held(self):
        return sum(f["size"] * (1 if f["side"] == 0 else -1) for f in self.fills)

    def positions(self):
        held = self.held
        return [position_json(abs(held), 1 if held > 0 else 2)] if held else []

    def working(self, kind=None):
        return [o for o in self.orders.values() if o["status"] == 1 and kind in (None, o["type"])]

    def place(self, body):
        number = 9001 + len(self.orders)
        names = ("type", "side", "size", "limitPrice", "stopPrice", "customTag")
        self.orders[number] = order_json(number, **{name: body[name] for name in names})
        self._changed(number)
        return {"orderId": number}

    def cancel(self, body):
        self.orders[body["orderId"]]["status"] = 3
        self._changed(body["orderId"])
        return {}

    def modify(self, body):
        order = self.orders[body["orderId"]]
        order |= {n: body[n] for n in ("size", "limitPrice", "stopPrice") if body[n] is not None}
        self._changed(body["orderId"])
        return {}

    def fill(self, number):
        """All of an order is filled."""
        order = self.orders[number]
        order |= {"status": 2, "fillVolume": order["size"], "filledPrice": order["limitPrice"]}
        self.fills.append(
            fill_json(5001 + len(self.fills), number, side=order["side"], size=order["size"])
        )
        self._changed(number)
        self.news.append(("GatewayUserTrade", dict(self.fills[-1])))

    def tell(self):
        """Send what happened."""
        news, self.news = self.news, []
        for target, model in news:
            self.played.tell(target, model)

    def _changed(self, number):
        order = self.orders[number]
        order["updateTimestamp"] = AT.format(10 + len(self.news) + len(self.fills))
        self.news.append(("GatewayUserOrder", dict(order)))


async def mnq(at):
    """The contract that is traded."""
    return await at.session.market.find("MNQ")


def wanted(instrument, tag="7#1", kind=OrdType.LIMIT, **given):
    """An order to be placed: buy 2 at a limit, unless told otherwise."""
    fields = {"side": Side.BUY, "order_qty": 2, "instrument": instrument, "cl_ord_id": tag}
    if kind is OrdType.LIMIT:
        fields["price"] = Decimal("20000.25")
    return OrderRequest(ord_type=kind, **fields | given)


async def error_of(call, kind):
    """What a call ends in, which is of this kind."""
    try:
        await call
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")
