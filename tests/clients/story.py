"""What every client goes through at the twin, whoever wrote it: the same acts, the same market.

Standard library only: it is imported by scripts that run in environments without Dryfill. Prices
are as users write them; ids and statuses are the gateway's (9001 is the first order, 8 a bracket's
child that waits).

The market stands still until `go` asks for it: the script prints `{"go": milliseconds}` and waits
for a line; whoever started it moves the market and answers. Its last line is `{"saw": ...}`.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

BUY, SELL = 0, 1
LIMIT, MARKET, STOP, TRAILING_STOP, JOIN_BID, JOIN_ASK = 1, 2, 4, 5, 6, 7
OPEN, FILLED, CANCELLED, SUSPENDED = 1, 2, 3, 8
STREAMS = ("account", "order", "position", "trade", "quote", "tape", "depth")
PATIENCE_S = 15


class Heard:
    """What the hubs told, by stream, in the order in which the client handed it on."""

    def __init__(self):
        self.told = {stream: [] for stream in STREAMS}

    def account(self, balance):
        self.told["account"].append(float(balance))

    def order(self, number, status, filled):
        self.told["order"].append([number, int(status), filled])

    def position(self, kind, size, price):
        self.told["position"].append([int(kind), size, float(price)])

    def trade(self, order, size, price, profit):
        profit = None if profit is None else float(profit)
        self.told["trade"].append([order, size, float(price), profit])

    def quote(self, bid, ask):
        self.told["quote"].append([float(bid), float(ask)])

    def tape(self, price, size):
        self.told["tape"].append([float(price), int(size)])

    def depth(self, price, size):
        self.told["depth"].append([float(price), int(size)])

    async def until(self, stream, *wanted):
        """Wait until all of this was told; an order's is `[id, status, filled]`."""
        await until(lambda: all(each in self.told[stream] for each in wanted), self.told)


async def until(true, shown=None):
    """Wait until something is true. Raises `TimeoutError` that says what there was instead."""
    left = PATIENCE_S
    while not true():
        if left <= 0:
            raise TimeoutError(f"it did not come: {json.dumps(shown, default=str)}")
        await asyncio.sleep(0.01)
        left -= 0.01


async def go(ms):
    """Let the market go on to a moment."""
    print(json.dumps({"go": ms}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def since():
    """A day ago: before all that happens here."""
    return datetime.now(UTC) - timedelta(days=1)


def later():
    """After all that happens here."""
    return datetime.now(UTC) + timedelta(hours=1)


async def play(client):
    """Everything, from the market data to a flat position; what the client saw."""
    heard, saw = client.heard, {}
    saw["token"] = await client.refresh()
    saw["accounts"] = await client.accounts()
    saw["contracts"] = await client.contracts("mnq")
    saw["contract"] = await client.contract()
    saw["available"] = await client.available()
    saw["closes"] = await client.closes()
    await client.listen()
    await until(lambda: heard.told["quote"], heard.told)
    await take_and_rest(client, heard, saw)
    await stops(client, heard, saw)
    await joins(client, saw)
    await (bracket if client.native_brackets else linked)(client, heard, saw)
    await close(client, heard, saw)
    saw["orders"] = await client.orders()
    saw["trades"] = await client.trades()
    saw["positions"] = await client.positions()
    saw["heard"] = heard.told
    return saw


async def take_and_rest(client, heard, saw):
    """A market order; a limit order that is changed, filled in part and cancelled."""
    await client.place(MARKET, BUY, 2)
    await heard.until("order", [9001, FILLED, 2])
    await heard.until("position", [1, 2, 20000.25])
    number = await client.place(LIMIT, BUY, 3, limit=19997.5, tag="story-rests")
    await client.modify(number, size=4, limit=19998.0)
    await go(1000)
    await heard.until("order", [9002, OPEN, 1])
    saw["partly filled"] = await client.open_orders()
    await client.cancel(number)
    await heard.until("order", [9002, CANCELLED, 1])


async def stops(client, heard, saw):
    """A stop closes two of three, a trailing stop the last one."""
    await client.place(STOP, SELL, 2, stop=19995.0)
    await go(2000)
    await heard.until("order", [9003, FILLED, 2])
    await client.place(TRAILING_STOP, SELL, 1, trail=19984.5)
    await go(3000)
    saw["trailing"] = await client.open_orders()
    await go(4000)
    await heard.until("order", [9004, FILLED, 1])
    await heard.until("position", [1, 0, 19998.0])


async def joins(client, saw):
    """An order at the best bid and one at the best ask."""
    numbers = [await client.place(JOIN_BID, BUY, 1), await client.place(JOIN_ASK, SELL, 1)]
    saw["joined"] = await client.open_orders()
    for number in numbers:
        await client.cancel(number)


async def bracket(client, heard, saw):
    """An entry with a stop and a target of the gateway's; the stop is moved, the target filled."""
    await client.place(LIMIT, BUY, 2, limit=19992.5, stop_ticks=-40, target_ticks=20)
    await heard.until("order", [9008, SUSPENDED, 0], [9009, SUSPENDED, 0])
    saw["waiting"] = await client.waiting()
    saw["entry"] = await client.open_orders()
    await go(5000)
    await heard.until("order", [9008, OPEN, 0], [9009, OPEN, 0])
    await client.modify(9008, stop=19985.0)
    saw["children"] = await client.open_orders()
    await go(6000)
    await heard.until("order", [9009, FILLED, 2], [9008, CANCELLED, 0])


async def linked(client, heard, saw):
    """The same by hand, as clients of 2025 did it: the target names the stop that it belongs to."""
    await client.place(LIMIT, BUY, 2, limit=19992.5)
    await go(5000)
    await heard.until("order", [9007, FILLED, 2])
    stop = await client.place(STOP, SELL, 2, stop=19982.5)
    await client.place(LIMIT, SELL, 2, limit=19997.5, linked=stop)
    await client.modify(stop, stop=19985.0)
    saw["children"] = await client.open_orders()
    await go(6000)
    await heard.until("order", [9009, FILLED, 2], [9008, CANCELLED, 0])


async def close(client, heard, saw):
    """A short position is closed in two steps."""
    await client.place(MARKET, SELL, 3)
    await heard.until("position", [2, 3, 19998.75])
    saw["partly closed"] = await client.partial_close(1)
    await heard.until("position", [2, 2, 19998.75])
    await client.close()
    await heard.until("position", [2, 0, 19998.75])
    await heard.until("account", 49982.08)
    await heard.until("tape", [19998.75, 9])
    await heard.until("quote", [19998.75, 19999.0])
    await heard.until("depth", [19999.0, 7])


def run(scene):
    """Play a scene in a loop of its own, with the arguments of the script; print what it saw."""
    print(json.dumps({"saw": asyncio.run(scene(*sys.argv[1:]))}), flush=True)
