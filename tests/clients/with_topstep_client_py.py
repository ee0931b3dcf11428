"""What topstep-client-py sees of the twin.

usage: python with_topstep_client_py.py ADDRESS USER KEY CONTRACT
"""

from pydantic import ValidationError
from story import Heard, later, play, run, since, until
from topstep import MarketHub, TopstepClient, UserHub
from topstep.models import BarUnit, Bracket, OrderType, PlaceOrderRequest


class Client:
    """Its calls under the story's names."""

    native_brackets = True

    def __init__(self, api, address, contract):
        self.api, self.address, self.contract_id = api, address, contract
        self.heard = Heard()

    async def refresh(self):
        old = self.api.token
        await self.api.refresh_token()
        return self.api.token != old

    async def accounts(self):
        found = await self.api.accounts.search()
        self.account = found[0].id
        return [[each.id, each.name, each.balance] for each in found]

    async def contracts(self, text):
        return [each.id for each in await self.api.contracts.search(text)]

    async def contract(self):
        found = await self.api.contracts.search_by_id(self.contract_id)
        return [found.name, found.tick_size, found.tick_value]

    async def available(self):
        return [each.id for each in await self.api.contracts.available()]

    async def closes(self):
        bars = await self.api.history.retrieve_bars(
            self.contract_id, since(), later(), BarUnit.MINUTE
        )
        return [bar.close for bar in bars]

    async def listen(self):
        """Both hubs, at the twin's address: the client's own `user` and `market` know one alone."""
        self.user = UserHub(self.api.token, f"{self.address}/hubs/user")
        self.market = MarketHub(self.api.token, f"{self.address}/hubs/market")
        heard = self.heard
        self.user.on_account(lambda told: heard.account(model(told)["balance"]))
        self.user.on_order(lambda told: heard.order(*picked(told, "id", "status", "fillVolume")))
        self.user.on_position(
            lambda told: heard.position(*picked(told, "type", "size", "averagePrice"))
        )
        self.user.on_trade(
            lambda told: heard.trade(*picked(told, "orderId", "size", "price", "profitAndLoss"))
        )
        self.market.on_quote(lambda told: heard.quote(told[1]["bestBid"], told[1]["bestAsk"]))
        self.market.on_trade(
            lambda told: [heard.tape(each["price"], each["volume"]) for each in told[1]]
        )
        self.market.on_depth(
            lambda told: [heard.depth(each["price"], each["volume"]) for each in told[1]]
        )
        # connect() returns before the handshake is sent, from another thread; a subscription that
        # overtakes it would end the connection, here and at any SignalR server.
        opened = []
        self.user.on_open(lambda: opened.append("user"))
        self.market.on_open(lambda: opened.append("market"))
        await self.user.connect()
        await self.market.connect()
        await until(lambda: len(opened) == 2, opened)
        await self.user.subscribe_all(self.account)
        await self.market.subscribe_all(self.contract_id)

    async def hang_up(self):
        await self.user.stop()
        await self.market.stop()

    async def place(self, kind, side, size, *, tag=None, stop_ticks=None, target_ticks=None, **at):
        request = PlaceOrderRequest(
            accountId=self.account,
            contractId=self.contract_id,
            type=OrderType(kind),
            side=side,
            size=size,
            limitPrice=at.get("limit"),
            stopPrice=at.get("stop"),
            trailPrice=at.get("trail"),
            customTag=tag,
            stopLossBracket=stop_ticks and Bracket(ticks=stop_ticks, type=OrderType.STOP),
            takeProfitBracket=target_ticks and Bracket(ticks=target_ticks, type=OrderType.LIMIT),
        )
        return await self.api.orders.place(request)

    async def modify(self, number, *, size=None, limit=None, stop=None):
        await self.api.orders.modify(
            self.account, number, size=size, limit_price=limit, stop_price=stop
        )

    async def cancel(self, number):
        await self.api.orders.cancel(self.account, number)

    async def partial_close(self, size):
        await self.api.positions.partial_close(self.account, self.contract_id, size)
        return True

    async def close(self):
        await self.api.positions.close(self.account, self.contract_id)

    async def open_orders(self):
        return [order_row(each) for each in await self.api.orders.search_open(self.account)]

    async def waiting(self):
        """Its model of an order knows no status above 6: it refuses the whole answer."""
        try:
            await self.api.orders.search(self.account, since())
        except ValidationError as error:
            return [repr(each["input"]) for each in error.errors()]
        return []

    async def orders(self):
        return [order_row(each) for each in await self.api.orders.search(self.account, since())]

    async def trades(self):
        found = await self.api.trades.search(self.account, since())
        return [[each.order_id, each.size, each.price, each.profit_and_loss] for each in found]

    async def positions(self):
        return [each.size for each in await self.api.positions.search_open(self.account)]


def model(told):
    """An event as it hands it on: the list of arguments, each wrapped in an action."""
    return told[0]["data"]


def picked(told, *names):
    return [model(told)[name] for name in names]


def order_row(each):
    return [
        each.id, int(each.type), int(each.side), each.size, int(each.status), each.fill_volume,
        each.limit_price, each.stop_price, each.filled_price,
    ]  # fmt: skip


async def scene(address, user, key, contract):
    async with await TopstepClient.create(user, key, base_url=address) as api:
        client = Client(api, address, contract)
        try:
            return await play(client)
        finally:
            await client.hang_up()


run(scene)
