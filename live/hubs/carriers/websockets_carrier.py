"""The default carrier: the websockets library, on the loop and without threads."""

import logging

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from ..carrier import Carrier, CarrierLost, Denied

_CLOSE_S = 1.0  # how long a server that does not answer our close is waited for
_MESSAGE_MOST = 16_000_000  # bytes; SignalR's own bound for a record is far below
_UNREAD_MOST = 64  # messages; beyond it the server is made to wait

# The library logs its request, token and all, at DEBUG: it gets a log that nobody reads.
_SILENT = logging.Logger("dryfill.live.websockets", logging.CRITICAL + 1)


async def dial(url: str) -> Carrier:
    """A connection over websockets. The hub pings by itself; WebSocket pings are only answered."""
    try:
        link = await connect(
            url,
            logger=_SILENT,
            compression=None,
            ping_interval=None,
            open_timeout=None,
            close_timeout=_CLOSE_S,
            max_size=_MESSAGE_MOST,
            max_queue=_UNREAD_MOST,
            proxy=None,
            user_agent_header=None,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        kind = Denied if status in (401, 403) else CarrierLost
        raise kind(f"the hub answered {status} to the upgrade") from None
    except (OSError, WebSocketException, EOFError) as error:
        raise CarrierLost(f"the hub was not reached: {type(error).__name__}") from None
    return _Websocket(link)


class _Websocket:
    def __init__(self, link: ClientConnection) -> None:
        self._link = link

    async def send(self, text: str) -> None:
        try:
            await self._link.send(text)
        except (ConnectionClosed, OSError) as error:
            raise CarrierLost(_ended(error)) from None

    async def receive(self) -> str | bytes:
        try:
            return await self._link.recv()
        except (ConnectionClosed, OSError) as error:
            raise CarrierLost(_ended(error)) from None

    async def close(self) -> None:
        await self._link.close()


def _ended(error: Exception) -> str:
    closed = getattr(error, "rcvd", None)
    if closed is None:
        return "the connection was cut"
    return f"the server closed the socket ({closed.code} {closed.reason})".strip()
