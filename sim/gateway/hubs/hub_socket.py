"""The hubs on HTTP and WebSocket: negotiation, the upgrade, and the carrying to and fro."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from ....trading.exact_json import wire_json
from ..rest.sessions import Sessions
from ..rest.tokens import BadToken
from .hub_client import HubClient
from .hub_methods import HubKind
from .hubs import Hubs

_LOG = logging.getLogger("dryfill.gateway")
_NORMAL, _GIVEN_UP, _FAULT = 1000, 1008, 1011
_CLOSE_S = 1


class HubSockets:
    """Carries both hubs. `clock_s`: seconds that only ever rise; `connection_id` makes the name of
    a negotiated connection, which nothing depends on."""

    def __init__(
        self,
        hubs: Hubs,
        sessions: Sessions,
        clock_s: Callable[[], float],
        connection_id: Callable[[], str],
    ) -> None:
        self._hubs = hubs
        self._sessions = sessions
        self._clock_s = clock_s
        self._connection_id = connection_id

    async def negotiate(self, request: Request) -> Response:
        """What a client may use: WebSockets and text, first and only (gateway-protocol 10.1)."""
        if request.path_params["hub"] not in [kind.value for kind in HubKind]:
            return Response(status_code=404)
        try:
            self._user(request)
        except BadToken:
            return Response(status_code=401)
        connection = self._connection_id()
        transport = {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}
        answer = {
            "negotiateVersion": 0,
            "connectionId": connection,
            "availableTransports": [transport],
        }
        if request.query_params.get("negotiateVersion") == "1":
            answer |= {"negotiateVersion": 1, "connectionToken": connection}
        return Response(wire_json(answer), media_type="application/json")

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from the upgrade to its end."""
        hub = socket.path_params["hub"]
        if hub not in [kind.value for kind in HubKind]:
            await socket.send_denial_response(Response(status_code=404))
            return
        try:
            user = self._user(socket)
        except BadToken:
            await socket.send_denial_response(Response(status_code=401))
            return
        await socket.accept()
        client = self._hubs.join(HubKind(hub), user, self._clock_s())
        code = _NORMAL
        try:
            code = await self._carry(socket, client)
        finally:
            self._hubs.leave(client)
            if client.given_up:
                _LOG.warning("a client of the %s hub was given up: %s", hub, client.given_up)
        # Closed from the other side already, or never read from again: then it is dropped.
        with suppress(RuntimeError, OSError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await socket.close(code)

    async def _carry(self, socket: WebSocket, client: HubClient) -> int:
        """Read, write and wake until one of them is over; the code to close with."""
        work = [
            asyncio.ensure_future(part)
            for part in (
                self._read(socket, client),
                self._write(socket, client),
                self._wake(client),
                client.was_given_up.wait(),
            )
        ]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            ended = await asyncio.gather(*work, return_exceptions=True)
        faults = [each for each in ended if _is_fault(each)]
        for fault in faults:
            _LOG.error("a hub connection failed, a fault of the twin", exc_info=fault)
        if faults:
            return _FAULT
        return _GIVEN_UP if client.given_up else _NORMAL

    async def _read(self, socket: WebSocket, client: HubClient) -> None:
        while True:
            message = await socket.receive()
            if message["type"] != "websocket.receive":
                return
            data = message.get("text")
            client.received(message["bytes"] if data is None else data, self._clock_s())

    async def _write(self, socket: WebSocket, client: HubClient) -> None:
        while messages := await client.messages():
            for text in messages:
                if text.isascii() or _is_text(text):
                    await socket.send_text(text)
                else:  # bytes that nobody could read, as a plan of faults may have them
                    await socket.send_bytes(text.encode("utf-8", "surrogateescape"))

    async def _wake(self, client: HubClient) -> None:
        while (due_s := client.link.due_s) is not None:
            await asyncio.sleep(max(due_s - self._clock_s(), 0))
            client.woke(self._clock_s())
        await asyncio.Event().wait()  # what was said last is still to be written

    def _user(self, asked: Request | WebSocket) -> str:
        """By the token in the query or, as some clients send it, in the header."""
        token = asked.query_params.get("access_token")
        if not token:
            scheme, _, token = asked.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                raise BadToken("there is no token")
        return self._sessions.user(token.strip())


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_fault(ended: object) -> bool:
    expected = asyncio.CancelledError | WebSocketDisconnect | OSError | RuntimeError
    return isinstance(ended, BaseException) and not isinstance(ended, expected)
