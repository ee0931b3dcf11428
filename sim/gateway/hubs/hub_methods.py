"""What the two hubs can be asked for, and the events that answer, as a table (protocol 10.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class HubKind(Enum):
    """Which hub: a user's orders and money, or the market's data."""

    USER = "user"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a hub. `target`: the client's method that its events call; `keyed` by an account
    or a contract, or the whole user's."""

    hub: HubKind
    target: str
    keyed: bool = True


STREAMS: Mapping[str, Stream] = {
    "accounts": Stream(HubKind.USER, "GatewayUserAccount", keyed=False),
    "orders": Stream(HubKind.USER, "GatewayUserOrder"),
    "positions": Stream(HubKind.USER, "GatewayUserPosition"),
    "trades": Stream(HubKind.USER, "GatewayUserTrade"),
    "contractquotes": Stream(HubKind.MARKET, "GatewayQuote"),
    "contracttrades": Stream(HubKind.MARKET, "GatewayTrade"),
    "contractmarketdepth": Stream(HubKind.MARKET, "GatewayDepth"),
}
"""By what stands behind `Subscribe` and `Unsubscribe` in a method's name, in lower case."""


class BadCall(Exception):
    """A call that the hub cannot answer; its text goes into the completion."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to begin or to end a stream. `key` is the account or the contract, "" where the stream
    has none."""

    stream: str
    key: str
    begins: bool


def read_call(hub: HubKind, method: str, arguments: list[Any]) -> Asked:
    """What a call asks for; names are matched without regard to case.

    An account may come as a number or as its digits. Raises `BadCall` for a method that this hub
    has not and for arguments that do not fit.
    """
    low = method.lower()
    begins = low.startswith("subscribe")
    name = low.removeprefix("un").removeprefix("subscribe")
    stream = STREAMS.get(name) if low.removeprefix("un").startswith("subscribe") else None
    if stream is None or stream.hub is not hub:
        raise BadCall(f"Unknown hub method '{method}'")
    if not stream.keyed:
        return Asked(name, "", begins)
    if len(arguments) != 1 or isinstance(arguments[0], bool | list | dict | None):
        kind = "an account id" if hub is HubKind.USER else "a contract id"
        raise BadCall(f"{method} takes {kind}")
    key = str(arguments[0]).strip()
    if not key or (hub is HubKind.USER and not (key.isascii() and key.isdigit())):
        raise BadCall(f"{method}: {arguments[0]!r} is no account or contract")
    return Asked(name, key, begins)
