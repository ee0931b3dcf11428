"""Who carries a hub's text: the seam below `HubClient`, one connection at a time.

A carrier knows nothing of SignalR. It is dialled, it sends and receives whole messages, and it ends
in `CarrierLost`, by which everything that can go wrong with a connection is told.
"""

from importlib import import_module
from typing import Protocol

from ...trading.errors import ConnectionLost, UsageError


class CarrierLost(ConnectionLost):
    """The connection ended, or never stood. Its text has no address in it: that holds a token."""


class Denied(CarrierLost):
    """401 or 403 on the way up: the token is not taken any more."""


class Carrier(Protocol):
    """One connection that stands."""

    async def send(self, text: str) -> None:
        """Send one message. Raises `CarrierLost`."""

    async def receive(self) -> str | bytes:
        """The next message; may be cancelled without losing one. Raises `CarrierLost`."""

    async def close(self) -> None:
        """End it, soon and without raising, whatever the other side does."""


class Dial(Protocol):
    """Makes connections. `url` is a WebSocket address with the token in its query."""

    async def __call__(self, url: str) -> Carrier:
        """A connection that stands; cancelled, it leaves none behind. Raises `CarrierLost`."""


def dialler(name: str) -> Dial:
    """The carrier of a name in the settings, imported when it is first wanted: one is an extra.

    Raises `UsageError` where its library is not installed.
    """
    try:
        module = import_module(f".carriers.{name}_carrier", __package__)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the carrier {name!r} needs a library that is not installed ({error.name}); "
            f"pip install 'dryfill[{name}]', or take the default, 'websockets'"
        ) from error
    dial: Dial = module.dial
    return dial
