"""Parts of an object that most such objects never need: made when they are first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")


class MadeWhenAsked(Generic[Part]):
    """An attribute of a class with slots: `make(owner)`, kept in the slot `slot`, which is None
    until then. Who only wants to know whether there is one reads the slot."""

    def __init__(self, slot: str, make: Callable[[Any], Part]) -> None:
        self._slot = slot
        self._make = make

    def __get__(self, owner: Any, kind: type) -> Part:
        part: Part | None = getattr(owner, self._slot)
        if part is None:
            part = self._make(owner)
            setattr(owner, self._slot, part)
        return part
