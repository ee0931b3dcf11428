"""What project-x-py sees of the twin: the 4.4 of today's gateway, and the 3.3 of 2025's.

usage: python with_project_x_py.py ADDRESS USER KEY CONTRACT [unsigned]

`unsigned`: the bracket is placed by its own place_bracket_order, which sends ticks without a sign.
"""

import asyncio
from inspect import signature

from project_x_py import ProjectX, ProjectXRealtimeClient
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXError
from project_x_py.models import ProjectXConfig
from project_x_py.order_manager import OrderManager
from project_x_py.position_manager import PositionManager
from story import BUY, LIMIT, MARKET, STOP, Heard, later, play, run, since


class Client:
    """Its calls under the story's names; 3.3 has fewer."""

    native_brackets = "stop_loss_bracket" in signature(OrderManager.place_order).parameters

    def __init__(self, api, config, contract, unsigned):
        self.api, self.config, self.contract_id = api, config, contract
        self.unsigned = unsigned
        self.heard = Heard()

    async def refresh(self):
        """3.3 has no call for it; it logs in again."""
        await self.api.authenticate()
        old = self.api.get_session_token()
        renew = getattr(self.api, "validate_session", self.api.authenticate)
        await renew()
        return self.api.get_session_token() != old

    async def accounts(self):
        return [[each.id, each.name, each.balance] for each in await self.api.list_accounts()]

    async def contracts(self, text):
        return [each.id for each in await self.api.search_instruments(text)]

    async def contract(self):
        found = await self.api.get_instrument("MNQ")
        return [found.name, found.tickSize, found.tickValue]

    async def available(self):
        if not hasattr(self.api, "list_available_contracts"):
            return None
        return [each.id for each in await self.api.list_available_contracts()]

    async def closes(self):
        """3.3 cannot read a time with an offset, which is what the gateway sends (its issue 70)."""
        try:
            bars = await self.api.get_bars(
                "MNQ", interval=1, unit=2, partial=False, start_time=since(), end_time=later()
            )
        except ProjectXError as error:
            return [str(error).splitlines()[0]]
        return bars["close"].to_list()[::-1]

    async def listen(self):
        account = self.api.get_account_info().id
        self.hubs = ProjectXRealtimeClient(
            self.api.get_session_token(), str(account), config=self.config
        )
        for event, handler in (
            ("account_update", self.heard_account), ("order_update", self.heard_order),
            ("position_update", self.heard_position), ("trade_execution", self.heard_trade),
            ("quote_update", self.heard_quote), ("market_trade", self.heard_tape),
            ("market_depth", self.heard_depth),
        ):  # fmt: skip
            await self.hubs.add_callback(event, handler)
        bus = EventBus()
        self.desk, self.held = OrderManager(self.api, bus), PositionManager(self.api, bus)
        # 3.3 sets an event of asyncio's from a thread of signalrcore's, which wakes nobody: it
        # connects in a loop that has something else to do.
        self.ticking = asyncio.create_task(ticking())
        assert await self.hubs.connect()
        assert await self.hubs.subscribe_user_updates()
        assert await self.hubs.subscribe_market_data([self.contract_id])
        assert await self.desk.initialize(self.hubs)
        assert await self.held.initialize(self.hubs)

    async def hang_up(self):
        await self.desk.cleanup()
        await self.held.cleanup()
        await self.hubs.disconnect()
        self.ticking.cancel()

    def heard_account(self, told):
        self.heard.account(model(told)["balance"])

    def heard_order(self, told):
        self.heard.order(*picked(told, "id", "status", "fillVolume"))

    def heard_position(self, told):
        self.heard.position(*picked(told, "type", "size", "averagePrice"))

    def heard_trade(self, told):
        self.heard.trade(*picked(told, "orderId", "size", "price", "profitAndLoss"))

    def heard_quote(self, told):
        self.heard.quote(told["data"]["bestBid"], told["data"]["bestAsk"])

    def heard_tape(self, told):
        [each] = told["data"]
        self.heard.tape(each["price"], each["volume"])

    def heard_depth(self, told):
        [each] = told["data"]
        self.heard.depth(each["price"], each["volume"])

    async def place(
        self, kind, side, size, *, tag=None, stop_ticks=None, target_ticks=None, linked=None, **at
    ):
        legs = {}
        if stop_ticks and self.unsigned:
            return await self.bracket(side, size, at["limit"], stop_ticks, target_ticks)
        if stop_ticks:
            legs["stop_loss_bracket"] = {"ticks": stop_ticks, "type": STOP}
        if target_ticks:
            legs["take_profit_bracket"] = {"ticks": target_ticks, "type": LIMIT}
        placed = await self.desk.place_order(
            self.contract_id, kind, side, size, custom_tag=tag, limit_price=at.get("limit"),
            stop_price=at.get("stop"), trail_price=at.get("trail"), linked_order_id=linked,
            **legs,
        )  # fmt: skip
        return placed.orderId

    async def bracket(self, side, size, entry, stop_ticks, target_ticks):
        """It finds the children by itself once they are open; they wait here, and it gives None."""
        placed = await self.desk.place_bracket_order(
            self.contract_id, side, size, entry, entry + 0.25 * stop_ticks,
            entry + 0.25 * target_ticks,
        )  # fmt: skip
        assert (placed.success, placed.stop_order_id) == (True, None)
        return placed.entry_order_id

    async def modify(self, number, *, size=None, limit=None, stop=None):
        assert await self.desk.modify_order(number, size=size, limit_price=limit, stop_price=stop)

    async def cancel(self, number):
        assert await self.desk.cancel_order(number)

    async def partial_close(self, size):
        """3.3 names the size as no gateway does (protocol D5); there it buys."""
        closed = await self.held.partially_close_position(self.contract_id, size)
        if not closed["success"]:
            await self.place(MARKET, BUY, size)
        return closed["success"]

    async def close(self):
        closed = await self.held.close_position_direct(self.contract_id)
        assert closed["success"], closed

    async def open_orders(self):
        return [order_row(each) for each in await self.desk.search_open_orders()]

    async def waiting(self):
        if not hasattr(self.desk, "query_orders"):
            return None
        return [each.id for each in await self.desk.query_orders(statuses=[8])]

    async def orders(self):
        if not hasattr(self.desk, "search_orders"):
            return None
        return [order_row(each) for each in await self.desk.search_orders(start_timestamp=since())]

    async def trades(self):
        """3.3 asks at an address that no gateway has."""
        try:
            found = await self.api.search_trades(start_date=since(), end_date=later())
        except ProjectXError as error:
            return [str(error)]
        return [[each.orderId, each.size, each.price, each.profitAndLoss] for each in found]

    async def positions(self):
        return [each.size for each in await self.api.search_open_positions()]


def model(told):
    """An event as it hands it on: wrapped in an action, in a list with 3.3's signalrcore."""
    told = told[0] if isinstance(told, list) else told
    return told["data"]


def picked(told, *names):
    return [model(told)[name] for name in names]


def order_row(each):
    return [
        each.id, each.type, each.side, each.size, each.status, each.fillVolume, each.limitPrice,
        each.stopPrice, each.filledPrice,
    ]  # fmt: skip


async def ticking():
    while True:
        await asyncio.sleep(0.02)


async def scene(address, user, key, contract, *asked):
    config = ProjectXConfig(
        api_url=f"{address}/api", user_hub_url=f"{address}/hubs/user",
        market_hub_url=f"{address}/hubs/market", requests_per_minute=200,
    )  # fmt: skip
    async with ProjectX(user, key, config) as api:
        client = Client(api, config, contract, asked == ("unsigned",))
        try:
            return await play(client)
        finally:
            await client.hang_up()


run(scene)
