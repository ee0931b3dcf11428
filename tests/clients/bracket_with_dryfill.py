"""The bracket of `bracket_with_project_x_py.py`, by Dryfill's order manager through the adapter.

usage: python bracket_with_dryfill.py ADDRESS USER KEY CONTRACT ENTRY
"""

import asyncio
import json
import sys
import time
from random import Random

from pydantic import SecretStr

from dryfill import Buy, Ticks
from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.trading.desk import Desk


async def scene(address, user, key, contract, entry):
    live = LiveSettings.load(
        rest=address, hubs=address, user_name=user, api_key=SecretStr(key), auto_oco=False
    )
    given = {"now_ns": time.time_ns, "random": Random(1)}
    async with await ProjectXSession.open(live, **given) as session:
        broker = await session.broker()
        desk = Desk(session.market, broker, await session.market.find("MNQ"), **given)
        await desk.open()
        print(json.dumps({"ready": True}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began_s = time.monotonic()
        wanted = Buy(2, limit="20000.25" if entry == "limit" else None)
        bracket = await desk.bracket(wanted, stop=Ticks(40), target=Ticks(80))
        outcome = await bracket.protected(60)
        took_s = time.monotonic() - began_s
        said = "protected" if outcome.ok else str(outcome)
        print(json.dumps({"said": said, "took_s": round(took_s, 1)}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        desk.close()
        desk.manager.close()


asyncio.run(scene(*sys.argv[1:]))
