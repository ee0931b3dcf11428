"""What topstep-sdk sees of the twin.

usage: python with_topstep_sdk.py ADDRESS USER KEY CONTRACT
"""

from story import Heard, later, play, run, since
from topstep_sdk import AsyncTopstepClient
from topstep_sdk.config import Config
from topstep_sdk.enums import AggregateBarUnit, OrderStatus, OrderType
from topstep_sdk.models.order import PlaceOrderBracket


class Client:
    """Its calls under the story's names."""

    native_brackets = True

    def __init__(self, api, contract):
        self.api, self.contract_id = api, contract
        self.heard = Heard()

    async def refresh(self):
        await self.api.authenticate()
        old = self.api.http.token
        return await self.api.validate() != old

    async def accounts(self):
        found = await self.api.accounts.search()
        self.account = found[0].id
        return [[each.id, each.name, float(each.balance)] for each in found]

    async def contracts(self, text):
        return [each.id for each in await self.api.contracts.search(text)]

    async def contract(self):
        found = await self.api.contracts.search_by_id(self.contract_id)
        return [found.name, float(found.tick_size), float(found.tick_value)]

    async def available(self):
        return [each.id for each in await self.api.contracts.available()]

    async def closes(self):
        bars = await self.api.history.retrieve_bars(
            self.contract_id, unit=AggregateBarUnit.MINUTE, unit_number=1,
            start_time=since(), end_time=later(),
        )  # fmt: skip
        return [float(bar.close) for bar in bars]

    async def listen(self):
        self.user, self.market, heard = self.api.user_hub(), self.api.market_hub(), self.heard
        self.user.on_account(lambda each: heard.account(each.balance))
        self.user.on_order(lambda each: heard.order(each.id, each.status, each.fill_volume))
        self.user.on_position(lambda each: heard.position(each.type, each.size, each.average_price))
        self.user.on_trade(
            lambda each: heard.trade(each.order_id, each.size, each.price, each.profit_and_loss)
        )
        self.market.on_quote(lambda _, each: heard.quote(each.best_bid, each.best_ask))
        self.market.on_trade(lambda _, each: heard.tape(each.price, each.volume))
        self.market.on_depth(lambda _, each: heard.depth(each.price, each.volume))
        await self.user.start()
        await self.market.start()
        await self.user.subscribe_accounts()
        await self.user.subscribe_orders(self.account)
        await self.user.subscribe_positions(self.account)
        await self.user.subscribe_trades(self.account)
        await self.market.subscribe_quotes(self.contract_id)
        await self.market.subscribe_trades(self.contract_id)
        await self.market.subscribe_depth(self.contract_id)

    async def hang_up(self):
        await self.user.stop()
        await self.market.stop()

    async def place(self, kind, side, size, *, tag=None, stop_ticks=None, target_ticks=None, **at):
        legs = {}
        if stop_ticks:
            legs["stop_loss_bracket"] = PlaceOrderBracket(ticks=stop_ticks, type=OrderType.STOP)
        if target_ticks:  # unsigned: it knows the sign that the gateway wants
            legs["take_profit_ticks"] = abs(target_ticks)
        return await self.api.orders.place(
            self.account, self.contract_id, side=side, type=kind, size=size, custom_tag=tag,
            limit_price=at.get("limit"), stop_price=at.get("stop"), trail_price=at.get("trail"),
            **legs,
        )  # fmt: skip

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
        found = await self.api.orders.query(self.account, statuses=[OrderStatus(8)])
        return [each.id for each in found.orders]

    async def orders(self):
        found = await self.api.orders.search(self.account, start_timestamp=since())
        return [order_row(each) for each in found]

    async def trades(self):
        found = await self.api.trades.search(self.account, start_timestamp=since())
        return [
            [each.order_id, each.size, float(each.price), number(each.profit_and_loss)]
            for each in found
        ]

    async def positions(self):
        return [each.size for each in await self.api.positions.search_open(self.account)]


def number(value):
    return None if value is None else float(value)


def order_row(each):
    return [
        each.id, int(each.type), int(each.side), each.size, int(each.status), each.fill_volume,
        number(each.limit_price), number(each.stop_price), number(each.filled_price),
    ]  # fmt: skip


async def scene(address, user, key, contract):
    hubs = {
        name: f"{address}/hubs/{name.split('_')[0]}" for name in ("user_hub_url", "market_hub_url")
    }
    config = Config(user, key, rest_base_url=address, **hubs)
    async with AsyncTopstepClient(config) as api:
        client = Client(api, contract)
        try:
            return await play(client)
        finally:
            await client.hang_up()


run(scene)
