"""One bracket of project-x-py's own, as its users place it; what it says of it, and when.

usage: python bracket_with_project_x_py.py ADDRESS USER KEY CONTRACT ENTRY

ENTRY: `limit` at 20000.25, or `market`. Two contracts are bought, with a stop ten points under and
a target twenty over. Prints one line of JSON.
"""

import asyncio
import json
import logging
import sys
import time

from project_x_py import ProjectX, ProjectXRealtimeClient
from project_x_py.event_bus import EventBus
from project_x_py.models import ProjectXConfig
from project_x_py.order_manager import OrderManager

BUY, PRICE, STOP, TARGET = 0, 20000.25, 19990.25, 20020.25


async def ticking():
    """Older ones set an event of asyncio's from another thread, which wakes nobody by itself."""
    while True:
        await asyncio.sleep(0.02)


async def scene(address, user, key, contract, entry):
    config = ProjectXConfig(
        api_url=f"{address}/api", user_hub_url=f"{address}/hubs/user",
        market_hub_url=f"{address}/hubs/market", requests_per_minute=200,
    )  # fmt: skip
    async with ProjectX(user, key, config) as api:
        await api.authenticate()
        account = api.get_account_info().id
        hubs = ProjectXRealtimeClient(api.get_session_token(), str(account), config=config)
        desk = OrderManager(api, EventBus())
        busy = asyncio.create_task(ticking())
        assert await hubs.connect()
        assert await hubs.subscribe_user_updates()
        assert await desk.initialize(hubs)
        print(json.dumps({"ready": True}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began_s = time.monotonic()
        try:
            price = PRICE if entry == "limit" else None
            said = await desk.place_bracket_order(
                contract, BUY, 2, price, STOP, TARGET, entry_type=entry
            )
            said = f"success={said.success}, stop {said.stop_order_id}"
        except Exception as error:  # noqa: BLE001  whatever it says is what it says
            said = f"{type(error).__name__}: {error}"
        took_s = time.monotonic() - began_s
        print(json.dumps({"said": said, "took_s": round(took_s, 1)}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        busy.cancel()
        await hubs.disconnect()


logging.disable(logging.CRITICAL)
asyncio.run(scene(*sys.argv[1:]))
