"""SignalR's JSON records: text in, messages out, and back; sans I/O.

A record is JSON ended by the byte 0x1E. A WebSocket message may hold several of them, and a record
may be cut over several messages. What is no record of the protocol becomes a `Bad` message with a
sample, never an exception: one bad record must not cost the good ones beside it, nor the
connection. Source: SignalR's hub protocol (JSON), and what clients of this gateway have met.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

RECORD_END = "\x1e"
SAMPLE_CHARS = 200


class Invocation(Struct, frozen=True):
    """The other side calls: `target` with `arguments`; `invocation_id` where it wants an answer."""

    target: str
    arguments: list[Any]
    invocation_id: str | None = None


class Completion(Struct, frozen=True):
    """The answer to an invocation of ours; `error` where it failed."""

    invocation_id: str
    error: str | None = None


class Ping(Struct, frozen=True):
    """A sign of life."""


class Close(Struct, frozen=True):
    """The server ends the connection, perhaps with a reason."""

    error: str | None = None
    allow_reconnect: bool = True


class HandshakeAnswer(Struct, frozen=True):
    """The first record of the server: `error` where it refused."""

    error: str | None = None


class Bad(Struct, frozen=True):
    """What is no message: why, and how it began."""

    why: str
    sample: str


Message = Invocation | Completion | Ping | Close | HandshakeAnswer | Bad

DECIMALS = msgspec.json.Decoder(float_hook=Decimal)
"""Reads JSON with its numbers exact: integers as they are, all others as Decimals."""
_ENCODER = msgspec.json.Encoder()


def handshake() -> str:
    """What a client sends first: JSON, version 1."""
    return '{"protocol":"json","version":1}' + RECORD_END


def ping() -> str:
    return '{"type":6}' + RECORD_END


def invoke(target: str, arguments: list[Any], invocation_id: str | None = None) -> str:
    """A call of the server's method; with an id it is answered by a completion."""
    record: dict[str, Any] = {"type": 1, "target": target, "arguments": arguments}
    if invocation_id is not None:
        record["invocationId"] = invocation_id
    return _ENCODER.encode(record).decode() + RECORD_END


class Records:
    """Cuts what arrives into records and reads them. `most_chars` bounds a record that does not
    end: what is longer is dropped as bad up to its end."""

    def __init__(self, most_chars: int) -> None:
        self._most = most_chars
        self._rest = ""
        self._dropping = False

    def feed(self, data: str | bytes) -> list[str | Bad]:
        """The whole records that are there now, in order; what is left waits for more."""
        if isinstance(data, bytes):
            try:
                data = data.decode()
            except UnicodeDecodeError as error:
                # Records cannot be told apart any more; what came before in this message is lost.
                self._rest = ""
                return [Bad(f"no UTF-8: {error.reason}", repr(error.object[:SAMPLE_CHARS]))]
        found: list[str | Bad] = []
        *whole, rest = (self._rest + data).split(RECORD_END)
        for record in whole:
            if self._dropping:
                self._dropping = False
            elif len(record) > self._most:
                found.append(self._too_long(record))
            elif record.strip():
                found.append(record)
        if len(rest) > self._most:
            if not self._dropping:
                found.append(self._too_long(rest))
            self._dropping, rest = True, ""
        self._rest = rest
        return found

    def _too_long(self, record: str) -> Bad:
        return Bad(f"a record of more than {self._most} characters", record[:SAMPLE_CHARS])


def read(record: str) -> Message:
    """One record as a message. `{}` and `{"error": …}` are the answer to the handshake."""
    try:
        fields = DECIMALS.decode(record)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Bad(f"no JSON: {error}", record[:SAMPLE_CHARS])
    if not isinstance(fields, dict):
        return Bad("a record that is no object", record[:SAMPLE_CHARS])
    kind = fields.get("type")
    if kind is None and fields.keys() <= {"error", "minorVersion"}:
        return HandshakeAnswer(_text(fields.get("error")))
    if kind == 6:
        return Ping()
    if kind == 7:
        return Close(_text(fields.get("error")), fields.get("allowReconnect") is not False)
    invocation_id = _text(fields.get("invocationId"))
    if kind == 3 and invocation_id is not None:
        return Completion(invocation_id, _text(fields.get("error")))
    target, arguments = fields.get("target"), fields.get("arguments")
    if kind == 1 and isinstance(target, str) and isinstance(arguments, list):
        return Invocation(target, arguments, invocation_id)
    return Bad(f"no message that we know (type {kind!r})", record[:SAMPLE_CHARS])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
