"""What does the live adapter cost above the libraries under it, and how soon does a stop follow its
fill?

Unit: milliseconds on the wall over real sockets, the twin in a process of its own; 50th and 99th
percentile. In turns with the adapter a bare client does the same, a POST by httpx and a hub by
websockets, both with the JSON read: the ratio of the medians is the adapter's. A *frame* is a text
as the carrier hands it over. Data: a calm market, and one of 5 000 quotes a second which the
adapter's strategy reads as well.
"""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from random import Random

import httpx
import numpy as np
from pydantic import SecretStr
from timing import machine, milliseconds
from twin_process import KEY, MNQ, USER, twin_process
from websockets.asyncio.client import connect

from dryfill.live.hubs.carrier import dialler
from dryfill.live.rest.rate_budget import RateLimits
from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.trading.desk import Desk
from dryfill.trading.market import Channel
from dryfill.trading.order import Buy, ExecutionReport, OrderRequest
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdType, Side

ORDERS, BRACKETS = 300, 200
END = "\x1e"
UNLIMITED = RateLimits(general=10**9, history=10**9)


class Watch:
    """When frames came and requests left, by what is in them."""

    def __init__(self):
        self.frames = []  # moment and text, of the user hub
        self.stops = []  # moments at which a stop was handed to the transport
        self._dial = dialler("websockets")
        self._transport = httpx.AsyncHTTPTransport()

    async def dial(self, url):
        link = await self._dial(url)
        if "/hubs/user" not in url:
            return link
        receive = link.receive

        async def received():
            text = await receive()
            self.frames.append((time.perf_counter(), text))
            return text

        link.receive = received
        return link

    async def handle_async_request(self, request):
        if request.url.path.endswith("/Order/place") and b'"type":4' in request.content:
            self.stops.append(time.perf_counter())
        return await self._transport.handle_async_request(request)

    async def aclose(self):
        await self._transport.aclose()


class Transport(httpx.AsyncBaseTransport):
    """httpx wants a class of its own."""

    def __init__(self, watch):
        self.handle_async_request = watch.handle_async_request
        self.aclose = watch.aclose


@asynccontextmanager
async def trading(url, watch):
    """A session at the twin and its broker; stops and targets are the manager's own."""
    settings = LiveSettings.load(
        rest=url, hubs=url, user_name=USER, api_key=SecretStr(KEY), auto_oco=False
    )
    async with await ProjectXSession.open(
        settings,
        now_ns=time.time_ns,
        random=Random(1),
        transport=Transport(watch),
        dial=watch.dial,
        limits=UNLIMITED,
    ) as session:
        yield session, await session.broker(None)


async def orders(url, flood):
    """Place market orders by the adapter and by hand, in turns."""
    watch = Watch()
    async with trading(url, watch) as (session, broker), httpx.AsyncClient(base_url=url) as http:
        instrument = await session.market.find(MNQ.symbol)
        if flood:
            await session.market.subscribe(instrument, Channel.QUOTES, lambda quote: None)
        filled, by_hand = {}, {}
        broker.listen(lambda event: fill(event, filled))
        hearing = asyncio.create_task(hear(url, session.login.token, by_hand))
        await asyncio.sleep(1.0)
        http.headers["Authorization"] = f"Bearer {session.login.token}"
        contract = session.contracts.id_of(instrument)
        body = {"accountId": 1001, "contractId": contract, "type": 2, "size": 1}
        took = {"adapter": [], "raw": []}
        sent = {"adapter": {}, "raw": {}}
        for n in range(ORDERS):
            request = OrderRequest(
                cl_ord_id=f"bench-{n}",
                instrument=instrument,
                side=(Side.BUY, Side.SELL)[n % 2],
                ord_type=OrdType.MARKET,
                order_qty=1,
            )
            at = time.perf_counter()
            ack = await broker.place(request)
            took["adapter"].append(time.perf_counter() - at)
            sent["adapter"][ack.order_id] = at
            at = time.perf_counter()
            answer = (await http.post("/api/Order/place", json={**body, "side": 1 - n % 2})).json()
            took["raw"].append(time.perf_counter() - at)
            sent["raw"][str(answer["orderId"])] = at
        await asyncio.sleep(0.3)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        framed = first_frames(watch.frames)
        return {
            "place": took,
            "event": {
                "adapter": [filled[i] - at for i, at in sent["adapter"].items()],
                "raw": [by_hand[i] - at for i, at in sent["raw"].items()],
            },
            "handled": [filled[i] - framed[i] for i in sent["adapter"]],
        }


def fill(event, filled):
    if isinstance(event, ExecutionReport) and event.exec_type is ExecType.TRADE:
        filled.setdefault(event.order.order_id, time.perf_counter())


def first_frames(frames):
    """By order, when the frame with its fill came."""
    found = {}
    for at, text in frames:
        for part in text.split(END)[:-1]:
            record = json.loads(part)
            if record.get("target") == "GatewayUserTrade":
                found.setdefault(str(record["arguments"][0]["data"]["orderId"]), at)
    return found


async def hear(url, token, filled):
    """The bare client of the user hub."""
    there = f"{url.replace('http', 'ws')}/hubs/user?access_token={token}"
    async with connect(there) as socket:
        await socket.send('{"protocol":"json","version":1}' + END)
        await socket.send('{"type":1,"target":"SubscribeTrades","arguments":[1001]}' + END)
        async for message in socket:
            for text in message.split(END)[:-1]:
                record = json.loads(text)
                if record.get("target") == "GatewayUserTrade":
                    number = str(record["arguments"][0]["data"]["orderId"])
                    filled.setdefault(number, time.perf_counter())


async def brackets(url, flood):
    """From the frame with an entry's fill to the POST of its stop, by the order manager."""
    watch = Watch()
    async with trading(url, watch) as (session, broker):
        instrument = await session.market.find(MNQ.symbol)
        desk = Desk(session.market, broker, instrument, now_ns=time.time_ns, random=Random(1))
        await desk.open()
        if flood:
            await desk.subscribe_quotes()
        took = []
        for n in range(BRACKETS):
            watch.stops.clear()
            watch.frames.clear()
            bracket = await desk.bracket(Buy(1), stop=Ticks(400))
            assert (await bracket.protected(5)).ok, n
            took.append(watch.stops[0] - min(first_frames(watch.frames).values()))
            await desk.flatten(reason="the next one")
        desk.close()
        desk.manager.close()
        return took


async def both(rate, flood):
    async with twin_process(rate) as url:
        found = await orders(url, flood)
    async with twin_process(rate) as url:
        return found, await brackets(url, flood)


def main():
    print(machine())
    for name, rate in (("calm", 10), ("flood", 5_000)):
        found, stops = asyncio.run(both(rate, flood=name == "flood"))
        for what, text in (("place", "place to answer"), ("event", "place to event")):
            ours, raw = found[what]["adapter"], found[what]["raw"]
            ratio = float(np.median(ours) / np.median(raw))
            print(f"{name}: {text}, bare       {milliseconds(raw)}")
            print(f"{name}: {text}, adapter    {milliseconds(ours)}, {ratio:.2f} times")
        print(f"{name}: fill frame to handler      {milliseconds(found['handled'])}")
        print(f"{name}: fill frame to stop's POST  {milliseconds(stops)}")


if __name__ == "__main__":
    main()
