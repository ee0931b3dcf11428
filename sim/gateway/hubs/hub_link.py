"""One client's link to a hub, seen from the server, sans I/O: text and times in, text out.

The server greets, answers calls with completions, pings, and closes a link that is silent for too
long. It sends whole records only, and the answer to the handshake as a message of its own, because
clients do not join records that are cut (gateway-protocol 10.2). What a client sends that is no
message closes its link with a reason, as the real server does; it never harms another one.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from ....trading.exact_json import wire_json
from .hub_methods import STREAMS, Asked, BadCall, HubKind, read_call

_END = "\x1e"
_PROTOCOLS = (0, 1, 2)  # signalrcore sends the version of the negotiation: 0 comes too
_DECODER = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Seconds where the name ends in `_s`. `ping_s`: how often the server says that it lives.
    `idle_s`: how long a client may be silent; long, because some never ping on loopback.
    `record_chars_most`: the longest record that a client may send."""

    ping_s: float = 15.0
    idle_s: float = 300.0
    record_chars_most: int = 1_000_000


class LinkState(Enum):
    """GREETING waits for the handshake, OPEN takes calls, CLOSED is over."""

    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


class Said(Struct, frozen=True):
    """What follows from one thing: texts to send, in order, each a message of its own; and whether
    the link ends after them."""

    texts: tuple[str, ...] = ()
    ends: bool = False


class HubLink:
    """The state of one link. `accounts`: those that its user may be told of; a subscription to
    another one is answered with an error (gateway-protocol 14). Times are the caller's, in
    seconds."""

    def __init__(
        self, kind: HubKind, settings: LinkSettings, now_s: float, accounts: frozenset[str]
    ) -> None:
        self.kind = kind
        self.state = LinkState.GREETING
        self.subscribed: dict[tuple[str, str], None] = {}
        self._settings = settings
        self._accounts = accounts
        self._rest = ""
        self._heard_s = self._pinged_s = now_s

    def received(self, data: str | bytes, now_s: float) -> Said:
        """Text came from the client."""
        if self.state is LinkState.CLOSED:
            return Said()
        self._heard_s = now_s
        if isinstance(data, bytes):
            try:
                data = data.decode()
            except UnicodeDecodeError:
                return self._close("a message that is no UTF-8")
        *whole, self._rest = (self._rest + data).split(_END)
        if len(self._rest) > self._settings.record_chars_most:
            return self._close("a record that is too long")
        texts: list[str] = []
        for record in whole:
            said = self._take(record)
            texts += said.texts
            if said.ends:
                return Said(tuple(texts), ends=True)
        return Said(tuple(texts))

    def woke(self, now_s: float) -> Said:
        """The moment that `due_s` named has come."""
        if self.state is LinkState.CLOSED:
            return Said()
        if now_s >= self._heard_s + self._settings.idle_s:
            return self._close(f"nothing was heard for {self._settings.idle_s:g} s")
        if now_s < self._pinged_s + self._settings.ping_s:
            return Said()
        self._pinged_s = now_s
        return Said((_text({"type": 6}),) if self.state is LinkState.OPEN else ())

    @property
    def due_s(self) -> float | None:
        """When `woke` is to be called next, no later whatever is received until then; None once it
        is closed."""
        if self.state is LinkState.CLOSED:
            return None
        return min(self._heard_s + self._settings.idle_s, self._pinged_s + self._settings.ping_s)

    def event(self, stream: str, key: str, arguments: list[Any]) -> str | None:
        """The text of an event for this client; None where it did not ask for it."""
        return invocation(STREAMS[stream].target, arguments) if self.wants(stream, key) else None

    def wants(self, stream: str, key: str) -> bool:
        """Whether the client asked for a stream, and is there to hear it."""
        return self.state is LinkState.OPEN and (stream, key) in self.subscribed

    def log_out(self, why: str) -> Said:
        """The session is over: say so, and close (gateway-protocol 14, GatewayLogout)."""
        if self.state is not LinkState.OPEN:
            return self._close(why)
        said = self._close(why)
        return Said((invocation("GatewayLogout", [why]), *said.texts), ends=True)

    # --- how --------------------------------------------------------------------------------------

    def _take(self, record: str) -> Said:
        try:
            fields = _DECODER.decode(record)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self._close("a record that is no JSON")
        if not isinstance(fields, dict):
            return self._close("a record that is no object")
        if self.state is LinkState.GREETING:
            return self._greet(fields)
        kind = fields.get("type")
        if kind == 1:
            return self._call(fields)
        if kind == 7:
            self.state = LinkState.CLOSED
            return Said(ends=True)
        if kind in (2, 3, 4, 5, 6):  # nothing of the kind is expected, and nothing is harmed by it
            return Said()
        return self._close(f"a message of type {kind!r}")

    def _greet(self, fields: dict[str, Any]) -> Said:
        protocol, version = fields.get("protocol"), fields.get("version")
        if protocol != "json" or version not in _PROTOCOLS:
            self.state = LinkState.CLOSED
            why = f"The protocol '{protocol}' with version {version!r} is not supported."
            return Said((_text({"error": why}),), ends=True)
        self.state = LinkState.OPEN
        return Said((_text({}),))

    def _call(self, fields: dict[str, Any]) -> Said:
        target, arguments = fields.get("target"), fields.get("arguments")
        call = fields.get("invocationId")
        if not (call is None or isinstance(call, str)):  # as SignalR's own reader of JSON does
            return self._close(f"an invocationId that is no text: {call!r}")
        error = None
        try:
            if not isinstance(target, str) or not isinstance(arguments, list):
                raise BadCall("An invocation has a target and arguments")
            self._asked(read_call(self.kind, target, arguments))
        except BadCall as bad:
            error = str(bad)
        if call is None:  # nobody waits for the answer
            return Said()
        done = {"type": 3, "invocationId": call}
        return Said((_text(done | ({"result": None} if error is None else {"error": error})),))

    def _asked(self, asked: Asked) -> None:
        if self.kind is HubKind.USER and asked.key and asked.key not in self._accounts:
            raise BadCall(f"account {asked.key} is none of this user's")
        if asked.begins:
            self.subscribed[asked.stream, asked.key] = None
        else:
            self.subscribed.pop((asked.stream, asked.key), None)

    def _close(self, why: str) -> Said:
        texts = (_text({"type": 7, "error": why}),) if self.state is LinkState.OPEN else ()
        self.state = LinkState.CLOSED
        return Said(texts, ends=True)


def invocation(target: str, arguments: list[Any]) -> str:
    """A call of the client's method. Decimals are written as numbers, digit for digit."""
    return _text({"type": 1, "target": target, "arguments": arguments})


def _text(record: dict[str, Any]) -> str:
    return wire_json(record).decode() + _END
