"""A table whose oldest entry leaves first.

It takes half of what an `OrderedDict` does, of which one manager has several with ten thousand
entries. A dict alone would be searched from its front, past all that has left.
"""

from collections import deque
from collections.abc import Iterator, ValuesView
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByAge(Generic[Value]):
    """Values by key, oldest first. A key that is set again while it is there keeps its age."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._keys: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._values)

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __setitem__(self, key: str, value: Value) -> None:
        if key not in self._values:
            self._keys.append(key)
        self._values[key] = value

    def add(self, key: str, value: Value) -> int:
        """Enter one that was not there; how many there are now, 0 where it was."""
        values = self._values
        if key in values:
            return 0
        self._keys.append(key)
        values[key] = value
        return len(values)

    def get(self, key: str) -> Value | None:
        return self._values.get(key)

    def values(self) -> ValuesView[Value]:
        return self._values.values()

    @property
    def oldest(self) -> Value:
        """The value that leaves next. There is one."""
        return self._values[self._keys[0]]

    def pop(self, key: str) -> Value | None:
        """Take one out of its turn, which takes long; None where there is none."""
        value = self._values.pop(key, None)
        if value is not None:
            self._keys.remove(key)
        return value

    def pop_oldest(self) -> tuple[str, Value]:
        """Let the oldest go. There is one."""
        key = self._keys.popleft()
        return key, self._values.pop(key)
