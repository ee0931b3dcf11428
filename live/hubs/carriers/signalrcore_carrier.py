"""Another carrier: the inner WebSocket client of signalrcore 1.0.2, and nothing above it.

Everything that library builds on top loses messages, ends reconnecting for ever, or blocks
(measured: fault-model 8, S1 to S14), so only its greeting and its framing are used, behind guards:

- it is dialled, written and ended on a thread of ours, never on the loop's (S11, S14), with a
  time-out for the connection and the greeting, for which it has none;
- its reader thread does one thing, in which nothing can fail: hand a message to the loop (S2, S3,
  S13); when too many are unread it waits, and with it the server;
- pings are answered, and are not read as data (S6);
- it is ended by its socket, so that nobody waits for its thread (S11).

Pings of the hub, watchdogs, reconnects and subscriptions are `HubSession`'s, as with any carrier.
"""

import asyncio
import queue
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from signalrcore.transport.websockets.websocket_client import WebSocketClient

from ..carrier import Carrier, CarrierLost, Denied

_CONNECT_S = 10.0  # the hub client gives up at its own time; this ends the thread
_UNREAD_MOST = 256  # messages
_PING, _PONG = 0x9, 0xA


async def dial(url: str) -> Carrier:
    """A connection over signalrcore's WebSocket client."""
    link = _Link(url)
    try:
        await link.stood
    except asyncio.CancelledError:
        link.end()
        raise
    return link


class _Client(WebSocketClient):  # type: ignore[misc]  # the library ships no types
    """The library's client with what it lacks: time-outs, and answers to pings."""

    sock: socket.socket | None = None
    pong: Callable[[bytes], None]

    def create_socket(self) -> socket.socket:
        parts = urlsplit(self.url)
        secure = parts.scheme in ("wss", "https")
        assert parts.hostname is not None, "an address of a hub has a host"
        made = socket.create_connection(
            (parts.hostname, parts.port or (443 if secure else 80)), timeout=_CONNECT_S
        )
        if not secure:
            return made
        return ssl.create_default_context().wrap_socket(made, server_hostname=parts.hostname)

    def _read_one_frame(self) -> tuple[bool, int, bytes]:
        while True:
            final, opcode, data = super()._read_one_frame()
            if opcode == _PING:
                self.pong(data)
            elif opcode != _PONG:
                return final, opcode, data

    def prepare_data(self, data: bytes) -> bytes:
        return data  # what is no UTF-8 is the reader of records' business


class _Link:
    """One connection and its writing thread. What the threads learn reaches the loop through
    `call_soon_threadsafe`; nothing else is touched by two threads."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.get_running_loop()
        self.stood: asyncio.Future[None] = self._loop.create_future()
        self._unread: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._lost: CarrierLost | None = None
        self._room = threading.Semaphore(_UNREAD_MOST)
        self._ended = threading.Event()
        self._out: queue.SimpleQueue[tuple[str | bytes, int] | None] = queue.SimpleQueue()
        self._client = _Client(
            url=url.replace("https://", "wss://").replace("http://", "ws://"),
            on_message=self._read,
            on_open=self._opened,
            on_error=lambda error: self._over("the connection was cut"),
            on_close=lambda: self._over("the connection was closed"),
        )
        self._client.pong = lambda data: self._out.put((data, _PONG))
        threading.Thread(target=self._write, name="dryfill hub", daemon=True).start()

    # --- the loop's side --------------------------------------------------------------------------

    async def send(self, text: str) -> None:
        if self._lost is not None:
            raise self._lost
        self._out.put((text, 0x1))

    async def receive(self) -> str | bytes:
        while not self._unread:
            if self._lost is not None:
                raise self._lost
            self._news.clear()
            await self._news.wait()
        self._room.release()
        return self._unread.popleft()

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        """End both threads, without waiting for them."""
        self._ended.set()
        self._room.release(_UNREAD_MOST)
        self._out.put(None)
        self._cut()

    def _took(self, message: bytes) -> None:
        self._unread.append(message)
        self._news.set()

    def _fail(self, error: CarrierLost) -> None:
        if self._lost is None:
            self._lost = error
        self._news.set()
        if not self.stood.done():
            self.stood.set_exception(error)

    def _stands(self) -> None:
        if not self.stood.done():
            self.stood.set_result(None)

    # --- the threads' side ------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            self._client.connect()
            self._tell(self._stands)
            while (item := self._out.get()) is not None and not self._ended.is_set():
                message, opcode = item
                self._client.send(message, opcode)
        except Exception as error:  # noqa: BLE001  a thread's exception would be seen by nobody
            self._tell(self._fail, _lost(error))
        finally:
            self._ended.set()
            self._cut()
            self._over("the connection was closed")

    def _opened(self) -> None:
        """The reader begins: from here on it waits for as long as nothing comes."""
        if self._client.sock is not None:
            self._client.sock.settimeout(None)

    def _read(self, client: object, message: bytes) -> None:
        self._room.acquire()
        if not self._ended.is_set():
            self._tell(self._took, message)

    def _over(self, how: str) -> None:
        self._tell(self._fail, CarrierLost(how))
        self._out.put(None)

    def _cut(self) -> None:
        sock = self._client.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                sock.close()

    def _tell(self, call: Any, *given: Any) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it whoever would have cared
            self._loop.call_soon_threadsafe(call, *given)


def _lost(error: Exception) -> CarrierLost:
    """What the library says of a failed greeting has the server's answer in it, no address."""
    said = str(error)
    if "Handshake failed" in said and (" 401" in said[:40] or " 403" in said[:40]):
        return Denied("the hub did not take the token")
    if "Handshake failed" in said:
        return CarrierLost(f"the hub refused the upgrade: {said.splitlines()[0][:120]}")
    return CarrierLost(f"the hub was not reached, or was lost: {type(error).__name__}")
