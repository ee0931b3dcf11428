"""WebSocket connections over the simulated network: order, ends, half-open links and zombies."""

import asyncio

import pytest

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.network.road import Road
from dryfill.sim.network.server import Server as Program
from dryfill.sim.network.sockets import Losses, SimDial
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Leg, Wire

MS = 10**6


class Lost(Exception):
    pass


class Denied(Lost):
    pass


class Server:
    """An application with sockets: it keeps what it hears and says what the test wants."""

    def __init__(self):
        self.sockets = []

    async def __call__(self, scope, receive, send):
        assert (await receive())["type"] == "websocket.connect"
        if scope["query_string"] == b"access_token=bad":
            await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b""})
            return
        await send({"type": "websocket.accept"})
        socket = Socket(send)
        self.sockets.append(socket)
        while socket.open:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                socket.open = False
            else:
                socket.heard.append(message["text"])
                if message["text"] == "leave":
                    await send({"type": "websocket.close", "code": 1001})
                    return


class Socket:
    def __init__(self, send):
        self._send = send
        self.open = True
        self.heard = []

    async def say(self, *texts):
        for text in texts:
            await self._send({"type": "websocket.send", "text": text})


class At:
    def __init__(self, latency):
        self.loop = VirtualLoop(0)
        self.server, self.road = Server(), Road()
        self.client = Process("client", self.loop)
        self.gateway = Process("gateway", self.loop)
        self.program = Program(self.server, self.gateway)
        self.wire = Wire(self.loop, latency_profile(latency), 7)
        self.dial = self.dial_of(self.client)

    def dial_of(self, client):
        return SimDial(
            self.loop,
            self.wire,
            self.program,
            client,
            Losses(lost=Lost, denied=Denied),
            road_of=lambda url: self.road,
            leg_of=lambda url: Leg.EVENTS,
        )

    async def connected(self):
        """A connection, and the server's end of it."""
        link = await self.dial("ws://twin/hubs/user?access_token=t")
        return link, self.server.sockets[-1]

    @property
    def now_ms(self):
        return self.loop.now_ns // MS


def play(scene, latency="25ms"):
    at = At(latency)

    async def main():
        await at.client.spawn(scene(at), "scene")

    run_on(at.loop, main())
    return at


async def end_of(link):
    with pytest.raises(Lost) as caught:
        await link.receive()
    return str(caught.value)


def test_a_dial_takes_the_way_there_and_back_and_text_goes_both_ways():
    async def scene(at):
        link, socket = await at.connected()
        assert at.now_ms == 50
        await link.send("hello")
        await socket.say("there", "you", "are")
        assert [await link.receive() for _ in range(3)] == ["there", "you", "are"]
        assert at.now_ms == 75
        assert socket.heard == ["hello"]

    play(scene)


def test_nothing_overtakes_on_a_connection_however_the_latency_varies():
    async def scene(at):
        link, socket = await at.connected()
        for n in range(200):
            await socket.say(str(n))
            await link.send(str(n))
        assert [await link.receive() for _ in range(200)] == [str(n) for n in range(200)]
        await asyncio.sleep(5)
        assert socket.heard == [str(n) for n in range(200)]

    play(scene, "live")


def test_a_wait_for_a_message_that_is_cancelled_loses_none():
    async def scene(at):
        link, socket = await at.connected()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await link.receive()
        await socket.say("still here")
        assert await link.receive() == "still here"

    play(scene)


def test_a_token_that_is_not_taken_is_denied():
    async def scene(at):
        with pytest.raises(Denied, match="401"):
            await at.dial("ws://twin/hubs/user?access_token=bad")
        assert not at.road.links

    play(scene)


def test_a_server_that_closes_says_so_after_its_last_word():
    async def scene(at):
        link, socket = await at.connected()
        await link.send("leave")
        await socket.say("a word")
        assert await link.receive() == "a word"
        assert "closed the socket (1001)" in await end_of(link)
        with pytest.raises(Lost):
            await link.send("too late")
        assert not at.road.links

    play(scene)


def test_a_client_that_closes_is_gone_at_the_server_a_leg_later():
    async def scene(at):
        link, socket = await at.connected()
        await link.close()
        assert await end_of(link) == "closed by us"
        assert socket.open
        await asyncio.sleep(0.025)
        assert not socket.open
        assert not at.road.links

    play(scene)


def test_a_dial_that_is_given_up_leaves_no_connection_behind():
    async def scene(at):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.03):
                await at.connected()
        await asyncio.sleep(1)
        assert not at.server.sockets[0].open
        assert not at.road.links

    play(scene)


def test_a_cut_that_is_told_ends_both_ends_and_dials_are_refused_until_it_is_over():
    async def scene(at):
        link, socket = await at.connected()
        at.road.go_down(told=True, queues=False)
        assert "cut" in await end_of(link)
        assert not socket.open
        with pytest.raises(Lost, match="refused"):
            await at.connected()
        at.road.come_up()
        assert (await at.connected())[1].open

    play(scene)


def test_a_half_open_link_swallows_everything_for_ever_and_says_nothing():
    async def scene(at):
        link, socket = await at.connected()
        at.road.go_down(told=False, queues=False)
        await link.send("lost")
        await socket.say("lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await at.connected()
        at.road.come_up()
        await link.send("lost as well")
        await socket.say("lost as well")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await link.receive()
        assert socket.heard == []
        assert socket.open
        assert (await at.connected())[1].open

    play(scene)


def test_a_link_that_stalls_brings_everything_late_and_in_order():
    async def scene(at):
        link, socket = await at.connected()
        at.road.go_down(told=False, queues=True)
        await socket.say("1", "2")
        await link.send("3")
        await asyncio.sleep(7)
        at.road.come_up()
        await socket.say("4")
        assert [await link.receive() for _ in range(3)] == ["1", "2", "4"]
        assert (at.now_ms, socket.heard) == (7075, ["3"])

    play(scene)


def test_a_zombie_brings_its_last_words_to_an_end_that_was_given_up():
    async def scene(at):
        link, socket = await at.connected()
        at.road.go_down(told=False, queues=True)
        await socket.say("a fill")
        await link.close()
        at.road.come_up()
        fresh, _ = await at.connected()
        await asyncio.sleep(1)
        assert at.road.zombies == 1
        assert await end_of(link) == "closed by us"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await fresh.receive()

    play(scene)


def test_a_cut_of_which_the_server_learns_late_leaves_it_two_connections_for_a_while():
    async def scene(at):
        link, socket = await at.connected()
        at.road.go_down(told=True, queues=True)
        assert "cut" in await end_of(link)
        await socket.say("to nobody")
        assert socket.open
        at.road.come_up()
        await at.connected()
        assert at.road.zombies == 1

    play(scene)


def test_what_a_dead_process_had_open_is_closed_and_nothing_of_it_goes_out():
    at = At("25ms")
    later = Process("client", at.loop)

    async def trade():
        link, _ = await at.connected()
        try:
            await link.receive()
        finally:
            await link.send("from the grave")

    async def main():
        at.client.spawn(trade(), "trade")
        await asyncio.sleep(1)
        socket = at.server.sockets[0]
        await socket.say("on its way")
        at.client.crash()
        assert socket.open
        await asyncio.sleep(1)
        assert not socket.open
        assert socket.heard == []
        assert not at.road.links
        await later.spawn(at.dial_of(later)("ws://twin/hubs/user?access_token=t"), "dial")
        assert len(at.server.sockets) == 2

    run_on(at.loop, main())


def test_a_server_that_dies_loses_its_connections_and_refuses_until_it_is_there_again():
    async def scene(at):
        link, _ = await at.connected()
        at.gateway.crash()
        with pytest.raises(Lost, match="closed the socket"):
            await link.receive()
        with pytest.raises(Lost, match="refused"):
            await at.connected()
        at.program.started_again(at.server, Process("gateway", at.loop))
        link, socket = await at.connected()
        await socket.say("back")
        assert await link.receive() == "back"

    play(scene)
