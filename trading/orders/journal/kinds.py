"""The kinds of owners that a journal knows: what is kept of each, and how it is made again.

A new kind of owner adds its row here; `owners` says what is kept and how it is rebuilt. Kinds that
only a room of the manager's can rebuild are added by `recovery.life`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ...errors import JournalError
from ..brackets.bracket import Bracket
from ..brackets.kept import BracketKept
from ..exits.fallback import Fallback, FallbackKept
from ..groups.group import Group
from ..groups.kept import GroupKept
from ..owners import Owner, Past
from .records import OwnerKept


class Kind(NamedTuple):
    """`rebuild(kept, past)` makes the owner of which `kept`, a Struct of this type, was kept."""

    kept: type[Struct]
    rebuild: Callable[[Any, Past], Owner]


Kinds = Mapping[str, Kind]

KINDS: Kinds = {
    Bracket.kind: Kind(BracketKept, Bracket.rebuild),
    Group.kind: Kind(GroupKept, Group.rebuild),
    Fallback.kind: Kind(FallbackKept, Fallback.rebuild),
}


def rebuilt(record: OwnerKept, past: Past, kinds: Kinds) -> Owner:
    """The owner of a record, of one of these kinds. Raises `JournalError` for a kind or a Struct of
    another version."""
    kind = kinds.get(record.kind)
    if kind is None:
        raise JournalError(f"{record.kind!r} of intent {past.intent} is no kind known here")
    try:
        kept = msgspec.msgpack.decode(record.body, type=kind.kept)
    except msgspec.MsgspecError as error:
        raise JournalError(f"{record.kind} {past.intent} was kept otherwise: {error}") from error
    return kind.rebuild(kept, past)
