"""Named processes inside one loop: who owns a task, a callback or a timer, and who dies with it.

A process is a context variable, so whatever a process starts belongs to it without being told:
asyncio copies the context into every task, callback and timer. What belongs to no process is the
world: exchange, wire, clock.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

from ...trading.errors import UsageError

if TYPE_CHECKING:
    from .loop import VirtualLoop

P = ParamSpec("P")
T = TypeVar("T")

_current: ContextVar[Process | None] = ContextVar("dryfill_process", default=None)


def current_process() -> Process | None:
    """The process whose code runs now; None in the world between them."""
    return _current.get()


def process_of(context: Context) -> Process | None:
    """The process that a handle's or task's context belongs to."""
    return context.get(_current)


class Client(Protocol):
    """A program as a broker sees it."""

    @property
    def alive(self) -> bool: ...

    def run(self, callback: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call into the program."""

    def fence(self, port_call: Callable[P, T]) -> Callable[P, T]:
        """A function through which the program acts, as long as it lives."""


class Process:
    """One program of a rehearsal (strategy and manager, gateway), and what a crash takes along.

    A restarted program is a new Process of the same name; the dead one stays dead.
    """

    def __init__(self, name: str, loop: VirtualLoop) -> None:
        self.name = name
        self.alive = True
        self.calls_after_death = 0
        self.calls_while_dying = 0
        self._dying = False
        self._loop = loop
        self._ends: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<Process {self.name!r} {'alive' if self.alive else 'dead'}>"

    def spawn(self, coro: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """Start a task that belongs to this process. Raises UsageError when it is dead."""
        if not self.alive:
            coro.close()
            raise UsageError(
                f"process {self.name!r} has crashed and cannot start {name or coro!r}; "
                "a restart is a new Process"
            )
        context = copy_context()
        context.run(_current.set, self)
        return self._loop.create_task(coro, name=name, context=context)

    def run(self, callback: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call from the world into this process: what it starts belongs to it.

        A dead process hears nothing: the call is dropped, uncounted, and the answer is None.
        """
        if not self.alive:
            return None
        token = _current.set(self)  # as `own`, without a call more: every message comes this way
        try:
            return callback(*args, **kwargs)
        finally:
            _current.reset(token)

    def own(self, callback: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call with this process as the current one, dead or alive."""
        token = _current.set(self)
        try:
            return callback(*args, **kwargs)
        finally:
            _current.reset(token)

    def fence(self, port_call: Callable[P, T]) -> Callable[P, T]:
        """Wrap a function through which this process acts on the world.

        After a crash it does nothing, adds one to `calls_after_death`, and returns a future that
        is never done: a dead program does not see a call come back. `calls_while_dying` are those
        of them that the step makes in the middle of which it was killed: it would not have come
        to them.
        """

        @functools.wraps(port_call)
        def fenced(*args: P.args, **kwargs: P.kwargs) -> T:
            if self.alive:
                return port_call(*args, **kwargs)
            self.calls_after_death += 1
            self.calls_while_dying += self._dying
            return cast(T, self._loop.create_future())

        return fenced

    def when_dead(self, call: Callable[[], None]) -> None:
        """Have `call` called, as the world, when this process has crashed: the system closes what
        a dead program had open."""
        self._ends.append(call)

    def crash(self) -> None:
        """End now, as kill -9 does: no later line of this process reaches the world.

        First the fence, then callbacks, timers and tasks are dropped, then garbage is collected.
        Python runs the `finally` blocks of dropped coroutines (fault-model 5); behind the fence
        they can do no harm and are counted. A step that is running now runs on to its next
        await, behind the fence too. Calling it twice is calling it once.
        """
        if self.alive:
            self.alive, within = False, current_process() is self
            if within:  # ahead of what `bury` puts off until the step is over
                self._loop.call_soon(self._is_dead, context=Context())
            self._loop.bury(self)
            self._dying = within
            for call in self._ends:
                Context().run(call)

    def _is_dead(self) -> None:
        """The step in which it was killed is over: whatever it does now it must not do."""
        self._dying = False
