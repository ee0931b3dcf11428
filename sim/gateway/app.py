"""The gateway as one Starlette application: REST, negotiation and both hubs on one origin."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from .hubs.hub_socket import HubSockets
from .rest.rest import Rest

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class CaseBlindPaths:
    """Matches paths without regard to case, as the real server's framework does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "path": scope["path"].lower()}
        await self._app(scope, receive, send)


def gateway_app(rest: Rest, sockets: HubSockets) -> Starlette:
    """The application. Every handler is a coroutine: there are no threads in virtual time."""
    return Starlette(
        routes=[
            Route("/api/{path:path}", rest.answer, methods=_METHODS),
            Route("/hubs/{hub}/negotiate", sockets.negotiate, methods=["POST"]),
            WebSocketRoute("/hubs/{hub}", sockets.serve),
        ],
        middleware=[Middleware(CaseBlindPaths)],
    )
