"""Server connections that an application may break off in the middle: as a peer that is gone does.

ASGI has no word for it. The protocols below put a function into the scope's extensions.
"""

import os
import socket
import struct
from asyncio import Transport
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ..network.application import Application, Receive, Send

BREAK_OFF = "dryfill.break_off"
_LINGER = struct.pack("ii" if os.name == "posix" else "hh", 1, 0)


class BreakableHttp(H11Protocol):
    """HTTP."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.app = cast(Any, _breakable(cast(Any, self.app), lambda: self.transport))


class BreakableSocket(WebSocketsSansIOProtocol):
    """WebSocket."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.app = cast(Any, _breakable(cast(Any, self.app), lambda: self.transport))


def break_off(scope: dict[str, Any], *, reset: bool) -> None:
    """End the connection of a request or a socket at once. `reset`: its client is told so by RST;
    else it is an end (FIN) where more should have come."""
    scope["extensions"][BREAK_OFF](reset)


def _breakable(app: Application, transport: Callable[[], Transport]) -> Application:
    async def breakable(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), BREAK_OFF: partial(_break_off, transport)}
        await app({**scope, "extensions": extensions}, receive, send)

    return breakable


def _break_off(transport: Callable[[], Transport], reset: bool) -> None:
    connection = transport()
    found = connection.get_extra_info("socket")
    if reset and found is not None and not connection.is_closing():
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    connection.abort()
