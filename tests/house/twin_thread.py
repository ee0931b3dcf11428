"""A gateway on real sockets in a thread of its own, for tests of what runs its own loop."""

import asyncio
import threading
from contextlib import contextmanager

import httpx
from twin_world import CONTRACT, KEY

from dryfill.sim.gateway.serve import running_gateway


class TwinThread:
    """`running`: the gateway; `do(f)` calls `f(running)` on its loop and gives what it returns."""

    def __init__(self, loop, running):
        self._loop = loop
        self.running = running

    @property
    def url(self):
        return self.running.url

    def do(self, act):
        async def call():
            return act(self.running)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(20)


@contextmanager
def twin_in_a_thread(setup, **given):
    """Serve a gateway beside the test; it has ended when the block has."""
    standing, ended = threading.Event(), threading.Event()
    made = []

    async def serve():
        over = asyncio.Event()
        async with running_gateway(setup, **given) as running:
            made.append((asyncio.get_running_loop(), running, over))
            standing.set()
            await over.wait()

    def work():
        try:
            asyncio.run(serve())
        finally:
            standing.set()
            ended.set()

    thread = threading.Thread(target=work, name="twin")
    thread.start()
    standing.wait(20)
    loop, running, over = made[0]
    try:
        yield TwinThread(loop, running)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
        assert ended.is_set()


class ByHand:
    """Somebody else's client of the same account."""

    def __init__(self, url):
        self._http = httpx.Client(base_url=url)
        token = self._post("Auth/loginKey", userName="ada", apiKey=KEY)["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def _post(self, path, **body):
        answer = self._http.post(f"/api/{path}", json=body).json()
        assert answer["success"], answer
        return answer

    def place(self, kind, side, size, **prices):
        return self._post(
            "Order/place",
            accountId=1001,
            contractId=CONTRACT,
            type=kind,
            side=side,
            size=size,
            **prices,
        )["orderId"]

    def long_three_with_a_stop_for_one(self):
        self.place(2, 0, 3)
        self.place(4, 1, 1, stopPrice=19990)
        self.place(1, 1, 2, limitPrice=20100)

    def cancel_everything(self):
        for each in self._post("Order/searchOpen", accountId=1001)["orders"]:
            self._post("Order/cancel", accountId=1001, orderId=each["id"])

    def flatten(self):
        self._post("Position/closeContract", accountId=1001, contractId=CONTRACT)

    @property
    def standing(self):
        """How many orders work, and how many contracts are held."""
        orders = self._post("Order/searchOpen", accountId=1001)["orders"]
        positions = self._post("Position/searchOpen", accountId=1001)["positions"]
        return len(orders), sum(each["size"] for each in positions)

    def close(self):
        self._http.close()
