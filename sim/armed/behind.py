"""What stands behind an armed plan: the gateway, the market's timers, and how to act on both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ..gateway.gateway import Gateway
from ..gateway.rest.tokens import BadToken
from ..network.application import Application
from .market_timers import MarketTimers

_NOBODY = ""


@dataclass(frozen=True)
class Behind:
    """`enter` and `left` as in `Gateway`, `meant_ns` as in `Clocks`."""

    gateway: Gateway
    timers: MarketTimers
    meant_ns: Callable[[int], int]
    enter: Callable[[], None]
    left: Callable[[], None]

    @property
    def app(self) -> Application:
        """The gateway's application."""
        return self.gateway.app

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Around what is done to the venue: the market is at now before it, and looks again
        after it."""
        self.enter()
        try:
            yield
        finally:
            self.left()

    def user_of(self, token: str) -> str:
        """Whose token it is; nobody's where it is none."""
        try:
            return self.gateway.sessions.user(token)
        except BadToken:
            return _NOBODY

    def user_of_request(self, scope: dict[str, Any]) -> str:
        """Whose request it is, by its header."""
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        return self.user_of(given.partition(" ")[2].strip())

    def user_of_hub(self, scope: dict[str, Any]) -> str:
        """Whose connection to a hub it is: by its query, or else its header."""
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("access_token")
        return self.user_of(tokens[0]) if tokens else self.user_of_request(scope)
