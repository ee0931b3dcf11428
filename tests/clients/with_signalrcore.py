"""What a client made by hand of signalrcore and urllib sees of the twin.

usage: python with_signalrcore.py ADDRESS USER KEY CONTRACT
"""

import asyncio
import json
from urllib.request import Request, urlopen

from signalrcore.hub_connection_builder import HubConnectionBuilder
from story import LIMIT, STOP, Heard, later, play, run, since, until


class Client:
    """REST by hand; signalrcore on both hubs, its token in the query or in a header."""

    native_brackets = True

    def __init__(self, address, contract):
        self.address, self.contract_id, self.token = address, contract, None
        self.heard, self.hubs, self.loop = Heard(), [], asyncio.get_running_loop()

    async def ask(self, path, **body):
        return await asyncio.to_thread(self.post, path, body)

    def post(self, path, body):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = Request(f"{self.address}/api/{path}", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=10) as response:
            answer = json.load(response)
        if not answer["success"]:
            raise ValueError(f"{path}: {answer}")
        return answer

    async def log_in(self, user, key):
        self.token = (await self.ask("Auth/loginKey", userName=user, apiKey=key))["token"]

    async def refresh(self):
        old, self.token = self.token, (await self.ask("Auth/validate"))["newToken"]
        return self.token != old

    async def accounts(self):
        found = (await self.ask("Account/search", onlyActiveAccounts=True))["accounts"]
        self.mine = {"accountId": found[0]["id"]}
        return [[each["id"], each["name"], each["balance"]] for each in found]

    async def contracts(self, text):
        found = await self.ask("Contract/search", searchText=text, live=False)
        return [each["id"] for each in found["contracts"]]

    async def contract(self):
        found = (await self.ask("Contract/searchById", contractId=self.contract_id))["contract"]
        return [found["name"], found["tickSize"], found["tickValue"]]

    async def available(self):
        return [
            each["id"] for each in (await self.ask("Contract/available", live=False))["contracts"]
        ]

    async def closes(self):
        found = await self.ask(
            "History/retrieveBars", contractId=self.contract_id, live=False, unit=2, unitNumber=1,
            startTime=since().isoformat(), endTime=later().isoformat(), limit=100,
            includePartialBar=False,
        )  # fmt: skip
        return [bar["c"] for bar in found["bars"]]

    async def listen(self):
        account = self.mine["accountId"]
        self.connect("user", {
            "GatewayUserAccount": self.heard_account, "GatewayUserOrder": self.heard_order,
            "GatewayUserPosition": self.heard_position, "GatewayUserTrade": self.heard_trade,
        })  # fmt: skip
        self.connect("market", {
            "GatewayQuote": self.heard_quote, "GatewayTrade": self.heard_tape,
            "GatewayDepth": self.heard_depth,
        })  # fmt: skip
        await until(lambda: all(hub.opened for hub in self.hubs))
        user, market = self.hubs
        done = []
        user.send("SubscribeAccounts", [], done.append)
        for stream in ("Orders", "Positions", "Trades"):
            user.send(f"Subscribe{stream}", [account], done.append)
        for stream in ("Quotes", "Trades", "MarketDepth"):
            market.send(f"SubscribeContract{stream}", [self.contract_id], done.append)
        await until(lambda: len(done) == 7, done)

    def connect(self, name, handlers):
        url, options = f"{self.address}/hubs/{name}", {}
        if name == "user":
            url += f"?access_token={self.token}"
        else:
            options["access_token_factory"] = lambda: self.token
        hub = HubConnectionBuilder().with_url(url, options=options).build()
        hub.opened = False
        hub.on_open(lambda: setattr(hub, "opened", True))
        for target, handler in handlers.items():
            hub.on(target, lambda told, handler=handler: self.tell(handler, told))
        hub.start()
        self.hubs.append(hub)

    def tell(self, handler, told):
        self.loop.call_soon_threadsafe(handler, told)

    def heard_account(self, told):
        self.heard.account(told[0]["data"]["balance"])

    def heard_order(self, told):
        order = told[0]["data"]
        self.heard.order(order["id"], order["status"], order["fillVolume"])

    def heard_position(self, told):
        held = told[0]["data"]
        self.heard.position(held["type"], held["size"], held["averagePrice"])

    def heard_trade(self, told):
        trade = told[0]["data"]
        self.heard.trade(trade["orderId"], trade["size"], trade["price"], trade["profitAndLoss"])

    def heard_quote(self, told):
        self.heard.quote(told[1]["bestBid"], told[1]["bestAsk"])

    def heard_tape(self, told):
        [each] = told[1]
        self.heard.tape(each["price"], each["volume"])

    def heard_depth(self, told):
        [each] = told[1]
        self.heard.depth(each["price"], each["volume"])

    async def place(self, kind, side, size, *, tag=None, stop_ticks=None, target_ticks=None, **at):
        order = {
            "contractId": self.contract_id, "type": kind, "side": side, "size": size,
            "limitPrice": at.get("limit"), "stopPrice": at.get("stop"),
            "trailPrice": at.get("trail"), "customTag": tag,
            "stopLossBracket": stop_ticks and {"ticks": stop_ticks, "type": STOP},
            "takeProfitBracket": target_ticks and {"ticks": target_ticks, "type": LIMIT},
        }  # fmt: skip
        return (await self.ask("Order/place", **self.mine, **order))["orderId"]

    async def modify(self, number, *, size=None, limit=None, stop=None):
        change = {"orderId": number, "size": size, "limitPrice": limit, "stopPrice": stop}
        await self.ask("Order/modify", **self.mine, **change)

    async def cancel(self, number):
        await self.ask("Order/cancel", **self.mine, orderId=number)

    async def partial_close(self, size):
        order = {"contractId": self.contract_id, "size": size}
        await self.ask("Position/partialCloseContract", **self.mine, **order)
        return True

    async def close(self):
        await self.ask("Position/closeContract", **self.mine, contractId=self.contract_id)

    async def open_orders(self):
        return [
            order_row(each) for each in (await self.ask("Order/searchOpen", **self.mine))["orders"]
        ]

    async def waiting(self):
        wanted = {**self.mine, "statuses": [8]}
        return [each["id"] for each in (await self.ask("Order/v2/query", filter=wanted))["orders"]]

    async def orders(self):
        start = since().isoformat()
        found = await self.ask("Order/search", **self.mine, startTimestamp=start)
        return [order_row(each) for each in found["orders"]]

    async def trades(self):
        start = since().isoformat()
        found = await self.ask("Trade/search", **self.mine, startTimestamp=start)
        names = ("orderId", "size", "price", "profitAndLoss")
        return [[each[name] for name in names] for each in found["trades"]]

    async def positions(self):
        return [
            each["size"]
            for each in (await self.ask("Position/searchOpen", **self.mine))["positions"]
        ]


def order_row(each):
    names = ("id", "type", "side", "size", "status", "fillVolume", "limitPrice", "stopPrice")
    return [*(each[name] for name in names), each["filledPrice"]]


async def scene(address, user, key, contract):
    client = Client(address, contract)
    await client.log_in(user, key)
    try:
        return await play(client)
    finally:
        for hub in client.hubs:
            await asyncio.to_thread(hub.stop)


run(scene)
