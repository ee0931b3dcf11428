"""An ASGI application as a program of its own: it is called in its process, whoever asked it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]


class Answer(Struct, frozen=True):
    """An HTTP answer, whole. `cut`: how many bytes of the body come before the connection breaks;
    None: all, and it holds."""

    status: int
    headers: Headers
    body: bytes
    cut: int | None = None


def http_scope(method: str, url: str, headers: Headers) -> dict[str, Any]:
    """What the server knows of a request before its body."""
    parts = urlsplit(url)
    return {"type": "http", "method": method, "scheme": "http", **_common(parts, headers)}


def socket_scope(url: str, headers: Headers) -> dict[str, Any]:
    """What the server knows of a connection that wants to be upgraded."""
    more = {"subprotocols": [], "extensions": {"websocket.http.response": {}}}
    return {"type": "websocket", "scheme": "ws", **more, **_common(urlsplit(url), headers)}


async def ask(app: Application, scope: dict[str, Any], body: bytes) -> Answer:
    """Have the application answer one request."""
    rest = [body]
    start: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        if rest:
            return {"type": "http.request", "body": rest.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(start["status"], list(start["headers"]), b"".join(parts))


def _common(parts: SplitResult, headers: Headers) -> dict[str, Any]:
    return {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname, parts.port or 80),
    }
