"""REST between two processes in virtual time: httpx's transport onto an application.

The application runs in the server's process, never in the client's task: who gives up waiting stops
nothing. Requests and answers each take their leg's time and may overtake each other.
"""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from ..loop.loop import VirtualLoop
from ..loop.moments import Tie
from ..loop.process import Process
from ..wire.wire import Leg, Wire
from .application import Answer, ask, http_scope
from .server import Server

CONNECTIONS_MOST = 100
"""As many as httpx keeps; who needs one more waits for it, for the pool's timeout at most."""

Ends = Answer | Exception
"""What a client has of an exchange; httpx's exceptions are made by whoever knows the request."""


@dataclass(slots=True)
class Course:
    """How an exchange goes where something is wrong with it.

    `instead` is done at the server in place of the application. `ends`: what the client has in
    place of the answer, by the response leg or `ends_after_ns` after sending; `silent`: nothing at
    all. `leaves` False: it does not even go out; `arrives` False: the server never sees it.
    """

    request_ns: int = 0
    response_ns: int = 0
    leaves: bool = True
    arrives: bool = True
    silent: bool = False
    cut: int | None = None
    instead: Callable[[], Answer] | None = None
    ends: Ends | None = None
    ends_after_ns: int | None = None
    when_sent: Callable[[], None] | None = None
    when_arrived: Callable[[], None] | None = None
    when_acted: Callable[[], None] | None = None


class Courses:
    """Decides how exchanges go; this one lets all of them go well."""

    def of(self, request: httpx.Request, body: bytes) -> Course | None:
        """The course of an exchange that begins now; None for the usual one."""
        return None


class SimTransport(httpx.AsyncBaseTransport):
    """What carries a client's requests. `client`: the process that asks, and with which its
    connections die.

    Of httpx's timeouts, `read` and `pool` are kept; a request is small, so that writing it takes no
    time, and how long a connection takes is part of the request's leg.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        wire: Wire,
        server: Server,
        client: Process,
        courses: Courses | None = None,
    ) -> None:
        self._loop = loop
        self._wire = wire
        self._server = server
        self._client = client
        self._courses = courses or Courses()
        self._room = asyncio.Semaphore(CONNECTIONS_MOST)
        self._send = client.fence(self._send_now)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        timeouts = request.extensions.get("timeout", {})
        async with self._connection(request, timeouts.get("pool")):
            try:
                async with asyncio.timeout(timeouts.get("read")):
                    found = await self._send(request, body)
            except TimeoutError:
                raise httpx.ReadTimeout("no answer came", request=request) from None
        if isinstance(found, Exception):
            raise found
        headers = [(name, value) for name, value in found.headers]
        return httpx.Response(found.status, headers=headers, stream=_Body(found, request))

    @asynccontextmanager
    async def _connection(
        self, request: httpx.Request, pool_s: float | None
    ) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(pool_s):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection came free", request=request) from None
        try:
            yield
        finally:
            self._room.release()

    def _send_now(self, request: httpx.Request, body: bytes) -> "Future[Ends]":
        found: Future[Ends] = self._loop.create_future()
        course = self._courses.of(request, body) or Course()
        if not course.leaves:
            return found
        if course.ends is not None and course.ends_after_ns is not None:
            at_ns = self._loop.now_ns + course.ends_after_ns
            self._loop.call_at_ns(
                at_ns, self._ended, found, course.ends, tie=Tie.REPORT, context=Context()
            )
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        scope = http_scope(request.method, str(request.url), headers)
        arrive = partial(self._arrived, scope, body, course, found, request)
        self._wire.send(Leg.REQUEST, arrive, course.request_ns)
        if course.when_sent is not None:
            course.when_sent()
        return found

    def _arrived(
        self,
        scope: dict[str, Any],
        body: bytes,
        course: Course,
        found: "Future[Ends]",
        request: httpx.Request,
    ) -> None:
        if course.arrives and not self._server.alive:
            refused = httpx.ConnectError("the connection was refused", request=request)
            self._wire.send(Leg.RESPONSE, partial(self._ended, found, refused))
        elif course.arrives:
            if course.when_arrived is not None:
                course.when_arrived()
            serving = self._serve(scope, body, course, found, request)
            self._server.process.spawn(serving, "a request")
        elif course.ends is not None:
            self._answer(course, found, course.ends)

    async def _serve(
        self,
        scope: dict[str, Any],
        body: bytes,
        course: Course,
        found: "Future[Ends]",
        request: httpx.Request,
    ) -> None:
        app, process = self._server.app, self._server.process
        try:
            answer = await ask(app, scope, body) if course.instead is None else course.instead()
        finally:
            if not process.alive:  # it died on the way, and its system says so
                reset = httpx.ReadError("the connection was reset", request=request)
                self._wire.send(Leg.RESPONSE, partial(self._ended, found, reset))
        if course.cut is not None:
            answer = Answer(answer.status, answer.headers, answer.body, course.cut)
        self._answer(course, found, answer if course.ends is None else course.ends)
        if course.when_acted is not None:
            course.when_acted()

    def _answer(self, course: Course, found: "Future[Ends]", ends: Ends) -> None:
        if not course.silent and course.ends_after_ns is None:
            self._wire.send(Leg.RESPONSE, partial(self._ended, found, ends), course.response_ns)

    def _ended(self, found: "Future[Ends]", ends: Ends) -> None:
        if self._client.alive and not found.done():
            found.set_result(ends)


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as far as it comes."""

    def __init__(self, answer: Answer, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._answer.body[: self._answer.cut]
        if self._answer.cut is not None:
            raise httpx.RemoteProtocolError(
                "the connection was closed within the body", request=self._request
            )
