"""What a strategy remembers over a restart: `self.state`, a dictionary that the journal keeps."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from .errors import UsageError

_DECIMAL = 1  # the kind of msgpack extension in which a Decimal is written


class KeptState:
    """`values` as they are: numbers, text, Decimals, times, lists and dictionaries of these; a
    tuple comes back as a list. `save` keeps them where they changed.

    `body` is what is kept, at first by another life, b"" for nothing; `bytes_most` bounds what is
    written, and `keep` writes it.
    """

    def __init__(self, body: bytes, bytes_most: int, keep: Callable[[bytes], None]) -> None:
        self.values: dict[str, Any] = _read(body) if body else {}
        self.body = body
        self._bytes_most = bytes_most
        self._keep = keep

    def save(self) -> None:
        """Keep the values, if they are not kept already. Raises `UsageError` for values that cannot
        be written, and for too many; what was kept before stays kept then."""
        if not self.values and not self.body:
            return
        try:
            body = msgspec.msgpack.encode(_plain(self.values))
        except (TypeError, NotImplementedError, msgspec.MsgspecError, OverflowError) as error:
            raise UsageError(
                f"self.state cannot be kept: {error}; put numbers, text, Decimals, times, lists "
                "and dictionaries of these into it"
            ) from error
        if body == self.body:
            return
        if len(body) > self._bytes_most:
            raise UsageError(
                f"self.state takes {len(body)} bytes, at most {self._bytes_most} are kept "
                "(OrderSettings.state_bytes_most); keep less, not a history of everything"
            )
        self._keep(body)
        self.body = body


def _plain(value: Any) -> Any:
    """The value with its Decimals marked, so that they come back as Decimals."""
    if isinstance(value, Decimal):
        return msgspec.msgpack.Ext(_DECIMAL, str(value).encode())
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _read(body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.msgpack.decode(body, ext_hook=_ext)
    return values


def _ext(code: int, data: memoryview) -> Any:
    return Decimal(bytes(data).decode()) if code == _DECIMAL else bytes(data)
