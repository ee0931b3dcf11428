"""An unmodified signalrcore client against the twin: negotiation, streams, events."""

import asyncio
import queue

import pytest
from twin_world import played, twin

signalrcore = pytest.importorskip("signalrcore.hub_connection_builder")


def connected(url, token, *, in_header):
    """A started connection and the queue of what it was told, as (target, arguments)."""
    told = queue.Queue()
    address, options = f"{url}?access_token={token}", {}
    if in_header:
        address, options = url, {"access_token_factory": lambda: token}
    hub = signalrcore.HubConnectionBuilder().with_url(address, options=options).build()
    for target in ("GatewayUserOrder", "GatewayUserTrade", "GatewayUserPosition", "GatewayQuote"):
        hub.on(target, lambda arguments, target=target: told.put((target, arguments)))
    opened = queue.Queue()
    hub.on_open(lambda: opened.put(True))
    hub.start()
    opened.get(timeout=10)
    return hub, told


@pytest.mark.parametrize("in_header", [False, True])
def test_it_connects_subscribes_and_hears_of_an_order(in_header):
    @played
    async def scene():
        async with twin() as g:
            url = f"{g.url}/hubs/user"
            hub, told = await asyncio.to_thread(connected, url, g.token, in_header=in_header)
            try:
                done = queue.Queue()
                for method in ("SubscribeOrders", "SubscribePositions", "SubscribeTrades"):
                    hub.send(method, [1001], done.put)
                for _ in range(3):
                    await asyncio.to_thread(done.get, timeout=10)
                await g.place(size=2)
                heard = [await asyncio.to_thread(told.get, timeout=10) for _ in range(4)]
                assert [target for target, _ in heard] == [
                    "GatewayUserOrder",
                    "GatewayUserOrder",
                    "GatewayUserTrade",
                    "GatewayUserPosition",
                ]
                assert [each[1][0]["data"].get("status") for each in heard[:2]] == [6, 2]
            finally:
                # Its stop() waits until the server has closed (fault-model 8, S11).
                for client in g.running.gateway.hubs.clients():
                    client.log_out("the test is over")
                await asyncio.to_thread(hub.stop)

    scene()
