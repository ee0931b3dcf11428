"""WebSocket connections between two processes in virtual time: a carrier of text, and its dial.

The server's end is an ASGI application's WebSocket, as a real server would serve it. Each direction
of a connection is in order; connections know nothing of each other.
"""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ..loop.loop import VirtualLoop
from ..loop.process import Process
from ..wire.wire import Leg, Line, Wire
from .application import Application, Message, socket_scope
from .road import Road
from .server import Server

_LOST = 1006  # the code of a connection that ended without a word

Raises = Callable[[str], Exception]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """How a client hears that a connection ended, or was denied (401, 403): its own errors."""

    lost: Raises
    denied: Raises


class SimDial:
    """Makes a client's connections to one server. `road_of` an address: the way to that hub;
    `leg_of`: how slow the hub's messages are. `filter_sent` sees each text of the client's as it
    leaves, and says what goes out in its place, None: nothing.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        wire: Wire,
        server: Server,
        client: Process,
        losses: Losses,
        *,
        road_of: Callable[[str], Road],
        leg_of: Callable[[str], Leg],
        filter_sent: Callable[[Road, str], str | None] = lambda road, text: text,
    ) -> None:
        self._loop = loop
        self._wire = wire
        self._server = server
        self._client = client
        self._losses = losses
        self._road_of = road_of
        self._leg_of = leg_of
        self._filter_sent = filter_sent
        self._dial = client.fence(self._dial_now)

    async def __call__(self, url: str) -> "Connection":
        """A connection that stands. Raises the client's own errors."""
        opened = self._dial(url)
        try:
            return await opened
        except asyncio.CancelledError:
            if not opened.cancelled() and opened.done() and opened.exception() is None:
                await opened.result().close()
            raise

    def _dial_now(self, url: str) -> "Future[Connection]":
        opened: Future[Connection] = self._loop.create_future()
        road = self._road_of(url)
        up, down = self._wire.line(Leg.REQUEST), self._wire.line(self._leg_of(url))
        link = Connection(road, up, down, self._client, self._losses, opened, self._filter_sent)
        if road.down and road.silent:
            return opened  # nobody answers; the dial is given up
        if road.down:
            down.send(lambda: link.denied(None))
            return opened

        def arrived() -> None:
            if self._server.alive:
                self._server.process.spawn(link.serve(self._server.app, url), "a connection")
            else:
                down.send(lambda: link.denied(None))

        road.links[link] = None
        self._client.when_dead(link.client_died)
        up.send(arrived)
        return opened


class Connection:
    """One connection; to its client it is a carrier: `send`, `receive`, `close`.

    What goes wrong on the road is told to either end as the road says. A message that arrives at an
    end that is closed is dropped.
    """

    def __init__(
        self,
        road: Road,
        up: Line,
        down: Line,
        client: Process,
        losses: Losses,
        opened: "Future[Connection]",
        filter_sent: Callable[[Road, str], str | None],
    ) -> None:
        self._road = road
        self._up = up
        self._down = down
        self._client = client
        self._losses = losses
        self._opened = opened
        self._filter_sent = filter_sent
        self._post = client.fence(self._post_now)
        self._inbox: deque[str | bytes | Exception] = deque()
        self._news = asyncio.Event()
        self._lost: str | None = None  # why, once the client's end is over
        self._asked: deque[Message] = deque([{"type": "websocket.connect"}])
        self._asked_news = asyncio.Event()
        self._server_over = False
        self._dead = False  # the road swallows all of it, for ever
        self._held: list[tuple[Line, Callable[[], None]]] = []

    # --- the client's end -------------------------------------------------------------------------

    async def send(self, text: str) -> None:
        """Send one message."""
        if self._lost is not None:
            raise self._losses.lost(self._lost)
        self._post(text)

    async def receive(self) -> str | bytes:
        """The next message."""
        while not self._inbox:
            if self._lost is not None:
                raise self._losses.lost(self._lost)
            self._news.clear()
            await self._news.wait()
        item = self._inbox.popleft()
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """End it; the server learns of it, where the road lets it."""
        if self._lost is None:
            self._lost = "closed by us"
            self._inbox.clear()
            self._news.set()
            self._post(None)

    def _post_now(self, text: str | None) -> None:
        if text is not None:
            text = self._filter_sent(self._road, text)
            if text is None:
                return
        message: Message = {"type": "websocket.disconnect", "code": _LOST}
        if text is not None:
            message = {"type": "websocket.receive", "text": text}
        self._pass(self._up, lambda: self._ask(message))

    # --- the server's end -------------------------------------------------------------------------

    async def serve(self, app: Application, url: str) -> None:
        """Have an application serve this connection to its end."""
        try:
            await app(socket_scope(url, []), self.server_receive, self.server_send)
        finally:
            self._end("the server closed the socket")  # or died: its system says so

    async def server_receive(self) -> Message:
        """ASGI: what comes next from the client."""
        while not self._asked:
            self._asked_news.clear()
            await self._asked_news.wait()
        return self._asked.popleft()

    async def server_send(self, message: Message) -> None:
        """ASGI: what the application says."""
        kind = message["type"]
        if kind == "websocket.http.response.body":
            return  # of a denial, whose status says it all
        if self._server_over:
            raise OSError("the client is gone")
        if kind == "websocket.accept":
            self._pass(self._down, self._accepted)
        elif kind == "websocket.send":
            self._tell(_as_sent(message))
        elif kind == "websocket.close":
            self._end(f"the server closed the socket ({message.get('code', 1000)})")
        elif kind == "websocket.http.response.start":
            status = message["status"]
            self._server_over = True
            self._pass(self._down, lambda: self.denied(status))

    def _end(self, why: str) -> None:
        if not self._server_over:
            self._server_over = True
            self._pass(self._down, lambda: self._is_lost(why))

    def _tell(self, data: str | bytes) -> None:
        heard, self._road.next_arrival = self._road.next_arrival, None
        self._pass(self._down, heard or (lambda: self._arrived(data)))

    # --- the road (`Joined`) ----------------------------------------------------------------------

    def cut(self, *, at_server: bool) -> None:
        self._down.send(lambda: self._is_lost("the connection was cut"))
        if at_server:
            self._up.send(lambda: self._ask({"type": "websocket.disconnect", "code": _LOST}))

    def resume(self) -> None:
        held, self._held = self._held, []
        for line, deliver in held:
            line.send(deliver)

    def die(self) -> None:
        self._dead = True
        self._held.clear()

    def client_died(self) -> None:
        """The client's system tells the server that nobody is there any more."""
        if self in self._road.links:
            self._pass(self._up, lambda: self._ask({"type": "websocket.disconnect", "code": _LOST}))

    # --- how --------------------------------------------------------------------------------------

    def _pass(self, line: Line, deliver: Callable[[], None]) -> None:
        if self._dead:
            return
        if not self._road.down:
            line.send(deliver)
        elif self._road.queues:
            self._held.append((line, deliver))

    def _accepted(self) -> None:
        if self._client.alive and not self._opened.done():
            self._opened.set_result(self)
        elif self._opened.cancelled():
            self.client_died()  # nobody waits for it any more

    def denied(self, status: int | None) -> None:
        """The connection was not made: an HTTP status, or nobody is there."""
        self._road.links.pop(self, None)
        if not self._client.alive or self._opened.done():
            return
        if status is None:
            error = self._losses.lost("the hub was not reached: the connection was refused")
        else:
            kind = self._losses.denied if status in (401, 403) else self._losses.lost
            error = kind(f"the hub answered {status} to the upgrade")
        self._opened.set_exception(error)

    def _ask(self, message: Message) -> None:
        """A message has reached the server."""
        if message["type"] == "websocket.disconnect":
            self._server_over = True
            self._road.links.pop(self, None)
        self._asked.append(message)
        self._asked_news.set()

    def _arrived(self, data: str | bytes) -> None:
        """A message has reached the client's system."""
        if self._lost is not None:
            self._road.zombies += 1
            self.client_died()  # its system says that there is no such connection
            return
        self._client.run(self._put, data)

    def _is_lost(self, why: str) -> None:
        if self._lost is None:
            self._client.run(self._put, self._losses.lost(why))
            self._lost = why
        if self._server_over:
            self._road.links.pop(self, None)

    def _put(self, item: str | bytes | Exception) -> None:
        self._inbox.append(item)
        self._news.set()


def _as_sent(message: Message) -> str | bytes:
    text = message.get("text")
    return text if isinstance(text, str) else bytes(message["bytes"])
