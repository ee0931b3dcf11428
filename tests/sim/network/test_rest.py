"""REST over the simulated network: legs, timeouts, bodies that break, and who dies of what."""

import asyncio

import httpx
import pytest

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process, current_process
from dryfill.sim.loop.run import run_on
from dryfill.sim.network.application import Answer
from dryfill.sim.network.rest import CONNECTIONS_MOST, Course, Courses, SimTransport
from dryfill.sim.network.server import Server as Program
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading.errors import UsageError

MS = 10**6


class Server:
    """An application that answers with what it was sent; `busy_s` by path is how long it takes."""

    def __init__(self, loop):
        self.loop = loop
        self.busy_s = {}
        self.heard = []
        self.done = []
        self.processes = set()

    async def __call__(self, scope, receive, send):
        body = (await receive())["body"]
        self.processes.add(current_process().name)
        self.heard.append((scope["path"], body, self.loop.now_ns // MS))
        await asyncio.sleep(self.busy_s.get(scope["path"], 0))
        self.done.append(scope["path"])
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"you said " + body})


class Planned(Courses):
    """Courses by path."""

    def __init__(self, courses):
        self.courses = courses

    def of(self, request, body):
        return self.courses.get(request.url.path)


class At:
    """A client, a server, and the wire between them."""

    def __init__(self, latency, courses):
        self.loop = VirtualLoop(0)
        self.server = Server(self.loop)
        self.client = Process("client", self.loop)
        wire = Wire(self.loop, latency_profile(latency), 7)
        self.program = Program(self.server, Process("gateway", self.loop))
        self.transport = SimTransport(self.loop, wire, self.program, self.client, Planned(courses))
        self.http = httpx.AsyncClient(transport=self.transport, base_url="http://twin", timeout=1.0)

    @property
    def now_ms(self):
        return self.loop.now_ns // MS

    async def post(self, path, text="x"):
        return await self.http.post(path, content=text)

    async def error_of(self, path, kind):
        with pytest.raises(kind) as caught:
            await self.post(path)
        return caught.value


async def read(answer, into):
    async for part in answer.aiter_raw():
        into.append(part)


def play(scene, latency="25ms", courses=None):
    at = At(latency, courses or {})

    async def main():
        await at.client.spawn(scene(at), "scene")

    run_on(at.loop, main())
    return at


def test_a_request_takes_its_leg_the_application_runs_in_its_own_process_and_the_answer_its_leg():
    async def scene(at):
        answer = await at.post("/a?b=c", "hello")
        assert (answer.status_code, answer.text) == (200, "you said hello")
        assert answer.headers["content-type"] == "text/plain"
        assert at.now_ms == 60
        assert at.server.heard == [("/a", b"hello", 20)]
        assert at.server.processes == {"gateway"}

    play(scene, {"from": "zero", "request": "20ms", "response": "40ms"})


def test_answers_overtake_each_other():
    async def scene(at):
        at.server.busy_s["/slow"] = 0.5
        order = []

        async def one(path):
            await at.post(path)
            order.append(path)

        await asyncio.gather(one("/slow"), one("/quick"))
        assert order == ["/quick", "/slow"]

    play(scene)


def test_who_does_not_wait_for_an_answer_stops_nothing():
    async def scene(at):
        at.server.busy_s["/slow"] = 3
        await at.error_of("/slow", httpx.ReadTimeout)
        assert at.now_ms == 1000
        assert at.server.done == []
        await asyncio.sleep(3)
        assert at.server.done == ["/slow"]

    play(scene)


def test_a_caller_that_is_cancelled_stops_nothing_either():
    async def scene(at):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await at.post("/a")
        await asyncio.sleep(1)
        assert at.server.done == ["/a"]

    play(scene)


def test_an_answer_that_never_comes_is_waited_for_as_long_as_the_client_says():
    async def scene(at):
        await at.error_of("/lost", httpx.ReadTimeout)
        assert (at.now_ms, at.server.done) == (1000, ["/lost"])

    play(scene, courses={"/lost": Course(silent=True)})


def test_a_body_breaks_where_it_is_cut():
    async def scene(at):
        error = await at.error_of("/cut", httpx.RemoteProtocolError)
        assert "within the body" in str(error)
        async with at.http.stream("POST", "/cut", content="hello") as answer:
            assert answer.status_code == 200
            came = []
            with pytest.raises(httpx.RemoteProtocolError):
                await read(answer, came)
        assert came == [b"you s"]
        assert at.server.done == ["/cut", "/cut"]

    play(scene, courses={"/cut": Course(cut=5)})


@pytest.mark.parametrize(
    ("course", "kind", "at_ms", "served"),
    [
        (Course(ends=httpx.ReadError("reset")), httpx.ReadError, 50, ["/a"]),
        (Course(ends=httpx.ReadError("reset"), arrives=False), httpx.ReadError, 50, []),
        (
            Course(ends=httpx.ConnectError("refused"), arrives=False, ends_after_ns=3 * MS),
            httpx.ConnectError,
            3,
            [],
        ),
    ],
)
def test_what_a_client_has_in_place_of_an_answer(course, kind, at_ms, served):
    async def scene(at):
        await at.error_of("/a", kind)
        assert at.now_ms == at_ms
        await asyncio.sleep(1)
        assert at.server.done == served

    play(scene, courses={"/a": course})


def test_another_answer_may_come_in_place_of_the_applications():
    async def scene(at):
        assert (await at.post("/gateway")).status_code == 502
        assert (await at.post("/instead")).text == "something else"
        assert at.server.done == ["/gateway"]

    made = Answer(200, [], b"something else")
    play(
        scene,
        courses={
            "/gateway": Course(ends=Answer(502, [], b"<html>")),
            "/instead": Course(instead=lambda: made),
        },
    )


def test_who_needs_one_connection_too_many_waits_for_it():
    async def scene(at):
        at.server.busy_s["/slow"] = 0.9
        at.server.busy_s["/slower"] = 5
        calls = [asyncio.ensure_future(at.post("/slow")) for _ in range(CONNECTIONS_MOST)]
        await asyncio.sleep(0)
        await at.post("/next")
        assert at.now_ms == 1000, "after the first of them, and its own way"
        await asyncio.gather(*calls)
        calls = [asyncio.ensure_future(at.post("/slower")) for _ in range(CONNECTIONS_MOST)]
        await asyncio.sleep(0)
        at.http.timeout = httpx.Timeout(None, pool=0.5)
        await at.error_of("/next", httpx.PoolTimeout)
        at.server.done.clear()
        for each in calls:
            each.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (await at.post("/next")).status_code == 200, "who gave up gave its connection back"

    play(scene)


def test_a_server_that_dies_resets_what_it_was_at_and_refuses_until_it_is_there_again():
    async def scene(at):
        at.server.busy_s["/slow"] = 0.5
        slow = asyncio.create_task(at.post("/slow"))
        await asyncio.sleep(0.1)
        at.program.process.crash()
        with pytest.raises(httpx.ReadError, match="reset"):
            await slow
        assert at.now_ms == 125  # its system says so at once
        await at.error_of("/next", httpx.ConnectError)
        assert at.now_ms == 175
        at.program.started_again(at.server, Process("gateway", at.loop))
        assert (await at.post("/next")).status_code == 200
        assert at.server.done == ["/next"]
        with pytest.raises(UsageError, match="lives"):
            at.program.started_again(at.server, Process("gateway", at.loop))

    play(scene)


def test_a_dead_client_sends_nothing_and_hears_nothing():
    loop = VirtualLoop(0)
    server, client = Server(loop), Process("client", loop)
    wire = Wire(loop, latency_profile("25ms"), 7)
    transport = SimTransport(loop, wire, Program(server, Process("gateway", loop)), client)
    heard = []

    async def trade():
        http = httpx.AsyncClient(transport=transport, base_url="http://twin")
        try:
            heard.append(await http.post("/before", content="x"))
        finally:
            await http.post("/after", content="x")

    async def main():
        client.spawn(trade(), "trade")
        await asyncio.sleep(0.03)
        client.crash()
        await asyncio.sleep(1)

    run_on(loop, main())
    assert [path for path, *_ in server.heard] == ["/before"]
    assert heard == []
    assert client.calls_after_death <= 1
