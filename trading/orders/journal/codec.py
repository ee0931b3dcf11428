"""Records as bytes and back: msgpack maps with the fields' names, instruments by their symbol.

Fields that are added later, with a default, are read from older journals as that default. Each
record begins with a checksum, so that a torn or spoilt one is known for what it is.
"""

from collections.abc import Callable
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin
from zlib import crc32

import msgspec
from msgspec import NODEFAULT, Struct, structs

from ...errors import JournalError
from ...instrument import Instrument
from ..events import OrderEvent
from ..happened import Happened
from .records import EventKept, Given, OrderStood, Record

Find = Callable[[str], Instrument]
"""The instrument of a symbol; raises for one that is not known."""

_SUM = 4  # bytes of the checksum


_INSTRUMENT = "instrument"  # what every record calls its instrument


def _text(value: object) -> str:
    """What msgspec does not know: a `Price`, written as the Decimal that it is."""
    if isinstance(value, Decimal):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in a journal")


_encoder = msgspec.msgpack.Encoder(enc_hook=_text)


def pack(value: object) -> bytes:
    """Any value of msgspec's, with prices in it."""
    return _encoder.encode(value)


_events: msgspec.msgpack.Decoder[OrderEvent] = msgspec.msgpack.Decoder(OrderEvent)


def event_of(body: bytes) -> OrderEvent:
    """An event of the manager's that was packed. Raises `JournalError` for one of another
    version."""
    try:
        return _events.decode(body)
    except msgspec.MsgspecError as error:
        raise JournalError(f"{len(body)} bytes are no event of this version: {error}") from error


def _row_type(kind: Any) -> Any:
    """The type of a field as it is written."""
    if kind is Instrument:
        return str
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _row(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return Union[tuple(_row_type(each) for each in args)]  # noqa: UP007  made at run time
    if origin is tuple:
        return tuple[tuple(each if each is ... else _row_type(each) for each in args)]  # type: ignore[misc]  # made at run time
    return kind


_rows: dict[type[Struct], type[Struct]] = {}


def _row(kind: type[Struct]) -> type[Struct]:
    """The struct as which one of ours is written."""
    if kind not in _rows:
        fields: list[Any] = []
        for field in structs.fields(kind):
            default = () if field.default is NODEFAULT else (field.default,)
            fields.append((field.name, _row_type(field.type), *default))
        _rows[kind] = msgspec.defstruct(
            f"{kind.__name__}Row",
            fields,
            kw_only=True,
            frozen=True,
            tag=kind.__name__,
            tag_field="is",
            omit_defaults=True,
        )
    return _rows[kind]


def _plain_fields(kind: type[Struct]) -> tuple[list[str], list[str]]:
    """The names of the fields that are written as they are, and of those that are not."""
    plain: list[str] = []
    others: list[str] = []
    for field in structs.fields(kind):
        same = field.type is _row_type(field.type) or field.type == _row_type(field.type)
        (plain if same else others).append(field.name)
    return plain, others


_decoder = msgspec.msgpack.Decoder(Union[tuple(_row(kind) for kind in get_args(Record))])  # noqa: UP007  made at run time
_kinds = {row: kind for kind, row in _rows.items()}
_plain = {kind: _plain_fields(kind) for kind in _rows}


def _written(value: Any) -> Any:
    """A struct as its row, an instrument as its symbol."""
    if isinstance(value, Instrument):
        return value.symbol
    if isinstance(value, Struct):
        kind = type(value)
        plain, others = _plain[kind]
        fields = {name: getattr(value, name) for name in plain}
        for name in others:
            fields[name] = _written(getattr(value, name))
        return _rows[kind](**fields)
    if isinstance(value, tuple):
        return tuple([_written(each) for each in value])
    return value


def _read(value: Any, find: Find) -> Any:
    """The struct of a row; its symbol is an instrument again."""
    if isinstance(value, Struct):
        kind = _kinds[type(value)]
        plain, others = _plain[kind]
        fields = {name: getattr(value, name) for name in plain}
        for name in others:
            given = getattr(value, name)
            fields[name] = find(given) if name == _INSTRUMENT else _read(given, find)
        return kind(**fields)
    if isinstance(value, tuple):
        return tuple([_read(each, find) for each in value])
    return value


def kept(given: Given) -> Record:
    """The record that a journal has of what it was given: an event is encoded."""
    if isinstance(given, OrderStood):
        return given.kept()
    event = given.event() if isinstance(given, Happened) else given
    return EventKept(event.n, pack(event)) if isinstance(event, OrderEvent) else event


def encode(given: Given) -> bytes:
    """The record of something that a journal was given, as bytes."""
    body = _encoder.encode(_written(kept(given)))
    return crc32(body).to_bytes(_SUM, "big") + body


def decode(data: bytes, find: Find) -> Record:
    """The record of some bytes. Raises `JournalError` for bytes that are none."""
    body = data[_SUM:]
    if crc32(body).to_bytes(_SUM, "big") != data[:_SUM]:
        raise JournalError(f"{len(data)} bytes do not have the checksum that they begin with")
    try:
        record: Record = _read(_decoder.decode(body), find)
    except msgspec.MsgspecError as error:
        raise JournalError(f"{len(data)} bytes are no record of this version: {error}") from error
    return record
