"""How long does a client of the twin wait for an order's answer, and for its fill's event, while
the market floods?

Unit: milliseconds on the wall, 50th and 99th percentile of 300 market orders, one after the other,
over real sockets; the twin in a process of its own. Beside each order a ping is timed, which does
nothing: what it waits is the machine's, httpx's and uvicorn's, and the ratio is the twin's own.
Data: a calm market, and one of 5 000 quotes a second told to ten clients. Then: how many quotes a
second reached a client (the rest were conflated), and how old they were on the wall when they came.
"""

import asyncio
import json
import time
from datetime import datetime

import httpx
import numpy as np
from timing import machine, milliseconds
from twin_process import KEY, USER, twin_process
from websockets.asyncio.client import connect

ORDERS, CLIENTS = 300, 10
END = "\x1e"


async def measure(quotes_a_second, clients):
    async with twin_process(quotes_a_second) as url:
        return await trade(url, clients)


async def trade(url, clients):
    async with httpx.AsyncClient(base_url=url) as http:
        login = {"userName": USER, "apiKey": KEY}
        token = (await http.post("/api/Auth/loginKey", json=login)).json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        [contract] = (await http.post("/api/Contract/available", json={"live": False})).json()[
            "contracts"
        ]
        ages = []
        listening = [
            asyncio.create_task(listen(url, token, contract["id"], ages if n == 0 else None))
            for n in range(clients)
        ]
        filled = {}
        hearing = asyncio.create_task(hear(url, token, filled))
        await asyncio.sleep(0.5)
        ages.clear()
        answers, pings, began = [], [], time.perf_counter()
        sent = {}
        order = {"accountId": 1001, "contractId": contract["id"], "type": 2, "size": 1}
        for n in range(ORDERS):
            at = time.perf_counter()
            await http.get("/api/Status/ping")
            pings.append(time.perf_counter() - at)
            at = time.perf_counter()
            answer = await http.post("/api/Order/place", json={**order, "side": n % 2})
            answers.append(time.perf_counter() - at)
            sent[answer.json()["orderId"]] = at
        lasted = time.perf_counter() - began
        await asyncio.sleep(0.3)
        for task in (*listening, hearing):
            task.cancel()
        await asyncio.gather(*listening, hearing, return_exceptions=True)
        events = [filled[number] - at for number, at in sent.items() if number in filled]
        assert len(events) == ORDERS, "an order event was lost"
        return pings, answers, events, len(ages) / lasted, ages


async def listen(url, token, contract, ages):
    there = f"{url.replace('http', 'ws')}/hubs/market?access_token={token}"
    async with connect(there) as socket:
        await socket.send('{"protocol":"json","version":1}' + END)
        call = {"type": 1, "target": "SubscribeContractQuotes", "arguments": [contract]}
        await socket.send(json.dumps(call) + END)
        async for text in socket:
            if ages is not None and "GatewayQuote" in text:
                stamp = text.rpartition('"timestamp":"')[2].partition('"')[0]
                ages.append(time.time() - datetime.fromisoformat(stamp).timestamp())


async def hear(url, token, filled):
    there = f"{url.replace('http', 'ws')}/hubs/user?access_token={token}"
    async with connect(there) as socket:
        await socket.send('{"protocol":"json","version":1}' + END)
        await socket.send('{"type":1,"target":"SubscribeOrders","arguments":[1001]}' + END)
        async for message in socket:
            for text in message.split(END)[:-1]:
                record = json.loads(text)
                if record.get("target") == "GatewayUserOrder":
                    data = record["arguments"][0]["data"]
                    if data["status"] == 2:
                        filled[data["id"]] = time.perf_counter()


def main():
    print(machine())
    for name, rate, clients in (("calm", 10, 1), ("flood", 5_000, CLIENTS)):
        pings, answers, events, told, ages = asyncio.run(measure(rate, clients))
        ratio = float(np.median(answers) / np.median(pings))
        print(f"{name}: a ping    {milliseconds(pings)}")
        print(f"{name}: an answer {milliseconds(answers)}, {ratio:.1f} times a ping")
        print(f"{name}: an event  {milliseconds(events)}")
        print(f"{name}: {told:.0f} quotes a second told, {milliseconds(ages)} old")


if __name__ == "__main__":
    main()
