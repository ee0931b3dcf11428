"""Tasks and futures of the virtual loop: numbered, and owned by a process.

asyncio keeps both in sets. Their default hash is an address, so the order in which a TaskGroup
aborts, `asyncio.wait` answers or a runner tears down would differ between two runs (measured from
about 256 tasks on: fault-model 4). A sequence number as hash makes that order one of the program.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loop import VirtualLoop
    from .process import Process


class VirtualTask(asyncio.Task[Any]):
    """A task that knows its number, and the process in which it was created (or None)."""

    _log_destroy_pending: bool  # asyncio's own, which typeshed leaves out

    def __init__(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        loop: VirtualLoop,
        number: int,
        process: Process | None,
        name: str,
        context: Context | None,
    ) -> None:
        # asyncio puts the task into a set while it is being made: the hash comes first.
        self.number = number
        self.process = process
        super().__init__(coro, loop=loop, name=name, context=context)

    def __hash__(self) -> int:
        return self.number

    def cancel(self, msg: Any | None = None) -> bool:
        """As `asyncio.Task.cancel`; nothing at all when the task's process is dead.

        A dying TaskGroup cancels its children, and that would cancel the futures of the world
        that they wait for.
        """
        if self.is_dead():
            return False
        return super().cancel(msg)

    def is_dead(self) -> bool:
        """Whether it belongs to a process that has crashed."""
        return self.process is not None and not self.process.alive


class VirtualFuture(asyncio.Future[Any]):
    """A future whose hash is a number, given when first asked for (most are never asked)."""

    _number: int | None = None

    def __hash__(self) -> int:
        if self._number is None:
            loop: Any = self.get_loop()
            self._number = loop.next_number()
        return self._number
